from odoo import api, models


class AccountPartialReconcile(models.Model):
    _inherit = "account.partial.reconcile"

    @api.ondelete(at_uninstall=False)
    def _unlink_except_set_off(self):
        """A bill gives a deposit back to the account where it waited: the set-off itself stays as it is booked."""
        given_back = self.filtered(lambda one: (one.debit_move_id | one.credit_move_id).move_id.bizoverbiz_bill_id)
        return super(AccountPartialReconcile, self - given_back)._unlink_except_set_off()
