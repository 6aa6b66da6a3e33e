from odoo import fields, models


class BizoverbizRefusal(models.TransientModel):
    _name = "bizoverbiz.refusal"
    _description = "Refuse a Set-off Statement"

    statement_ids = fields.Many2many("bizoverbiz.statement", required=True)
    reason = fields.Text(required=True)

    def action_refuse(self):
        self.ensure_one()
        result = self.statement_ids.action_refuse(self.reason)
        return result if isinstance(result, dict) else {"type": "ir.actions.act_window_close"}
