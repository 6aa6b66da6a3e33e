from fractions import Fraction

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

#: In Odoo Community, accounting's administrators have not the rights of an accountant by themselves.
EXPORTERS = ("account.group_account_user", "account.group_account_manager")
EXIGIBILITY = [("on_invoice", "On the invoice"), ("on_payment", "On collection")]


def apportion(amount, parts, rounding):
    """Split ``amount`` in proportion to ``parts`` so that the shares add up to it exactly.

    Each share is rounded down to a multiple of ``rounding``; what is left over goes to the largest remainders.

    :param parts: dict of key to positive amount
    :return: dict of key to share
    """
    unit = Fraction(str(rounding))
    whole, total = round(Fraction(str(amount)) / unit), sum(Fraction(str(part)) for part in parts.values())
    exact = {key: whole * Fraction(str(part)) / total for key, part in parts.items()}
    units = {key: share.numerator // share.denominator for key, share in exact.items()}
    by_remainder = sorted(parts, key=lambda key: (units[key] - exact[key], key))
    for key in by_remainder[: whole - sum(units.values())]:
        units[key] += 1
    return {key: float(count * unit) for key, count in units.items()}


class BizoverbizCollection(models.Model):
    """What a set-off collected of one customer invoice at one VAT rate: the data of e-reporting of payments.

    Being set off is being collected (CGI, article 269, 2-c); article 290 A asks for date and amount per rate. A row is
    made when the notice is booked, once, and exported once. A reversal takes it back by a row of its own.
    """

    _name = "bizoverbiz.collection"
    _description = "Collection by Set-off"
    _order = "date desc, notice_id desc, move_id, rate desc"
    _rec_name = "move_id"

    notice_line_id = fields.Many2one(
        "bizoverbiz.notice.line", required=True, readonly=True, index=True, ondelete="restrict"
    )
    notice_id = fields.Many2one(related="notice_line_id.notice_id", store=True, index=True)
    move_id = fields.Many2one("account.move", "Invoice", required=True, readonly=True, index=True, ondelete="restrict")
    company_id = fields.Many2one(related="move_id.company_id", store=True, index=True)
    partner_id = fields.Many2one(related="move_id.commercial_partner_id", string="Customer", store=True)
    date = fields.Date(required=True, readonly=True, index=True, help="Day of the decision.")
    rate = fields.Float("VAT Rate (%)", digits=(5, 2), readonly=True, aggregator=None)
    exigibility = fields.Selection(
        EXIGIBILITY,
        "VAT Due",
        required=True,
        readonly=True,
        help="Payments of invoices whose VAT is due on collection are what e-reporting of payments asks for.",
    )
    currency_id = fields.Many2one(related="move_id.currency_id", store=True)
    total = fields.Monetary("Collected, VAT Included", readonly=True)
    vat = fields.Monetary("VAT", readonly=True)
    base = fields.Monetary("Collected, VAT Excluded", readonly=True)
    share = fields.Float(
        "Pro Rata", digits=(12, 8), readonly=True, aggregator=None, help="Part of the invoice that was set off."
    )
    export_id = fields.Many2one("bizoverbiz.collection.export", readonly=True, index=True, ondelete="restrict")

    _counted_once = models.Constraint(
        "unique (notice_line_id, rate, exigibility)", "A set-off is a collection once for each VAT rate."
    )

    @api.model
    def _prepare_values(self, line, settlement, before):
        """Rows of one line of a notice.

        :param line: ``bizoverbiz.notice.line`` of a customer invoice, or of the credit note of a deposit
        :param settlement: what the notice settled of it
        :param float before: what had been settled earlier
        """
        move, currency = line.move_id, line.move_id.currency_id
        invoiced = move._bizoverbiz_vat()
        totals = {key: total for key, (total, _vat) in invoiced.items()}
        after = before + settlement.amount
        shares, earlier = apportion(after, totals, currency.rounding), apportion(before, totals, currency.rounding)
        booked = self._booked_vat(move, settlement)
        rows = []
        for key, (_total, vat) in invoiced.items():
            due = {amount: currency.round(vat * amount / move.amount_total) for amount in (after, before)}
            total = currency.round(shares[key] - earlier[key])
            vat = booked.get(key, currency.round(due[after] - due[before]))
            if move.move_type == "out_refund":
                # What was collected goes back to the customer.
                total, vat = -total, -abs(vat)
            rows.append(
                {
                    "notice_line_id": line.id,
                    "move_id": move.id,
                    "date": settlement.date,
                    "rate": key[0],
                    "exigibility": key[1],
                    "total": total,
                    "vat": vat,
                    "base": currency.round(total - vat),
                    "share": settlement.amount / move.amount_total * (-1 if move.move_type == "out_refund" else 1),
                }
            )
        return [row for row in rows if not currency.is_zero(row["total"])]

    @api.model
    def _prepare_reversal_values(self, line):
        """Rows of a line that opens a set-off again: what is left of its rows, turned round, in proportion.

        :param line: ``bizoverbiz.notice.line`` of a reversal
        """
        currency = line.currency_id
        chain = (line.reversed_line_id | line.reversed_line_id.reversal_line_ids) - line
        left = {}
        for row in self.search([("notice_line_id", "in", chain.ids)]):
            total, vat = left.get((row.rate, row.exigibility), (0.0, 0.0))
            left[row.rate, row.exigibility] = currency.round(total + row.total), currency.round(vat + row.vat)
        left = {key: amounts for key, amounts in left.items() if not currency.is_zero(amounts[0])}
        collected = currency.round(sum(total for total, _vat in left.values()))
        opened = currency.round(min(line.set_off - line.excess, collected))
        if currency.compare_amounts(opened, 0.0) <= 0:
            return []
        shares = apportion(opened, {key: total for key, (total, _vat) in left.items()}, currency.rounding)
        rows = []
        for key, (_total, vat) in left.items():
            vat = currency.round(vat * opened / collected)
            rows.append(
                {
                    "notice_line_id": line.id,
                    "move_id": line.move_id.id,
                    "date": line.notice_id.decision_date,
                    "rate": key[0],
                    "exigibility": key[1],
                    "total": -shares[key],
                    "vat": -vat,
                    "base": currency.round(vat - shares[key]),
                    "share": -opened / line.move_id.amount_total,
                }
            )
        return rows

    @api.model
    def _booked_vat(self, move, settlement):
        """VAT that cash-basis entries of this settlement made due: what is reported is what the books say.

        :return: dict of (rate, exigibility) to amount
        """
        entries = move.sudo().tax_cash_basis_created_move_ids.filtered(
            lambda entry: entry.tax_cash_basis_rec_id in settlement.partials
        )
        amounts = {}
        for line in entries.line_ids.filtered(lambda line: line.tax_line_id.amount_type == "percent"):
            key = line.tax_line_id.amount, line.tax_line_id.tax_exigibility
            amounts[key] = move.currency_id.round(amounts.get(key, 0.0) - line.amount_currency)
        return amounts

    def action_export(self):
        """Put the chosen rows into one file, each of them for the first and only time."""
        if not self.env.su and not any(self.env.user.has_group(group) for group in EXPORTERS):
            raise AccessError(self.env._("Only an accountant may export payment data."))
        self.check_access("read")
        if not self:
            raise UserError(self.env._("Choose what to export first."))
        if exported := self.filtered("export_id")[:1]:
            raise UserError(
                self.env._(
                    "The set-off of %(invoice)s by %(notice)s is in %(export)s already, and counts once: open that "
                    "export to get its file again.",
                    invoice=exported.move_id.name,
                    notice=exported.notice_id.reference,
                    export=exported.export_id.name,
                )
            )
        exports = self.env["bizoverbiz.collection.export"]
        for company, rows in self.grouped(lambda row: row.company_id.root_id).items():
            exports |= exports.sudo()._create_from(company, rows.sudo())
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "bizoverbiz_compensation_edi.bizoverbiz_collection_export_action"
        )
        if len(exports) == 1:
            return {**action, "views": [(False, "form")], "res_id": exports.id}
        return {**action, "domain": [("id", "in", exports.ids)]}

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Payment data is kept with the notice it belongs to."))
