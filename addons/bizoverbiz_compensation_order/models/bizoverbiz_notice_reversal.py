from odoo import models
from odoo.tools import format_amount


# pylint: disable=consider-merging-classes-inherited; reversals have a file of their own
class BizoverbizNotice(models.Model):
    """Reversal of what was set off of a commitment: the network may set it off again, so no deposit stays behind.

    The seller's deposit invoice is credited with the booking, and the buyer's bill gives back what it took over. A
    deposit that a final invoice has deducted stays invoiced: the final invoice has fulfilled the commitment, and what
    is opened again is owed on the deposit invoice.
    """

    _inherit = "bizoverbiz.notice"

    def _deposits_to_credit(self):
        """Deposit invoices that the reversal opens again as a whole and no final invoice has deducted."""
        if self.kind != "reversal":
            return self.env["account.move"]
        lines = self.line_ids.filtered(lambda line: line._is_deposit_received() and line.move_id.state == "posted")
        return lines.filtered(
            lambda line: (
                not line.currency_id.compare_amounts(line.set_off, line.move_id.amount_total)
                and line.move_id in line.commitment_id._standing_deposits()
                and line.move_id not in line.commitment_id._deducted_deposits()
            )
        ).move_id

    def _settle(self, entries, day):
        result = super()._settle(entries, day)
        if self.kind == "reversal":
            reason = self.env._("Set-off reversed by notice %(notice)s", notice=self.reference)
            self._deposits_to_credit()._bizoverbiz_credit_deposits(day, reason)
            for commitment in self.line_ids.commitment_id:
                commitment._take_rest_over()
        return result

    def _invoice_note(self, line, entry):
        note = super()._invoice_note(line, entry)
        if self.kind != "reversal" or not line._is_deposit_received():
            return note
        credit = line.move_id.reversal_move_ids.filtered(lambda move: move.state == "posted")[:1]
        if credit:
            return note + " " + self.env._("The deposit is credited by %(credit)s.", credit=credit.name)
        return (
            note
            + " "
            + self.env._(
                "%(amount)s of this deposit invoice is owed again: credit it, unless the customer is to pay it.",
                amount=format_amount(self.env, line.move_id.amount_residual, line.currency_id),
            )
        )


class BizoverbizNoticeLine(models.Model):
    _inherit = "bizoverbiz.notice.line"

    def _reversing_items(self):
        """What a bill took over waits on the account of deposits paid again, where the reversal finds it."""
        if self._is_deposit_paid():
            carriers = self._carriers()
            settled = (carriers.matched_debit_ids | carriers.matched_credit_ids).filtered(
                lambda partial: (partial.debit_move_id | partial.credit_move_id).move_id.bizoverbiz_bill_id
            )
            entries = (settled.debit_move_id | settled.credit_move_id).move_id.filtered("bizoverbiz_bill_id")
            for bill in entries.bizoverbiz_bill_id:
                bill.message_post(
                    body=self.env._(
                        "The set-off is reversed by notice %(notice)s. If this is a deposit bill, enter the vendor's "
                        "credit note of it; otherwise it is owed again.",
                        notice=self.notice_id.reference,
                    )
                )
            entries._bizoverbiz_give_deposit_back()
        return super()._reversing_items()
