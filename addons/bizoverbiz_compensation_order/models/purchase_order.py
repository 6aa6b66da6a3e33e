from odoo import fields, models


class PurchaseOrder(models.Model):
    _inherit = "purchase.order"

    bizoverbiz_commitment_ids = fields.One2many(
        "bizoverbiz.commitment", "purchase_order_id", "Commitments", groups="bizoverbiz_network.group_user"
    )

    def action_bizoverbiz_commit(self):
        """Register the agreed purchase, or confirm what the vendor registered."""
        self.env["bizoverbiz.membership"]._check_group("bizoverbiz_network.group_approver")
        self.ensure_one()
        self.check_access("read")
        return self.env["bizoverbiz.commitment"]._commit(self).get_formview_action()

    def action_view_bizoverbiz_commitment(self):
        commitments = self.bizoverbiz_commitment_ids
        live = commitments.filtered(lambda one: one._is_live())
        return (live or commitments)[:1].get_formview_action()

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
