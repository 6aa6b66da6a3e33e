from odoo import models
from odoo.addons.account.models.chart_template import template

from .res_company import PAID


class AccountChartTemplate(models.AbstractModel):
    _inherit = "account.chart.template"

    @template("fr", "account.account")
    def _get_bizoverbiz_order_fr_account_account(self):
        return {PAID: {"reconcile": True}}

    @template("fr", "res.company")
    def _get_bizoverbiz_order_fr_res_company(self):
        return {self.env.company.id: {"bizoverbiz_deposit_account_id": PAID}}
