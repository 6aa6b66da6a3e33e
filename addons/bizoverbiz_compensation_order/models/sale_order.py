from markupsafe import Markup
from odoo import fields, models


class SaleOrder(models.Model):
    _name = "sale.order"
    _inherit = ["sale.order", "bizoverbiz.commitment.mixin"]

    bizoverbiz_commitment_ids = fields.One2many(
        "bizoverbiz.commitment", "sale_order_id", "Commitments", groups="bizoverbiz_network.group_user"
    )

    def _action_cancel(self):
        """What was set off of a cancelled order is credited, and owed back; the rest is withdrawn from the network."""
        result = super()._action_cancel()
        for order in self.sudo().filtered("bizoverbiz_commitment_ids"):
            for commitment in order.bizoverbiz_commitment_ids:
                commitment._withdraw_cancelled()
            credits = order._bizoverbiz_deposits_to_credit()._bizoverbiz_credit_deposits()
            for credit in credits:
                order.message_post(
                    body=order.env._(
                        "The deposit that was set off is credited by %(credit)s. What was set off is owed back: it is "
                        "declared to the network under the credit note's number.",
                        credit=credit._get_html_link() or Markup(),
                    )
                )
        return result

    def _bizoverbiz_deposits_to_credit(self):
        """Deposit invoices of set-offs that no credit note and no final invoice has taken up."""
        posted = self.invoice_ids.filtered(lambda move: move.state == "posted")
        if posted.filtered(lambda move: move.move_type == "out_invoice" and not move._bizoverbiz_is_deposit()):
            return posted.browse()
        deposits = self.bizoverbiz_commitment_ids.notice_line_ids.move_id & posted
        return deposits.filtered(
            lambda move: (
                move.move_type == "out_invoice"
                and not move.reversal_move_ids.filtered(lambda credit: credit.state == "posted")
            )
        )
