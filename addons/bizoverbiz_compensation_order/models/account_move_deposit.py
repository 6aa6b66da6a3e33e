from odoo import api, fields, models


# pylint: disable=consider-merging-classes-inherited; what a deposit is and how bills take it over are two matters
class AccountMove(models.Model):
    """Deposits among invoices, bills and credit notes."""

    _inherit = "account.move"

    bizoverbiz_owed_back = fields.Boolean(
        "Deposit Owed Back",
        compute="_compute_bizoverbiz_owed_back",
        store=True,
        help="Credit note of a deposit that was set off: it is declared to the network as an obligation of its own.",
    )

    @api.depends(
        "move_type",
        "bizoverbiz_commitment_id",
        "line_ids.sale_line_ids",
        "line_ids.purchase_line_id",
        "line_ids.is_downpayment",
        "reversed_entry_id",
    )
    def _compute_bizoverbiz_owed_back(self):
        for move in self:
            move.bizoverbiz_owed_back = (
                move.move_type in ("out_refund", "in_refund")
                and bool(move.bizoverbiz_commitment_id)
                and move._bizoverbiz_is_deposit()
            )

    def _bizoverbiz_is_deposit(self):
        """Whether the document invoices a deposit, or credits one, and nothing else."""
        self.ensure_one()
        if self._is_downpayment():
            return True
        bought = self.line_ids.purchase_line_id
        return bool(bought) and all(bought.mapped("is_downpayment"))

    def _bizoverbiz_credit_deposits(self, day=None, reason=None):
        """Credit deposit invoices whose order or draft is cancelled; their partners are owed what was set off.

        :param date day: of the credit notes, if not today
        :param str reason: why, if not for a cancelled sale
        :return: the posted credit notes
        """
        credits = self.browse()
        day = day or fields.Date.context_today(self)
        for deposit in self:
            cancelled = deposit.env._("Cancelled sale, deposit %(deposit)s", deposit=deposit.name)
            values = {"invoice_date": day, "date": day, "ref": reason or cancelled}
            credit = deposit._reverse_moves([values], cancel=False)
            credit.action_post()
            credits |= credit
        return credits
