from odoo import models


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def _bizoverbiz_prepare_deduction(self):
        """A deposit's line in a draft invoice that was made before the deposit, as ``_create_invoices`` writes it."""
        reverse = self.env["account.tax"]._reverse_quantity_base_line_extra_tax_data
        return self._prepare_invoice_line(quantity=-1.0, extra_tax_data=reverse(self.extra_tax_data))
