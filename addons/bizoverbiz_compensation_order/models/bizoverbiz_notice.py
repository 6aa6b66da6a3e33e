from odoo import models
from odoo.addons.bizoverbiz_compensation.models.bizoverbiz_notice_booking import BookingBlockedError
from odoo.tools import format_date


class BizoverbizNotice(models.Model):
    _inherit = "bizoverbiz.notice"

    def _deposits_to_post(self):
        return self.line_ids.filtered(lambda line: line._is_deposit_received()).move_id.filtered(
            lambda move: move.state == "draft"
        )

    def _lock_violations(self, day, entries):
        """Deposits and their credit notes are dated with the set-off: other dates lock journal and VAT."""
        violated = super()._lock_violations(day, entries)
        for invoice in self._deposits_to_post() | self._deposits_to_credit():
            has_tax = bool(invoice.line_ids.tax_ids)
            for lock in invoice.company_id._get_violated_lock_dates(day, has_tax, invoice.journal_id):
                violated.add((invoice.company_id, *lock))
        return violated

    def _post_documents(self, day):
        """Issue the deposit invoices, dated with the set-off.

        :raises BookingBlockedError: if Odoo dated one otherwise
        """
        result = super()._post_documents(day)
        for invoice in self._deposits_to_post():
            invoice.write({"invoice_date": day, "date": day, "invoice_date_due": day})
            invoice.action_post()
            if invoice.date != day:
                raise BookingBlockedError(
                    self.env._(
                        "Odoo would date the deposit invoice %(got)s instead of %(wanted)s: check the lock dates of "
                        "%(company)s.",
                        got=format_date(self.env, invoice.date),
                        wanted=format_date(self.env, day),
                        company=invoice.company_id.name,
                    ),
                    "lock",
                )
        return result
