from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_amount

from ..tools.minor_units import from_minor


class BizoverbizStatementLine(models.Model):
    _name = "bizoverbiz.statement.line"
    _description = "Set-off Statement Line"
    _order = "statement_id, side desc, due_date, number, id"
    _rec_name = "number"

    statement_id = fields.Many2one("bizoverbiz.statement", required=True, readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="statement_id.company_id", store=True)
    currency_id = fields.Many2one(related="statement_id.currency_id")
    is_open = fields.Boolean(related="statement_id.is_open")
    uuid = fields.Char("Identifier", required=True, readonly=True, index=True)
    side = fields.Selection([("receivable", "Receivable"), ("payable", "Payable")], required=True, readonly=True)
    counterpart = fields.Char("Partner's Identifier", readonly=True)
    counterpart_name = fields.Char(readonly=True)
    partner_id = fields.Many2one("res.partner", readonly=True)
    number = fields.Char("Invoice Number", readonly=True)
    move_id = fields.Many2one("account.move", "Invoice", readonly=True, index=True, ondelete="restrict")
    issue_date = fields.Date(readonly=True)
    due_date = fields.Date(readonly=True)
    days_late = fields.Integer(compute="_compute_days_late", aggregator=None)
    amount_open = fields.Monetary("Open Amount", readonly=True, help="What was open on both sides at the cut-off.")
    ceiling = fields.Monetary(readonly=True, help="The most that may be set off on this invoice in this round.")
    proposed = fields.Monetary(readonly=True)
    approved = fields.Monetary(
        help="The most you agree to set off on this invoice, up to its ceiling. Once sent it may be lowered, never "
        "raised."
    )
    approval_limit = fields.Monetary(
        "Approval Sent", readonly=True, help="The highest approval that the network may hold: no notice may exceed it."
    )
    left_open = fields.Boolean(
        "Left to a Person",
        readonly=True,
        help="A mandate has approved other lines and says nothing of this one: it may still be approved.",
    )
    struck = fields.Boolean(compute="_compute_struck")
    set_off = fields.Monetary(readonly=True)
    remaining = fields.Monetary(compute="_compute_remaining", help="What stays to be paid after the set-off.")

    _uuid_uniq = models.Constraint("unique (statement_id, uuid)", "A statement names each line once.")
    _approved_range = models.Constraint(
        "CHECK (approved >= 0 AND approved <= ceiling)",
        "The approved amount lies between zero and the ceiling.",
    )

    @api.depends("due_date")
    def _compute_days_late(self):
        today = fields.Date.context_today(self)
        for line in self:
            line.days_late = max((today - line.due_date).days, 0) if line.due_date else 0

    @api.depends("approved", "proposed")
    def _compute_struck(self):
        for line in self:
            line.struck = line.proposed > 0 and line.currency_id.is_zero(line.approved)

    @api.depends("amount_open", "approved", "set_off", "statement_id.state")
    def _compute_remaining(self):
        for line in self:
            cleared = {"proposed": line.approved, "approved": line.approved, "decided": line.set_off}
            line.remaining = line.amount_open - cleared.get(line.statement_id.state, 0.0)

    def write(self, vals):
        if self.env.su:
            return super().write(vals)
        if vals.keys() != {"approved"}:
            raise AccessError(self.env._("On a statement only the approved amount of a line can be changed."))
        self._approve_up_to(dict.fromkeys(self, vals["approved"]))
        return True

    def action_strike(self):
        """Take the line out of what is approved; an approval already given is lowered at once."""
        self._approve_up_to(dict.fromkeys(self, 0.0))
        return self.statement_id._send_or_tell()

    def action_restore(self):
        """Put a line back to the proposed amount, as long as the statement is not approved yet."""
        self._approve_up_to({line: line.proposed for line in self})
        return True

    def _approve_up_to(self, amounts):
        """Set approved amounts on behalf of the user.

        :param dict amounts: amount by line
        :raises AccessError: if the user is not an approver
        :raises UserError: after the deadline, above the ceiling, or above an approval already given
        """
        self.check_access("write")
        self.statement_id._check_answerable()
        answered = self.filtered(lambda line: line._is_answered()).statement_id
        for line, amount in amounts.items():
            most = line._approvable()
            if amount < 0 or line.currency_id.compare_amounts(amount, most) > 0:
                raise UserError(
                    self.env._(
                        "%(invoice)s: the approved amount lies between 0 and %(most)s. An approval that was given may "
                        "be lowered until the decision, never raised.",
                        invoice=line.number,
                        most=format_amount(self.env, most, line.currency_id),
                    )
                )
            line.sudo().approved = line.currency_id.round(amount)
        for statement in answered:
            statement._store_answer("approve")
            statement.sudo().membership_id._trigger_exchange()

    def _approvable(self):
        """The most that may be approved now: nothing is raised once somebody has approved it."""
        return self.approved if self._is_answered() or self.statement_id.first_approver_id else self.ceiling

    def _is_answered(self):
        return self.statement_id.answer == "approve" and not self.left_open

    @api.model
    def _prepare_values(self, membership, line, currency, moves, partners):
        digits = currency.decimal_places
        move = membership._invoice_of_line(line, currency, moves)
        partner = move.commercial_partner_id or partners.get(line["counterpart"], self.env["res.partner"])
        return {
            "uuid": str(line["id"]),
            "side": line["side"],
            "counterpart": line["counterpart"],
            "counterpart_name": line.get("counterpart_name"),
            "partner_id": partner.id,
            "number": line["number"],
            "move_id": move.id,
            "issue_date": line.get("issue_date"),
            "due_date": line.get("due_date"),
            "amount_open": from_minor(line["amount_open"], digits),
            "ceiling": from_minor(line["ceiling"], digits),
            "proposed": from_minor(line["proposed"], digits),
            # What these books do not know could not be booked: it is approved by an explicit word only.
            "approved": from_minor(line["proposed"], digits) if move else 0.0,
            "set_off": from_minor(line.get("set_off") or 0, digits),
        }

    def action_open_invoice(self):
        self.ensure_one()
        return self.move_id.get_formview_action()
