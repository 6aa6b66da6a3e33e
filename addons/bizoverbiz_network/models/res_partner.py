from odoo import models

from ..tools.identification import member_identifier


class ResPartner(models.Model):
    _inherit = "res.partner"

    def _bizoverbiz_identifier(self):
        """What the partner's commercial entity is known by in a network, whether it is a member or not.

        :return: nine digits (SIREN), a VAT number with its country prefix, or False if it has no valid number
        """
        self.ensure_one()
        entity = self.commercial_partner_id
        return member_identifier(entity.company_registry, entity.vat, entity.country_id.code) or False
