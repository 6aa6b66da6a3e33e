from odoo import api, fields, models
from odoo.tools import format_amount


class AccountMoveReversal(models.TransientModel):
    _inherit = "account.move.reversal"

    bizoverbiz_set_off_note = fields.Text(compute="_compute_bizoverbiz_set_off_note")

    @api.depends("move_ids")
    def _compute_bizoverbiz_set_off_note(self):
        """What the accountant has to know before correcting invoices that were set off."""
        for wizard in self:
            wizard.bizoverbiz_set_off_note = "\n".join(
                self.env._(
                    "%(amount)s of %(invoice)s was set off and stays so: it binds the other firms of the round. The "
                    "credit note settles the %(open)s still open; the rest of it stays as a credit on the partner's "
                    "account, for the new invoice.",
                    amount=format_amount(self.env, move.bizoverbiz_set_off, move.currency_id),
                    invoice=move.name,
                    open=format_amount(self.env, move.amount_residual, move.currency_id),
                )
                for move in wizard.move_ids
                if move.bizoverbiz_set_off
            )
