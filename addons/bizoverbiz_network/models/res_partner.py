from odoo import api, fields, models

from ..tools.identification import member_identifier


class ResPartner(models.Model):
    _inherit = "res.partner"

    bizoverbiz_identifier = fields.Char(
        "Network Identifier",
        compute="_compute_bizoverbiz_identifier",
        store=True,
        index="btree_not_null",
        help="What the partner's legal entity is known by in a network: its SIREN, taken from its SIREN, SIRET or "
        "French VAT number, or else its VAT number. Empty if none of them is valid.",
    )
    is_bizoverbiz_member = fields.Boolean(
        "Member of the Network",
        compute="_compute_is_bizoverbiz_member",
        search="_search_is_bizoverbiz_member",
        help="Whether the partner's legal entity takes part in the network of your company, as far as is known.",
    )

    @api.depends(
        "commercial_partner_id.company_registry", "commercial_partner_id.vat", "commercial_partner_id.country_id.code"
    )
    def _compute_bizoverbiz_identifier(self):
        for partner in self:
            entity = partner.commercial_partner_id
            partner.bizoverbiz_identifier = (
                member_identifier(entity.company_registry, entity.vat, entity.country_id.code) or False
            )

    @api.depends("bizoverbiz_identifier")
    @api.depends_context("company")
    def _compute_is_bizoverbiz_member(self):
        known = self.env.company.sudo().bizoverbiz_membership_id._known_members()
        for partner in self:
            partner.is_bizoverbiz_member = partner.bizoverbiz_identifier in known

    def _search_is_bizoverbiz_member(self, operator, value):
        if operator != "in":
            return NotImplemented
        known = self.env.company.sudo().bizoverbiz_membership_id._known_members()
        return [("bizoverbiz_identifier", "in" if True in value else "not in", list(known))]

    def _bizoverbiz_identifier(self):
        """What the partner's commercial entity is known by in a network, whether it is a member or not.

        :return: nine digits (SIREN), a VAT number with its country prefix, or False if it has no valid number
        """
        self.ensure_one()
        return self.bizoverbiz_identifier
