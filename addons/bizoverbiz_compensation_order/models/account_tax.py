from odoo import api, models


class AccountTax(models.Model):
    _inherit = "account.tax"

    @api.model
    def _bizoverbiz_deposit_base_lines(self, base_lines, company, amount, key):
        """A deposit, split by VAT rate as what it is paid for is, to the cent.

        :param list base_lines: of what is sold
        :param float amount: taxes included
        :param str key: tells this deposit's lines from others'
        :return: base lines of the deposit
        """
        self._add_tax_details_in_base_lines(base_lines, company)
        self._round_base_lines_tax_details(base_lines, company)
        return self._prepare_down_payment_lines(
            base_lines=base_lines,
            company=company,
            amount_type="fixed",
            amount=amount,
            computation_key=f"down_payment,{key}",
        )
