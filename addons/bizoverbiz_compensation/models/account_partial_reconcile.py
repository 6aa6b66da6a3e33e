from odoo import api, models


class AccountPartialReconcile(models.Model):
    _inherit = "account.partial.reconcile"

    @api.model_create_multi
    def create(self, vals_list):
        partials = super().create(vals_list)
        self.env["bizoverbiz.statement"]._watch(partials.debit_move_id | partials.credit_move_id)
        return partials

    @api.ondelete(at_uninstall=False)
    def _unlink_except_set_off(self):
        """A set-off that is taken off its invoice would leave the invoice open here and settled at the partner's."""
        if self.env.su and self.env.context.get("bizoverbiz_reversal_date"):
            return
        (self.debit_move_id | self.credit_move_id).move_id._bizoverbiz_check_not_booking()
