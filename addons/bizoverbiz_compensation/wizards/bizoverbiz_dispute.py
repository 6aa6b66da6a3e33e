from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_amount

from ..models.account_move_dispute import DISPUTE_STATUSES, WHOLE_STATUSES


class BizoverbizDispute(models.TransientModel):
    _name = "bizoverbiz.dispute"
    _description = "Dispute an Invoice"

    move_id = fields.Many2one("account.move", "Invoice", required=True, readonly=True)
    currency_id = fields.Many2one(related="move_id.currency_id")
    residual = fields.Monetary("Open", related="move_id.amount_residual")
    status = fields.Selection(
        DISPUTE_STATUSES, required=True, compute="_compute_from_move", store=True, precompute=True, readonly=False
    )
    reason_id = fields.Many2one(
        "bizoverbiz.dispute.reason",
        required=True,
        compute="_compute_reason_id",
        store=True,
        precompute=True,
        readonly=False,
        domain="[('statuses', 'like', status)]",
    )
    note = fields.Char("In Words", compute="_compute_from_move", store=True, precompute=True, readonly=False, size=300)
    is_whole = fields.Boolean(compute="_compute_is_whole")
    amount = fields.Monetary(
        "Disputed",
        compute="_compute_amount",
        store=True,
        precompute=True,
        readonly=False,
        help="The part in dispute, taxes included. The rest may be set off meanwhile.",
    )

    @api.depends("move_id")
    def _compute_from_move(self):
        for wizard in self:
            wizard.status = wizard.move_id.bizoverbiz_dispute_status or "207"
            wizard.note = wizard.move_id.bizoverbiz_dispute_note

    @api.depends("move_id", "status")
    def _compute_reason_id(self):
        for wizard in self:
            reason = wizard.reason_id or wizard.move_id.bizoverbiz_dispute_reason_id
            wizard.reason_id = reason if (wizard.status or "?") in (reason.statuses or "") else False

    @api.depends("status")
    def _compute_is_whole(self):
        for wizard in self:
            wizard.is_whole = wizard.status in WHOLE_STATUSES

    @api.depends("move_id", "status")
    def _compute_amount(self):
        for wizard in self:
            residual = wizard.move_id.amount_residual
            wizard.amount = (
                residual if wizard.is_whole else min(wizard.move_id.bizoverbiz_disputed or residual, residual)
            )

    def action_mark(self):
        """Write the dispute on the invoice; approvals it touches are lowered with it.

        :raises AccessError: if the user may not change invoices
        :raises UserError: if there is nothing to dispute, or the amount or reason do not fit the status
        """
        self.move_id._bizoverbiz_check_may_dispute()
        self.ensure_one()
        self._check_disputable()
        self._check_amount()
        if self.status not in self.reason_id.statuses.split(","):
            raise UserError(
                self.env._(
                    "“%(reason)s” is no reason for the status “%(status)s”: choose another one.",
                    reason=self.reason_id.name,
                    status=dict(self._fields["status"]._description_selection(self.env))[self.status],
                )
            )
        if self.reason_id.code == "AUTRE" and not (self.note or "").strip():
            raise UserError(self.env._("Say in words what is disputed: the other side reads it."))
        self.move_id._bizoverbiz_set_dispute(self.status, self.reason_id, self.note, self.amount)
        return {"type": "ir.actions.act_window_close"}

    def _check_disputable(self):
        move = self.move_id
        if move.move_type not in ("out_invoice", "in_invoice") or move.state != "posted":
            raise UserError(self.env._("%s cannot be disputed: only posted invoices and bills can.", move.display_name))
        if move.currency_id.compare_amounts(move.amount_residual, 0.0) <= 0:
            raise UserError(self.env._("Nothing is open on %s: there is nothing to dispute.", move.display_name))

    def _check_amount(self):
        if self.is_whole:
            self.amount = self.residual
        compare = self.currency_id.compare_amounts
        if compare(self.amount, 0.0) <= 0 or compare(self.amount, self.residual) > 0:
            raise UserError(
                self.env._(
                    "The disputed part lies above 0 and is at most what is open: %s.",
                    format_amount(self.env, self.residual, self.currency_id),
                )
            )
        if self.status == "206" and compare(self.amount, self.residual) == 0:
            raise UserError(
                self.env._("An invoice approved in part is not disputed in whole: lower the amount, or refuse it.")
            )
