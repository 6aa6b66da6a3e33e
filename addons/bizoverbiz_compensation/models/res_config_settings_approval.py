from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    """How the legal entity approves; a branch shows its root's."""

    _inherit = "res.config.settings"

    bizoverbiz_root_currency_id = fields.Many2one(
        related="company_id.root_id.currency_id", string="Currency of the Legal Entity"
    )
    bizoverbiz_second_approval_above = fields.Monetary(
        related="company_id.root_id.bizoverbiz_second_approval_above",
        currency_field="bizoverbiz_root_currency_id",
        readonly=False,
    )
    bizoverbiz_reminder_hours = fields.Integer(related="company_id.root_id.bizoverbiz_reminder_hours", readonly=False)
