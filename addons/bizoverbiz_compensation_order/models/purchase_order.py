from odoo import fields, models


class PurchaseOrder(models.Model):
    _name = "purchase.order"
    _inherit = ["purchase.order", "bizoverbiz.commitment.mixin"]

    bizoverbiz_commitment_ids = fields.One2many(
        "bizoverbiz.commitment", "purchase_order_id", "Commitments", groups="bizoverbiz_network.group_user"
    )

    def button_cancel(self):
        result = super().button_cancel()
        for commitment in self.sudo().bizoverbiz_commitment_ids:
            commitment._withdraw_cancelled()
        return result

    def _bizoverbiz_deposit_base_lines(self, amount):
        """A deposit on the order, split by VAT rate as the order is, to the cent.

        :param float amount: taxes included
        :return: base lines as ``account.tax`` has them
        """
        lines = self.order_line.filtered(lambda line: not (line.display_type or line.is_downpayment))
        base_lines = [line._prepare_base_line_for_taxes_computation() for line in lines]
        return self.env["account.tax"]._bizoverbiz_deposit_base_lines(
            base_lines, self.company_id, amount, f"commitment,{self.id}"
        )
