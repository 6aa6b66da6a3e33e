from odoo import api, fields, models
from odoo.addons.account.models.chart_template import template

#: Retention money in the French chart of accounts: suppliers' and customers'.
FRENCH_ACCOUNTS = ("pcg_4017", "pcg_4117")


class AccountAccount(models.Model):
    _inherit = "account.account"

    bizoverbiz_retention = fields.Boolean(
        "Retention Money",
        help="What stands on this account is withheld until the works are accepted: it is neither declared to the "
        "network nor set off.",
    )

    @api.model
    def _bizoverbiz_flag_retention(self):
        """Flag the retention accounts of French charts that were loaded before this addon."""
        for company in self.env["res.company"].search([("chart_template", "=", "fr")]):
            for name in FRENCH_ACCOUNTS:
                if account := self.env.ref(f"account.{company.id}_{name}", raise_if_not_found=False):
                    account.bizoverbiz_retention = True


class AccountChartTemplate(models.AbstractModel):
    _inherit = "account.chart.template"

    @template("fr", "account.account")
    def _get_bizoverbiz_fr_account_account(self):
        return {name: {"bizoverbiz_retention": True} for name in FRENCH_ACCOUNTS}
