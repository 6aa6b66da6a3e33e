from odoo import fields, models
from odoo.exceptions import AccessError

from ..tools.minor_units import to_minor

#: Statuses of the French life cycle of electronic invoices (AFNOR XP Z12-012) that hold an invoice back.
DISPUTE_STATUSES = [
    ("206", "Approved in part"),
    ("207", "In dispute"),
    ("208", "Suspended"),
    ("210", "Refused"),
]
#: Those that hold the whole invoice back, whatever is open on it.
WHOLE_STATUSES = ("208", "210")
#: Longest reason the protocol takes.
LONGEST_REASON = 500


# pylint: disable=consider-merging-classes-inherited; disputes are a matter of their own
class AccountMove(models.Model):
    """A dispute with status, reason and amount; core's *Block Payment* stays the shortest way to say the same."""

    _inherit = "account.move"

    bizoverbiz_dispute_status = fields.Selection(
        DISPUTE_STATUSES,
        "Dispute",
        readonly=True,
        copy=False,
        tracking=True,
        help="As in the life cycle of electronic invoices: 206 approved in part, 207 in dispute, 208 suspended, 210 "
        "refused. What is disputed is never set off.",
    )
    bizoverbiz_dispute_reason_id = fields.Many2one(
        "bizoverbiz.dispute.reason", "Dispute Reason", readonly=True, copy=False, tracking=True, ondelete="restrict"
    )
    bizoverbiz_dispute_note = fields.Char("Dispute in Words", readonly=True, copy=False, tracking=True)
    bizoverbiz_disputed = fields.Monetary(
        "Disputed",
        readonly=True,
        copy=False,
        tracking=True,
        help="The part of the invoice that is disputed, taxes included. The rest may be set off meanwhile.",
    )

    def action_bizoverbiz_dispute(self):
        """Mark a dispute, or change the one that is marked."""
        self._bizoverbiz_check_may_dispute()
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Dispute"),
            "res_model": "bizoverbiz.dispute",
            "view_mode": "form",
            "target": "new",
            "context": {"default_move_id": self.id},
        }

    def action_bizoverbiz_lift_dispute(self):
        """Nothing is disputed any more: what is open may be set off again."""
        self._bizoverbiz_check_may_dispute()
        for move in self.filtered(lambda move: move.payment_state == "blocked"):
            move.action_toggle_block_payment()
        self._bizoverbiz_set_dispute(False, self.env["bizoverbiz.dispute.reason"], False, 0.0)
        return True

    def _bizoverbiz_check_may_dispute(self):
        """:raises AccessError: unless the user may change invoices"""
        if not self.env.su and not self.env.user.has_group("account.group_account_invoice"):
            raise AccessError(
                self.env._(
                    "Marking and lifting disputes takes the right %s.",
                    self.env.ref("account.group_account_invoice").sudo().full_name,
                )
            )
        self.check_access("write")

    def _bizoverbiz_set_dispute(self, status, reason, note, amount):
        self.write(
            {
                "bizoverbiz_dispute_status": status,
                "bizoverbiz_dispute_reason_id": reason.id,
                "bizoverbiz_dispute_note": note,
                "bizoverbiz_disputed": amount,
            }
        )
        self.env["bizoverbiz.membership"].sudo()._trigger_exchange()

    def _bizoverbiz_disputed_part(self, open_amount):
        """How much of an open amount is disputed, in the invoice's currency."""
        self.ensure_one()
        if self.payment_state == "blocked" or self.bizoverbiz_dispute_status in WHOLE_STATUSES:
            return max(open_amount, 0.0)
        return max(min(self.bizoverbiz_disputed, open_amount), 0.0)

    def _bizoverbiz_prepare_dispute(self, open_amount):
        """The protocol's fields on a dispute, in the company's language: both sides read them, whoever exchanges.

        :param float open_amount: what is declared as open
        """
        self.ensure_one()
        disputed = to_minor(self._bizoverbiz_disputed_part(open_amount), self.currency_id.decimal_places)
        if not disputed:
            return {"amount_disputed": 0, "dispute_reason": None}
        move = self.with_context(lang=self.company_id.root_id.partner_id.lang)
        reason = move.bizoverbiz_dispute_reason_id
        words = ": ".join(filter(None, (reason.display_name, move.bizoverbiz_dispute_note)))
        return {
            "amount_disputed": disputed,
            "dispute_reason": (words or move.env._("Blocked for payment"))[:LONGEST_REASON],
            "dispute_code": reason.peppol_code or None,
        }
