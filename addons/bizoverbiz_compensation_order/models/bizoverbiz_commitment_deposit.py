from odoo import api, fields, models
from odoo.exceptions import UserError


# pylint: disable=consider-merging-classes-inherited; what was set off of a commitment has a file of its own
class BizoverbizCommitment(models.Model):
    """Deposits: what was set off of a commitment, the documents that invoice it, and what waits for its bill."""

    _inherit = "bizoverbiz.commitment"

    open_deposit = fields.Monetary("Deposit Waiting for Its Bill", compute="_compute_open_deposit", compute_sudo=True)

    def action_draft_deposit_bill(self):
        """Draft the bill of what was set off, split by VAT rate as the order is; its number is the vendor's."""
        self.env["bizoverbiz.membership"]._check_group("account.group_account_invoice")
        self.check_access("read")
        self.ensure_one()
        if self.side != "payable" or not self._open_deposit():
            raise UserError(
                self.env._("Nothing of %s waits on the account of deposits paid for a bill.", self.display_name)
            )
        return self.sudo()._draft_deposit_bill().sudo(False).get_formview_action()

    # What stands on the account of deposits paid

    def _deposit_items(self):
        """Journal items by which set-offs of it wait on the account of deposits paid."""
        return self.sudo().notice_line_ids.item_ids.filtered(
            lambda item: (
                item.parent_state == "posted"
                and item.account_type not in ("asset_receivable", "liability_payable")
                and item.amount_residual_currency > 0
            )
        )

    @api.depends("notice_line_ids.item_ids.amount_residual_currency")
    def _compute_open_deposit(self):
        for commitment in self:
            commitment.open_deposit = commitment._open_deposit()

    def _open_deposit(self):
        return sum(self._deposit_items().mapped("amount_residual_currency"))

    def _standing_deposits(self):
        """Posted deposit invoices, or the vendor's deposit bills, that nobody has credited."""
        return self.move_ids.filtered(
            lambda move: (
                move.state == "posted"
                and move.move_type in ("out_invoice", "in_invoice")
                and move._bizoverbiz_is_deposit()
                and not move.reversal_move_ids.filtered(lambda credit: credit.state == "posted")
            )
        )

    def _deducted_deposits(self):
        """Deposits that a posted document deducts."""
        finals = self.move_ids.filtered(lambda move: move.state == "posted" and not move._bizoverbiz_is_deposit())
        return finals.invoice_line_ids._get_downpayment_lines().move_id

    def _posted_final(self, amount):
        """A posted invoice or bill of the sale, no deposit, that is open for so much: it takes the set-off itself."""
        wanted = "out_invoice" if self.side == "receivable" else "in_invoice"
        return (
            (self.move_ids | self.invoice_id)
            .filtered(
                lambda move: (
                    move.state == "posted"
                    and move.move_type == wanted
                    and not move._bizoverbiz_is_deposit()
                    and move.currency_id.compare_amounts(move.amount_residual, amount) >= 0
                )
            )
            .sorted("id")[:1]
        )

    def _take_rest_over(self):
        """Bills that gave a deposit back take over again what a reversal has left of it."""
        self.ensure_one()
        bills = self.move_ids.filtered(lambda move: (move.move_type, move.state) == ("in_invoice", "posted"))
        for bill in bills.filtered("amount_residual").sorted("id"):
            if self._open_deposit():
                bill._bizoverbiz_take_deposit_over()

    def _draft_deposit_bill(self):
        order = self._agreed_order()
        base_lines = order._bizoverbiz_deposit_base_lines(self._open_deposit())
        bill = self.env["account.move"].with_company(order.company_id)
        bill = bill.create(
            {
                "move_type": "in_invoice",
                "partner_id": order.partner_id.id,
                "currency_id": self.currency_id.id,
                "invoice_origin": self._agreed_name(),
                "invoice_payment_term_id": False,
                "invoice_date": fields.Date.context_today(self),
                "bizoverbiz_commitment_id": self.id,
                "invoice_line_ids": [
                    fields.Command.create(self._prepare_deposit_bill_line(base_line)) for base_line in base_lines
                ],
            }
        )
        bill._bizoverbiz_make_deposit_bill()
        return bill

    def _prepare_deposit_bill_line(self, base_line):
        return {
            "name": self.env._("Deposit on %(order)s", order=self._agreed_name()),
            "quantity": base_line["quantity"],
            "price_unit": base_line["price_unit"],
            "tax_ids": [fields.Command.set(base_line["tax_ids"].ids)],
            "extra_tax_data": self.env["account.tax"]._export_base_line_extra_tax_data(base_line),
        }
