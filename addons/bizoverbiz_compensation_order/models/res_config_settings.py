from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    bizoverbiz_deposit_account_id = fields.Many2one(related="company_id.bizoverbiz_deposit_account_id", readonly=False)
