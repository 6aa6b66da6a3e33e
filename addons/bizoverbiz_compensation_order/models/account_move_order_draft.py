from odoo import Command, models
from odoo.tools import format_amount


# pylint: disable=consider-merging-classes-inherited; drafts of orders are another matter than drafts without one
class AccountMove(models.Model):
    """A draft that was made from an order before its deposit was invoiced: it deducts the deposit all the same."""

    _inherit = "account.move"

    def _bizoverbiz_update_drafts(self):
        result = super()._bizoverbiz_update_drafts()
        # Only a deposit changes them: who invoices in parts chooses which invoice deducts.
        deposits = self.filtered(lambda move: move.bizoverbiz_commitment_id and move._bizoverbiz_is_deposit())
        for commitment in deposits.bizoverbiz_commitment_id.sudo():
            order = commitment.sale_order_id or commitment.purchase_order_id
            drafts = order.invoice_ids.filtered(
                lambda move: (
                    move.state == "draft"
                    and move.move_type in ("out_invoice", "in_invoice")
                    and not move._bizoverbiz_is_deposit()
                )
            )
            drafts._bizoverbiz_drop_deductions()
            drafts.sorted("id")._bizoverbiz_deduct_order_deposits(commitment)
        return result

    def _bizoverbiz_drop_deductions(self):
        """A deposit that was credited, or that another document deducts, is not deducted here."""
        for draft in self:
            stale = draft.invoice_line_ids.filtered(
                lambda line: any(
                    one.is_downpayment and one.qty_to_invoice > 0
                    for one in (*line.sale_line_ids, *line.purchase_line_id)
                )
            )
            stale.unlink()

    def _bizoverbiz_deduct_order_deposits(self, commitment):
        """The first draft that can bear all that no document deducts yet deducts it, as the order itself would."""
        invoiced = commitment._standing_deposits().invoice_line_ids
        lines = (invoiced.sale_line_ids or invoiced.purchase_line_id).filtered(
            lambda line: line.is_downpayment and not line.display_type and line.qty_to_invoice < 0
        )
        if not lines:
            return
        amount = sum(lines.invoice_lines.filtered(lambda line: line in invoiced).mapped("price_total"))
        bearing = self.filtered(lambda draft: draft.currency_id.compare_amounts(draft.amount_total, amount) >= 0)[:1]
        if bearing:
            last = max(bearing.invoice_line_ids.mapped("sequence"))
            lines = lines.with_context(lang=bearing.partner_id.lang) if bearing.is_sale_document() else lines
            bearing.write(
                {
                    "invoice_line_ids": [
                        Command.create({**line._bizoverbiz_prepare_deduction(), "sequence": last + number})
                        for number, line in enumerate(lines, start=1)
                    ]
                }
            )
        elif self:
            self[0].message_post(
                body=self.env._(
                    "A deposit of %(amount)s was set off and is invoiced. This draft is over less and does not deduct "
                    "it: deduct it in the final invoice.",
                    amount=format_amount(self.env, amount, self[0].currency_id),
                )
            )
