from odoo import api, models


class BizoverbizDeclaration(models.Model):
    _inherit = "bizoverbiz.declaration"

    @api.model
    def _prepare_line(self, counterpart, number, invoice):
        """An invoice names the commitment it fulfils; a deposit and its credit note fulfil nothing."""
        line = super()._prepare_line(counterpart, number, invoice)
        move = invoice.move
        commitment = move.bizoverbiz_commitment_id
        if commitment.is_registered and not move.bizoverbiz_owed_back and not move._bizoverbiz_is_deposit():
            line["commitment"] = commitment.reference
        return line
