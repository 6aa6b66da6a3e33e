from odoo import api, fields, models


class BizoverbizStatementLine(models.Model):
    _inherit = "bizoverbiz.statement.line"

    commitment_id = fields.Many2one("bizoverbiz.commitment", readonly=True, index="btree_not_null", ondelete="restrict")
    commitment_description = fields.Char("Agreed Sale", readonly=True, help="What is sold, if it is not invoiced yet.")

    @api.model
    def _prepare_values(self, membership, line, currency, moves, partners):
        """A commitment these books have registered can be booked, though there is no invoice yet."""
        values = super()._prepare_values(membership, line, currency, moves, partners)
        values["commitment_description"] = line.get("commitment") and (line.get("description") or line["commitment"])
        commitment = membership._commitment_of_line(line)
        if commitment.is_registered:
            values.update(
                commitment_id=commitment.id,
                partner_id=values["partner_id"] or commitment.partner_id.commercial_partner_id.id,
                approved=values["proposed"],
            )
        return values

    def action_open_invoice(self):
        self.ensure_one()
        if self.commitment_id and not self.move_id:
            return self.commitment_id.get_formview_action()
        return super().action_open_invoice()
