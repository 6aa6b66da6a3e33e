from odoo import fields, models


class BizoverbizProfileAppearance(models.Model):
    """How often a keyword has found the firm. Counts only: who searched is told to nobody."""

    _name = "bizoverbiz.profile.appearance"
    _description = "Keyword That Found the Firm"
    _order = "found desc, keyword"
    _rec_name = "keyword"

    profile_id = fields.Many2one("bizoverbiz.profile", required=True, readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="profile_id.company_id", store=True)
    keyword = fields.Char(required=True, readonly=True)
    found = fields.Integer("Times Found", readonly=True)
