from odoo import models
from odoo.exceptions import AccessError


# pylint: disable=consider-merging-classes-inherited; what an accountant asks for is told apart from what always holds
class AccountMove(models.Model):
    """An invoice issued in error, after it was set off: credit note and new invoice, on an accountant's word."""

    _inherit = "account.move"

    def _reverse_moves(self, default_values_list=None, cancel=False):
        """Leave set-offs where they are: they bind the other firms of the round.

        Core takes every reconciliation off an invoice that is cancelled by a credit note. Of one that was set off in
        part, the credit note settles what is open; the rest of it stays on the partner's account for the new invoice.
        """
        set_off = self.filtered("bizoverbiz_set_off") if cancel else self.browse()
        if not set_off:
            return super()._reverse_moves(default_values_list, cancel)
        reverses = self.browse()
        for move, values in zip(self, default_values_list or [{} for _move in self], strict=True):
            keep = move in set_off
            reverse = super(AccountMove, move)._reverse_moves([values], cancel and not keep)
            if keep:
                reverse._post(soft=False)
            reverses |= reverse
        return reverses

    def action_bizoverbiz_open_correction(self):
        """Open core's credit note wizard: correcting an invoice is never done by itself."""
        if not self.env.su and not self.env.user.has_group("account.group_account_invoice"):
            raise AccessError(
                self.env._(
                    "Correcting an invoice takes the right %s.",
                    self.env.ref("account.group_account_invoice").sudo().full_name,
                )
            )
        self.check_access("write")
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("account.action_view_account_move_reversal")
        return {
            **action,
            "name": self.env._("Issued in Error: Credit Note and New Invoice"),
            "context": {"active_model": "account.move", "active_ids": self.ids},
        }
