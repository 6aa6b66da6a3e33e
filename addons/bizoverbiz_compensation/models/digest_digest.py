from odoo import fields, models
from odoo.exceptions import AccessError


class DigestDigest(models.Model):
    _inherit = "digest.digest"

    kpi_bizoverbiz_set_off = fields.Boolean("Set Off")
    kpi_bizoverbiz_set_off_value = fields.Monetary(compute="_compute_kpi_bizoverbiz_set_off_value")

    def _compute_kpi_bizoverbiz_set_off_value(self):
        if not self.env.user.has_group("bizoverbiz_network.group_user"):
            raise AccessError(self.env._("Set-offs are left out of this user's digest: the right is missing."))
        start, end, companies = self._get_kpi_compute_parameters()
        groups = (
            self.env["bizoverbiz.set.off.report"]
            .sudo()
            ._read_group(
                [
                    ("company_id", "in", companies.ids),
                    ("side", "=", "receivable"),
                    ("date", ">", start),
                    ("date", "<=", end),
                ],
                ["company_id"],
                ["set_off:sum"],
            )
        )
        totals = dict(groups)
        for digest in self:
            digest.kpi_bizoverbiz_set_off_value = totals.get(digest.company_id or self.env.company, 0.0)

    def _compute_kpis_actions(self, company, user):
        actions = super()._compute_kpis_actions(company, user)
        menu = self.env.ref("account.menu_finance").id
        actions["kpi_bizoverbiz_set_off"] = f"bizoverbiz_compensation.bizoverbiz_set_off_report_action?menu_id={menu}"
        return actions
