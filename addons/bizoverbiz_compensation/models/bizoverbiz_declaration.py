import base64
import json
import uuid
from datetime import timedelta

from odoo import api, fields, models
from odoo.addons.bizoverbiz_network.exceptions import EngineRefused
from odoo.fields import Domain
from odoo.tools import format_datetime

#: Most lines the engine takes in one call; a longer declaration goes in parts.
MOST_LINES = 10_000
#: An unchanged declaration is repeated after this time, should the engine have been restored from a backup.
REPEAT_AFTER = timedelta(hours=24)
#: The engine will not go on with it: a new declaration has to begin.
OVERTAKEN = ("too-late", "out-of-date")
#: Longest text of a declaration that is shown in a form; a longer one is offered as a file.
SHOWN = 50_000


class BizoverbizDeclaration(models.Model):
    """What the member told the engine about its open invoices, frozen as it was sent.

    There is at most one unsent declaration: it is sent again with its own Idempotency-Key before a newer one is made,
    so a copy of it that is still on its way can never overwrite the newer one. One of more lines than the engine takes
    in a call goes in parts, each with a key of its own; which parts have been answered is kept.
    """

    _name = "bizoverbiz.declaration"
    _description = "Declaration of Open Invoices"
    _order = "id desc"

    membership_id = fields.Many2one(
        "bizoverbiz.membership", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="membership_id.company_id", store=True)
    state = fields.Selection(
        [
            ("to_send", "To send"),
            ("sent", "Accepted"),
            ("refused_lines", "Some lines refused"),
            ("refused", "Refused"),
        ],
        default="to_send",
        required=True,
        readonly=True,
        index=True,
    )
    payload = fields.Text(required=True, readonly=True, prefetch=False)
    payload_shown = fields.Text("As Sent", compute="_compute_payload_shown")
    payload_file = fields.Binary("File as Sent", compute="_compute_payload_file")
    idempotency_key = fields.Char(required=True, readonly=True, default=lambda self: str(uuid.uuid4()))
    answer = fields.Text(readonly=True)
    reason = fields.Text("Why It Was Refused", readonly=True)
    answered_at = fields.Datetime(readonly=True)
    declared_count = fields.Integer("Lines Declared", readonly=True)
    part_count = fields.Integer("Parts", default=1, readonly=True)
    parts_answered = fields.Integer(readonly=True)
    accepted_count = fields.Integer("Accepted", readonly=True)
    refused_count = fields.Integer("Lines Refused", readonly=True)
    withdrawn_count = fields.Integer("Withdrawn", readonly=True)
    line_ids = fields.One2many(
        "bizoverbiz.declaration.line",
        string="Left Out or Reduced",
        compute="_compute_line_ids",
        help="For the latest declaration: every open invoice that is not declared in full, and why.",
    )

    @api.depends("create_date")
    def _compute_display_name(self):
        for declaration in self:
            moment = format_datetime(self.env, declaration.create_date or fields.Datetime.now(), dt_format="short")
            declaration.display_name = self.env._("Declaration of %(moment)s", moment=moment)

    @api.depends("state", "membership_id")
    def _compute_line_ids(self):
        lines = self.env["bizoverbiz.declaration.line"]
        for declaration in self:
            shown = Domain("declaration_id", "=", declaration.id)
            if declaration == self._last(declaration.membership_id):
                shown |= Domain("membership_id", "=", declaration.membership_id.id) & Domain("kind", "!=", "refused")
            declaration.line_ids = lines.search(shown)

    @api.depends("payload")
    def _compute_payload_shown(self):
        for declaration in self:
            declaration.payload_shown = declaration.payload if len(declaration.payload) <= SHOWN else False

    @api.depends("payload")
    def _compute_payload_file(self):
        for declaration in self:
            declaration.payload_file = base64.b64encode(declaration.payload.encode())

    def action_open_invoices(self):
        """What was declared, as it is in the books today; the user's own rights decide what is seen of it."""
        self.ensure_one()
        lines = json.loads(self.payload)["lines"]
        moves = self.membership_id._moves_by_reference(line.get("reference") for line in lines)
        return {
            "type": "ir.actions.act_window",
            "name": self.display_name,
            "res_model": "account.move",
            "view_mode": "list,form",
            "views": [(self.env.ref("account.view_invoice_tree").id, "list"), (False, "form")],
            "domain": [("id", "in", [move.id for move in moves.values()])],
        }

    @api.model
    def _last(self, membership):
        return self.search([("membership_id", "=", membership.id)], limit=1)

    @api.model
    def _declare(self, membership):
        """Send what is open in the books, unless the engine already knows exactly that.

        :raises EngineUnavailable: the declaration stays to be sent
        :raises EngineRefused: the whole declaration was refused
        """
        self.search([("membership_id", "=", membership.id), ("state", "=", "to_send")])._send(again=True)
        lines, told = self._prepare_lines(membership)
        self.env["bizoverbiz.declaration.line"]._tell(membership, told)
        payload = {"full": True, "last_notice": self.env["bizoverbiz.notice"]._last_booked(membership), "lines": lines}
        text = json.dumps(payload, ensure_ascii=False, separators=(",", ":"))
        last = self._last(membership)
        if (not last and not lines) or last._says(text):
            return
        self.create(
            {
                "membership_id": membership.id,
                "payload": text,
                "declared_count": len(lines),
                "part_count": max(1, -(-len(lines) // MOST_LINES)),
            }
        )._send()

    def _says(self, text):
        """Whether the engine took this very declaration lately."""
        return (
            self.state in ("sent", "refused_lines")
            and self.payload == text
            and self.answered_at > fields.Datetime.now() - REPEAT_AFTER
        )

    # Sending

    def _send(self, again=False):
        """Send what has not been answered, part by part.

        :param bool again: a declaration of an earlier exchange: if the engine has gone on without it, it ends here and
            the one that follows takes its place
        """
        for declaration in self:
            for part, body in declaration._prepare_parts():
                try:
                    answer = declaration._send_part(part, body)
                except EngineRefused as error:
                    declaration.write({"state": "refused", "reason": str(error), "answered_at": fields.Datetime.now()})
                    if again and error.slug in OVERTAKEN:
                        break
                    raise
                declaration._take_answer(part, body["lines"], answer)

    def _prepare_parts(self):
        """The requests that have not been answered yet; cut from the frozen text, they are the same at every try."""
        self.ensure_one()
        payload = json.loads(self.payload)
        if self.part_count == 1:
            yield 1, payload
            return
        for part in range(self.parts_answered + 1, self.part_count + 1):
            yield (
                part,
                {
                    "full": True,
                    "declaration": self.idempotency_key,
                    "part": part,
                    "parts": self.part_count,
                    "last_notice": payload["last_notice"],
                    "lines": payload["lines"][(part - 1) * MOST_LINES : part * MOST_LINES],
                },
            )

    def _send_part(self, part, body):
        key = self.idempotency_key if self.part_count == 1 else f"{self.idempotency_key}-{part}"
        try:
            return self.membership_id._request("POST", "/v1/declarations", body, idempotency_key=key)
        except EngineRefused as error:
            if error.slug != "lines-refused":
                raise
            return error.problem

    def _take_answer(self, part, declared, answer):
        """Keep the counts and what was refused; the answer's accepted lines say nothing more."""
        self.ensure_one()
        refused = [line for line in answer.get("lines", []) if line.get("status") == "refused"]
        values = {
            "parts_answered": part,
            "answer": json.dumps({**answer, "lines": refused}, ensure_ascii=False),
            "accepted_count": self.accepted_count + answer.get("accepted", 0),
            "refused_count": self.refused_count + answer.get("refused", 0),
            "withdrawn_count": self.withdrawn_count + answer.get("withdrawn", 0),
        }
        self.write(values)
        self._list_refused([(declared[line["index"]]["reference"], line) for line in refused])
        if part < self.part_count:
            return
        missing = answer.get("missing") or []
        if missing:
            reason = self.env._(
                "The network has not kept parts %(parts)s of %(count)s: everything is declared again.",
                parts=", ".join(map(str, missing)),
                count=self.part_count,
            )
            self.write({"state": "refused", "reason": reason, "answered_at": fields.Datetime.now()})
            return
        state = "refused_lines" if self.refused_count else "sent"
        self.write({"state": state, "answered_at": fields.Datetime.now()})

    def _list_refused(self, refused):
        """Put on the list what the network refused of this declaration, in place of what it refused before.

        :param list refused: (reference, line of the answer)
        """
        rows = self.env["bizoverbiz.declaration.line"]
        earlier = [("membership_id", "=", self.membership_id.id), ("kind", "=", "refused")]
        rows.search([*earlier, ("declaration_id", "!=", self.id)]).unlink()
        moves = self.membership_id._moves_by_reference(reference for reference, _line in refused)
        values = []
        for reference, line in refused:
            move = moves.get(reference, self.env["account.move"])
            values.append(
                {
                    "membership_id": self.membership_id.id,
                    "declaration_id": self.id,
                    "kind": "refused",
                    "move_id": move.id,
                    "partner_id": move.commercial_partner_id.id,
                    "due_date": move.invoice_date_due,
                    "currency_id": move.currency_id.id,
                    "amount": move.amount_residual,
                    "field_name": line.get("field"),
                    "reason": line.get("reason") or "?",
                }
            )
        rows.create(values)

    # Cleaning

    @api.autovacuum
    def _gc_declarations(self):
        """Of the last two days keep everything, before that the last one of each day, up to the company's days."""
        now = fields.Datetime.now()
        for membership in self.env["bizoverbiz.membership"].search([("member_uuid", "!=", False)]):
            answered = self.search_fetch(
                [("membership_id", "=", membership.id), ("state", "!=", "to_send")],
                ["create_date"],
                order="create_date desc, id desc",
            )
            kept, days = answered[:1], set(answered[:1].mapped(lambda one: one.create_date.date()))
            for declaration in answered - kept:
                age, day = now - declaration.create_date, declaration.create_date.date()
                if age <= timedelta(days=2) or (age.days < membership.declaration_days and day not in days):
                    kept |= declaration
                days.add(day)
            (answered - kept).unlink()
