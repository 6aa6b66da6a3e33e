from odoo import api, fields, models


class AccountPaymentRegister(models.TransientModel):
    _inherit = "account.payment.register"

    bizoverbiz_reserved_note = fields.Text("Reserved for Set-off", compute="_compute_bizoverbiz_reserved_note")

    @api.depends("line_ids", "amount", "currency_id", "can_edit_wizard", "group_payment")
    def _compute_bizoverbiz_reserved_note(self):
        """Warn and never forbid: whoever pays may well prefer to pay."""
        for wizard in self:
            note = wizard.line_ids.move_id._bizoverbiz_reserved_note()
            wizard.bizoverbiz_reserved_note = not wizard._bizoverbiz_leaves_reserved() and note

    def _bizoverbiz_leaves_reserved(self):
        """Whether a payment of one invoice leaves as much open as is reserved of it."""
        self.ensure_one()
        move = self.line_ids.move_id._origin
        if len(move) != 1 or not self.can_edit_wizard or self.currency_id != move.currency_id:
            return False
        left = move.amount_residual - self.amount
        return self.currency_id.compare_amounts(left, move.bizoverbiz_reserved) >= 0
