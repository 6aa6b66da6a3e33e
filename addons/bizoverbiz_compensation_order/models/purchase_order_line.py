from odoo import models


class PurchaseOrderLine(models.Model):
    _inherit = "purchase.order.line"

    def _prepare_account_move_line(self, move=False):
        """The final bill deducts a deposit from the account on which it stands, and its VAT to the cent."""
        values = super()._prepare_account_move_line(move)
        billed = self.invoice_lines.filtered(
            lambda line: line.quantity > 0 and line.move_id.state == "posted" and line.move_id.bizoverbiz_commitment_id
        )[:1]
        if self.is_downpayment and billed:
            values["account_id"] = billed.account_id.id
            if values["quantity"] == -billed.quantity:
                values["extra_tax_data"] = self.env["account.tax"]._reverse_quantity_base_line_extra_tax_data(
                    billed.extra_tax_data
                )
        return values

    def _bizoverbiz_prepare_deduction(self):
        """A deposit's line in a draft bill that was made before the deposit bill."""
        return self._prepare_account_move_line()
