from odoo import api, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    @api.model
    def _bizoverbiz_entities(self, company, identifiers):
        """The company's contacts that are these legal entities: dict of identifier to commercial partner."""
        domain = [
            ("parent_id", "=", False),
            ("company_id", "in", (False, company.id, company.root_id.id)),
            ("bizoverbiz_identifier", "in", list(identifiers)),
        ]
        return {partner.bizoverbiz_identifier: partner for partner in self.search(domain, order="id desc")}
