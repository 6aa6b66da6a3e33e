import uuid

from odoo import api, fields, models
from odoo.addons.bizoverbiz_network.exceptions import EngineRefused, EngineUnavailable
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_amount, format_datetime

from ..tools.minor_units import to_minor

ACTIVITY = "bizoverbiz_compensation.mail_activity_type_statement"
LINE_FIELDS = {"line_ids", "receivable_line_ids", "payable_line_ids"}


class BizoverbizStatement(models.Model):
    """What one round proposes to set off: receivables and payables with equal totals, to be approved or refused.

    The proposal is mirrored from the engine and never changes. The answer belongs to this database: it is stored
    first, sent when the engine can be reached, and only ever lowered.
    """

    _name = "bizoverbiz.statement"
    _description = "Set-off Statement"
    _inherit = ["mail.thread", "mail.activity.mixin", "bizoverbiz.second.approval"]
    _mail_post_access = "read"
    _order = "proposed_at desc, id desc"

    membership_id = fields.Many2one(
        "bizoverbiz.membership", required=True, readonly=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one(related="membership_id.company_id", store=True, index=True)
    silence = fields.Text(related="membership_id.silence")
    uuid = fields.Char("Identifier", required=True, readonly=True)
    round = fields.Integer(readonly=True, aggregator=None)
    state = fields.Selection(
        [
            ("proposed", "Proposed"),
            ("approved", "Approved"),
            ("refused", "Refused"),
            ("decided", "Decided"),
            ("abandoned", "Abandoned"),
        ],
        required=True,
        readonly=True,
        tracking=True,
        group_expand=True,
        help="As the network sees it. Silence past the deadline counts as a refusal.",
    )
    kind = fields.Selection(
        [("netting", "Set-off"), ("reversal", "Reversal")],
        default="netting",
        required=True,
        readonly=True,
        help="A reversal proposes to open again what an earlier round set off.",
    )
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    proposed_at = fields.Datetime(readonly=True)
    deadline = fields.Datetime(readonly=True)
    is_open = fields.Boolean("Can Be Answered", compute="_compute_is_open")
    receivable = fields.Monetary("Receivables Proposed", readonly=True)
    payable = fields.Monetary("Payables Proposed", readonly=True)
    approved_receivable = fields.Monetary("Receivables Approved", compute="_compute_totals")
    approved_payable = fields.Monetary("Payables Approved", compute="_compute_totals")
    at_most = fields.Monetary(
        "Set Off at Most",
        compute="_compute_totals",
        help="The smaller of the two approved totals: as much is set off on your receivables as on your payables.",
    )
    set_off = fields.Monetary(compute="_compute_totals", help="What the decision set off on each side.")
    has_left_open = fields.Boolean(
        compute="_compute_has_left_open",
        help="A mandate has approved a part and says nothing of other lines: a person may still approve them.",
    )
    meaning = fields.Char("What Approving Means", compute="_compute_meaning")
    answer = fields.Selection([("approve", "Approve"), ("refuse", "Refuse")], readonly=True, tracking=True)
    answer_state = fields.Selection(
        [("to_send", "To send"), ("sent", "Received by the network"), ("refused", "Not accepted by the network")],
        readonly=True,
        tracking=True,
    )
    answer_key = fields.Char("Idempotency Key", readonly=True)
    answer_error = fields.Text("Why the Answer Was Not Accepted", readonly=True)
    answered_by = fields.Char(readonly=True)
    reason = fields.Text("Reason for Refusal", readonly=True)
    line_ids = fields.One2many("bizoverbiz.statement.line", "statement_id", "Lines")
    receivable_line_ids = fields.One2many(
        "bizoverbiz.statement.line", "statement_id", "Your Invoices", domain=[("side", "=", "receivable")]
    )
    payable_line_ids = fields.One2many(
        "bizoverbiz.statement.line", "statement_id", "Your Bills", domain=[("side", "=", "payable")]
    )

    _uuid_uniq = models.Constraint("unique (membership_id, uuid)", "A statement is mirrored once.")

    @api.depends("round", "currency_id", "membership_id.network_name")
    def _compute_display_name(self):
        for statement in self:
            statement.display_name = self.env._(
                "Statement %(round)s – %(currency)s", round=statement.round, currency=statement.currency_id.name
            )

    @api.depends("state", "deadline", "answer")
    def _compute_is_open(self):
        now = fields.Datetime.now()
        for statement in self:
            in_time = not statement.deadline or now <= statement.deadline
            undecided = statement.state in ("proposed", "approved")
            statement.is_open = undecided and in_time and statement.answer != "refuse"

    @api.depends(
        "receivable_line_ids.approved",
        "receivable_line_ids.set_off",
        "payable_line_ids.approved",
        "payable_line_ids.set_off",
        "currency_id",
    )
    def _compute_totals(self):
        """By the two lists that the form shows, so that totals follow while amounts are typed."""
        for statement in self:
            statement.approved_receivable = sum(statement.receivable_line_ids.mapped("approved"))
            statement.approved_payable = sum(statement.payable_line_ids.mapped("approved"))
            statement.at_most = min(statement.approved_receivable, statement.approved_payable)
            statement.set_off = sum(statement.receivable_line_ids.mapped("set_off"))

    @api.depends("line_ids.left_open")
    def _compute_has_left_open(self):
        for statement in self:
            statement.has_left_open = any(statement.line_ids.mapped("left_open"))

    @api.depends("at_most", "currency_id")
    def _compute_meaning(self):
        for statement in self:
            statement.meaning = self.env._(
                "Approving means: up to %(amount)s of what you are owed and exactly as much of what you owe may be set "
                "off, each invoice up to its approved amount and never beyond; no money moves.",
                amount=format_amount(self.env, statement.at_most, statement.currency_id),
            )

    @api.depends("at_most", "membership_id")
    def _compute_second_approval_needed(self):
        return super()._compute_second_approval_needed()

    def _amount_at_stake(self):
        company = self.membership_id.sudo().company_id
        day = fields.Date.to_date(self.proposed_at) or fields.Date.context_today(self)
        return self.currency_id._convert(self.at_most, company.currency_id, company, day)

    def write(self, vals):
        if not self.env.su and (names := sorted(vals.keys() - LINE_FIELDS)):
            raise AccessError(
                self.env._(
                    "%(fields)s cannot be written: the proposal is the network's. Approve, strike lines or refuse.",
                    fields=", ".join(names),
                )
            )
        return super().write(vals)

    # Answering

    def action_approve(self):
        """Approve up to the approved amount of each line, and tell the engine at once if it can be reached.

        Above the company's amount the first approver's word is kept, and the second one's is sent.

        :return: True, or a notification saying that a second approver is asked or the stored answer still to be sent
        :raises AccessError: if the user is not an approver
        :raises UserError: if the statement can no longer be approved, or the engine refuses the answer
        """
        self._check_answerable()
        to_approve = self.filtered(
            lambda one: one.answer != "approve" or one.answer_state == "refused" or one.has_left_open
        )
        waiting = to_approve.filtered(lambda one: not one._approve_once_more())
        for statement in to_approve - waiting:
            statement.sudo().line_ids.left_open = False
            statement._store_answer("approve")
        sent = (self - waiting)._send_or_tell()
        return waiting._ask_second_approver() if waiting and sent is True else sent

    def action_refuse(self, reason):
        """Refuse the whole statement. A refusal is final.

        :param str reason: shown to the operator
        :return: as for ``action_approve``
        """
        self._check_answerable()
        if not (reason or "").strip():
            raise UserError(self.env._("Say why you refuse: the network's operator sees the reason."))
        for statement in self:
            statement._store_answer("refuse", reason.strip())
        return self._send_or_tell()

    def action_open_refusal(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Refuse the Statement"),
            "res_model": "bizoverbiz.refusal",
            "view_mode": "form",
            "target": "new",
            "context": {"default_statement_ids": self.ids},
        }

    def _check_answerable(self):
        """:raises AccessError, UserError: unless the user may answer these statements now"""
        self._check_approver()
        for membership in self.membership_id:
            if silence := membership._silence():
                raise UserError(silence)
        for statement in self:
            if statement.is_open:
                continue
            if statement.state in ("proposed", "approved") and statement.answer != "refuse":
                raise UserError(
                    self.env._(
                        "The deadline of %(statement)s was %(deadline)s: it can no longer be answered. What stays open "
                        "is proposed again in the next round.",
                        statement=statement.display_name,
                        deadline=format_datetime(self.env, statement.deadline),
                    )
                )
            raise UserError(
                self.env._(
                    "%(statement)s is settled (%(state)s): its answer can no longer be changed.",
                    statement=statement.display_name,
                    state=self.env._("Refused")
                    if statement.answer == "refuse"
                    else dict(self._fields["state"]._description_selection(self.env))[statement.state],
                )
            )

    def _store_answer(self, answer, reason=False):
        """Keep an answer before anything is sent; a new answer has a new key."""
        self.ensure_one()
        values = {
            "answer": answer,
            "answer_state": "to_send",
            "answer_key": str(uuid.uuid4()),
            "answer_error": False,
            "reason": reason,
        }
        if not self.env.su or not self.answered_by:
            values["answered_by"] = self._signed_by() if answer == "approve" else self._answered_by()
        self.sudo().write(values)
        self.sudo().activity_unlink([ACTIVITY])

    def _send_or_tell(self):
        """Send stored answers; where the engine cannot be reached, the user learns that nothing is lost."""
        unsent = self.browse()
        for statement in self.sudo().filtered(lambda statement: statement.answer_state == "to_send"):
            try:
                statement._send_answer()
            except EngineUnavailable:
                unsent |= statement
            except EngineRefused as error:
                if len(self) == 1:
                    raise
                statement._answer_not_accepted(error)
        if not unsent:
            return True
        message = self.env._(
            "The network cannot be reached. Your answer is kept and sent at the next exchange; the deadline does not "
            "move."
        )
        for statement in unsent:
            statement.message_post(body=message)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning",
                "message": message,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _send_answer(self):
        """:raises EngineUnavailable, EngineRefused: the answer stays to be sent"""
        self.ensure_one()
        held = {line: line.approval_limit for line in self.line_ids}
        if self.answer == "approve":
            for line in self.line_ids.filtered(lambda line: not line.left_open):
                line.approval_limit = max(line.approval_limit, line.approved)
        try:
            answer = self.membership_id._request(
                "PUT", f"/v1/statements/{self.uuid}/answer", self._prepare_answer(), idempotency_key=self.answer_key
            )
        except EngineRefused:
            for line, limit in held.items():
                line.approval_limit = limit
            raise
        self.answer_state = "sent"
        # The engine takes a line that was not named for one that is approved for nothing.
        self.line_ids.filtered("left_open").write({"left_open": False, "approved": 0.0})
        for line in self.line_ids:
            line.approval_limit = line.approved if self.answer == "approve" else 0.0
        self._mirror(answer)

    def _prepare_answer(self):
        if self.answer == "refuse":
            return {"answer": "refuse", "answered_by": self.answered_by, "reason": self.reason}
        digits = self.currency_id.decimal_places
        return {
            "answer": "approve",
            "answered_by": self.answered_by,
            "lines": [
                {"id": line.uuid, "approved": to_minor(line.approved, digits)}
                for line in self.line_ids
                if line.approved > 0 and not line.left_open
            ],
        }

    def _answer_not_accepted(self, error):
        """The engine said no for good: what it holds is what it held before."""
        self.write({"answer_state": "refused", "answer_error": str(error)})
        if self.answer == "approve":
            for line in self.line_ids:
                line.approved = line.approval_limit
        self.message_post(body=self.env._("The network did not accept the answer: %(reason)s", reason=error))
