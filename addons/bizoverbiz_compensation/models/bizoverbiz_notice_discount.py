from odoo import models


# pylint: disable=consider-merging-classes-inherited; what two firms agreed beside the round has a file of its own
class BizoverbizNotice(models.Model):
    """Early-payment discount of an invoice whose discounted price was set off within the discount's term."""

    _inherit = "bizoverbiz.notice"

    def _book(self):
        # Core tells base and tax of a discount from what is open before anything settles it.
        earned = self._discounts_earned()
        result = super()._book()
        if self.state == "booked":
            for values in earned:
                self._book_discount(*values)
        return result

    def _discounts_earned(self):
        """Discounts of invoices nothing settled yet, decided within the term, of which exactly the price is set off.

        Less earns nothing by itself, and more gives the discount up.

        :return: list of (invoice's journal item, values of the entry's lines)
        """
        earned = []
        if self.state not in ("received", "blocked") or self.kind == "reversal":
            return earned
        for line in self.line_ids:
            move = line.move_id
            if move.state != "posted" or not move.invoice_payment_term_id.early_discount:
                continue
            term = move.line_ids.filtered("discount_date")[:1]
            if (
                move._is_eligible_for_early_payment_discount(self.currency_id, self.decision_date)
                and self.currency_id.compare_amounts(abs(term.discount_amount_currency), line.set_off) == 0
            ):
                earned.append((term, self._prepare_discount_lines(line, term)))
        return earned

    def _prepare_discount_lines(self, line, term):
        """Discount and its tax against what will be left open, as core's payment wizard splits them."""
        company, day = term.company_id, self.booking_date or self.decision_date
        discount = term.amount_residual_currency - term.discount_amount_currency
        balance = term.currency_id._convert(discount, company.currency_id, company, day)
        split = term.move_id._get_invoice_counterpart_amls_for_early_payment_discount(
            [{"aml": term, "amount_currency": -term.amount_residual_currency, "balance": -term.amount_residual}],
            balance,
        )
        settled = {
            "account_id": term.account_id.id,
            "partner_id": term.partner_id.id,
            "name": self.env._("Early-payment discount of %(number)s", number=line.number),
            "currency_id": term.currency_id.id,
            "amount_currency": -discount,
            "balance": -balance,
        }
        return [values for lines in split.values() for values in lines] + [settled]

    def _book_discount(self, term, lines):
        """An entry of its own beside the set-off: a discount is between the two firms, not the round's."""
        entry = self._create_entry(
            term.company_id,
            self.booking_date or self.decision_date,
            # Not the notice's reference alone: by that, entries that book it are recognised.
            self.env._("%(notice)s, early-payment discount", notice=self.reference),
            lines,
        )
        (entry.line_ids.filtered(lambda item: item.account_id == term.account_id) | term).sudo().reconcile()
