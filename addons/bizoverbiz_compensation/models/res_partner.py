from odoo import api, fields, models
from odoo.exceptions import UserError


class ResPartner(models.Model):
    _inherit = "res.partner"

    bizoverbiz_kept_out = fields.Boolean(
        "Keep Out of Set-off",
        compute="_compute_bizoverbiz_rules",
        inverse="_inverse_bizoverbiz_kept_out",
        help="Nothing of this partner's invoices is declared to the network.",
    )
    bizoverbiz_insolvent = fields.Boolean(
        "In Insolvency Proceedings",
        compute="_compute_bizoverbiz_rules",
        inverse="_inverse_bizoverbiz_insolvent",
        help="Safeguard, receivership or liquidation: nothing is set off with this partner, also not what was approved "
        "but is not decided yet.",
    )

    @api.depends_context("company")
    @api.depends("commercial_partner_id")
    def _compute_bizoverbiz_rules(self):
        membership = self.env.company.sudo().bizoverbiz_membership_id
        chosen = membership.rule_partner_ids.commercial_partner_id
        insolvent = membership.insolvent_partner_ids.commercial_partner_id
        is_out = self.env["bizoverbiz.declaration.rule"]._is_out
        for partner in self:
            entity = partner.commercial_partner_id
            partner.bizoverbiz_kept_out = is_out(membership.partner_rule or "all", set(chosen.ids), entity.id)
            partner.bizoverbiz_insolvent = entity in insolvent

    def _inverse_bizoverbiz_kept_out(self):
        membership = self._bizoverbiz_membership_to_change()
        for out, partners in self.grouped("bizoverbiz_kept_out").items():
            membership._keep_out(partners.commercial_partner_id, out)
        membership._trigger_exchange()

    def _inverse_bizoverbiz_insolvent(self):
        membership = self._bizoverbiz_membership_to_change()
        for insolvent, partners in self.grouped("bizoverbiz_insolvent").items():
            entities = partners.commercial_partner_id
            known = membership.insolvent_partner_ids
            membership.insolvent_partner_ids = known | entities if insolvent else known - entities
        membership._trigger_exchange()

    def _bizoverbiz_membership_to_change(self):
        """The membership whose rules the switches of partners change: an approver may, without being administrator.

        :raises AccessError: if the user is no approver
        :raises UserError: if the company takes part in no network
        """
        membership = self.env.company.bizoverbiz_membership_id
        membership._check_group("bizoverbiz_network.group_approver")
        membership.check_access("read")
        if not membership:
            raise UserError(
                self.env._(
                    "%(company)s takes part in no network: join one first, then choose who is left out.",
                    company=self.env.company.name,
                )
            )
        return membership.sudo()
