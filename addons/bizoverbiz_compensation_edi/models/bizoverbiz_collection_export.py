import base64
import csv
import io

from odoo import api, fields, models
from odoo.exceptions import UserError


class BizoverbizCollectionExport(models.Model):
    """A file of payment data, kept as it was handed over."""

    _name = "bizoverbiz.collection.export"
    _description = "Export of Payment Data"
    _order = "id desc"

    name = fields.Char(compute="_compute_name")
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True, ondelete="restrict")
    date_from = fields.Date(readonly=True)
    date_to = fields.Date(readonly=True)
    collection_ids = fields.One2many("bizoverbiz.collection", "export_id", "Collections", readonly=True)
    file = fields.Binary(readonly=True, attachment=True)
    filename = fields.Char(compute="_compute_name")

    @api.depends("date_from", "date_to", "company_id")
    def _compute_name(self):
        for export in self:
            period = f"{export.date_from or ''}_{export.date_to or ''}"
            export.name = export.env._("Payment data %(period)s, no. %(id)s", period=period, id=export.id or "")
            export.filename = f"payment-data-{period}-{export.id or ''}.csv"

    @api.model
    def _create_from(self, company, rows):
        """The file of these rows, which from now on belong to it."""
        dates = rows.mapped("date")
        export = self.create(
            {
                "company_id": company.id,
                "date_from": min(dates),
                "date_to": max(dates),
                "file": base64.b64encode(self._prepare_file(rows)),
            }
        )
        rows.export_id = export
        return export

    @api.model
    def _prepare_file(self, rows):
        """CSV as spreadsheets in France read it: semicolons, decimal commas, byte order mark.

        :rtype: bytes
        """
        text = io.StringIO()
        writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
        writer.writerow(
            [
                self.env._("Notice"),
                self.env._("Date"),
                self.env._("Invoice"),
                self.env._("Customer"),
                self.env._("Customer's Identifier"),
                self.env._("Currency"),
                self.env._("VAT Rate (%)"),
                self.env._("VAT Due"),
                self.env._("Collected, VAT Included"),
                self.env._("Collected, VAT Excluded"),
                self.env._("VAT"),
                self.env._("Pro Rata"),
            ]
        )
        exigibilities = dict(rows._fields["exigibility"]._description_selection(self.env))
        for row in rows.sorted(lambda row: (row.date, row.notice_id.number, row.move_id.name, -row.rate)):
            digits = row.currency_id.decimal_places
            amounts = [f"{amount:.{digits}f}" for amount in (row.total, row.base, row.vat)]
            writer.writerow(
                [
                    self._plain(row.notice_id.reference),
                    row.date.isoformat(),
                    self._plain(row.move_id.name),
                    self._plain(row.partner_id.name),
                    self._plain(row.notice_line_id.counterpart),
                    row.currency_id.name,
                    f"{row.rate:g}".replace(".", ","),
                    exigibilities[row.exigibility],
                    *(amount.replace(".", ",") for amount in amounts),
                    f"{row.share:.8f}".replace(".", ","),
                ]
            )
        return text.getvalue().encode("utf-8-sig")

    @api.model
    def _plain(self, text):
        """Text that no spreadsheet takes for a formula."""
        return f"'{text}" if text and text[0] in "=+-@\t\r" else text or ""

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("What was exported stays on record, so that nothing is counted twice."))
