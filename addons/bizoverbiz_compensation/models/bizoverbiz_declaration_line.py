from odoo import fields, models


class BizoverbizDeclarationLine(models.Model):
    """An invoice that a declaration leaves out or declares for less than the ledger, or that was refused, and why."""

    _name = "bizoverbiz.declaration.line"
    _description = "Invoice Not Declared"
    _order = "declaration_id desc, id"

    declaration_id = fields.Many2one("bizoverbiz.declaration", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="declaration_id.company_id", store=True)
    kind = fields.Selection(
        [("skipped", "Not sent"), ("reduced", "Reduced"), ("refused", "Refused by the network")], required=True
    )
    move_id = fields.Many2one("account.move", "Invoice", index=True, ondelete="cascade")
    partner_id = fields.Many2one(related="move_id.commercial_partner_id")
    field_name = fields.Char("Field")
    reason = fields.Char(required=True)
