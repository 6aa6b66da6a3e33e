import json
import uuid
from datetime import timedelta

from odoo import Command, api, fields, models
from odoo.addons.bizoverbiz_network.exceptions import EngineRefused
from odoo.tools import format_amount, format_datetime

from ..tools.minor_units import to_minor

#: Most lines the engine takes in one declaration.
MOST_LINES = 10_000
#: An unchanged declaration is repeated after this time, should the engine have been restored from a backup.
REPEAT_AFTER = timedelta(hours=24)


class BizoverbizDeclaration(models.Model):
    """What the member told the engine about its open invoices, frozen as it was sent.

    There is at most one unsent declaration: it is sent again with its own Idempotency-Key before a newer one is made,
    so a copy of it that is still on its way can never overwrite the newer one.
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
    payload = fields.Text(required=True, readonly=True)
    idempotency_key = fields.Char(required=True, readonly=True, default=lambda self: str(uuid.uuid4()))
    answer = fields.Text(readonly=True)
    reason = fields.Text("Why It Was Refused", readonly=True)
    answered_at = fields.Datetime(readonly=True)
    declared_count = fields.Integer("Lines Declared", readonly=True)
    accepted_count = fields.Integer("Accepted", readonly=True)
    refused_count = fields.Integer("Lines Refused", readonly=True)
    withdrawn_count = fields.Integer("Withdrawn", readonly=True)
    line_ids = fields.One2many("bizoverbiz.declaration.line", "declaration_id", "Left Out or Reduced", readonly=True)

    @api.depends("create_date")
    def _compute_display_name(self):
        for declaration in self:
            moment = format_datetime(self.env, declaration.create_date or fields.Datetime.now(), dt_format="short")
            declaration.display_name = self.env._("Declaration of %(moment)s", moment=moment)

    @api.model
    def _declare(self, membership):
        """Send what is open in the books, unless the engine already knows exactly that.

        :raises EngineUnavailable: the declaration stays to be sent
        :raises EngineRefused: the whole declaration was refused
        """
        self.search([("membership_id", "=", membership.id), ("state", "=", "to_send")])._send()
        lines, told = self._prepare_lines(membership)
        payload = {"full": True, "last_notice": self.env["bizoverbiz.notice"]._last_booked(membership), "lines": lines}
        text = json.dumps(payload, ensure_ascii=False, separators=(",", ":"))
        last = self.search([("membership_id", "=", membership.id)], limit=1)
        if (not last and not lines and not told) or last._says(text, told):
            return
        self.create(
            {
                "membership_id": membership.id,
                "payload": text,
                "declared_count": len(lines),
                "line_ids": [Command.create(values) for values in told],
            }
        )._send()

    def _says(self, text, told):
        """Whether the engine took this very declaration lately, with the same said of what it does not contain."""
        return (
            self.state in ("sent", "refused_lines")
            and self.payload == text
            and self.answered_at > fields.Datetime.now() - REPEAT_AFTER
            and {(line.move_id.id, line.kind, line.reason) for line in self.line_ids if line.kind != "refused"}
            == {(values["move_id"], values["kind"], values["reason"]) for values in told}
        )

    @api.model
    def _prepare_lines(self, membership):
        """Open invoices and bills of the legal entity with members of the network: nobody else's leave the books.

        :return: the lines of the protocol, in a fixed order, and values of the rows for invoices left out or reduced
        """
        found = self.env["bizoverbiz.open.invoice"]._list(membership.company_id)
        invoices = [(invoice.move.commercial_partner_id._bizoverbiz_identifier(), invoice) for invoice in found]
        members = membership._members_among(counterpart for counterpart, _invoice in invoices) - {membership.identifier}
        lines, told = [], []
        for counterpart, invoice in invoices:
            if counterpart not in members or invoice.residual <= 0:
                continue
            if invoice.credits:
                told.append(self._prepare_reduced(invoice))
            if invoice.open <= 0:
                continue
            move = invoice.move
            number = self._number(move)
            if not number or len(lines) == MOST_LINES:
                told.append(self._prepare_skipped(move, number))
            else:
                lines.append(self._prepare_line(counterpart, number, invoice))
        return lines, told

    @api.model
    def _number(self, move):
        """The seller's number, as this side knows it."""
        return (move.name if move.move_type == "out_invoice" else move.ref or "").strip()

    @api.model
    def _prepare_line(self, counterpart, number, invoice):
        move = invoice.move
        digits = move.currency_id.decimal_places
        amount_open = to_minor(invoice.open, digits)
        blocked = move.payment_state == "blocked"
        return {
            "side": "receivable" if move.move_type == "out_invoice" else "payable",
            "counterpart": counterpart,
            "number": number,
            "currency": move.currency_id.name,
            "amount_total": to_minor(move.amount_total, digits),
            "amount_open": amount_open,
            "amount_disputed": amount_open if blocked else 0,
            "dispute_reason": self.env._("Blocked for payment") if blocked else None,
            "issue_date": fields.Date.to_string(move.invoice_date),
            "due_date": fields.Date.to_string(invoice.due_date or move.invoice_date),
            "reference": f"account.move,{move.id}",
        }

    @api.model
    def _prepare_reduced(self, invoice):
        """Say which credits are counted against an invoice although the books have not reconciled them yet."""
        currency = invoice.move.currency_id
        credits = ", ".join(
            f"{record.display_name} ({format_amount(self.env, amount, currency)})" for record, amount in invoice.credits
        )
        if invoice.open > 0:
            reason = self.env._(
                "Declared for %(open)s of %(residual)s, less what is not reconciled yet: %(credits)s.",
                open=format_amount(self.env, invoice.open, currency),
                residual=format_amount(self.env, invoice.residual, currency),
                credits=credits,
            )
        else:
            reason = self.env._("Not declared: covered by what is not reconciled yet: %(credits)s.", credits=credits)
        return {"move_id": invoice.move.id, "kind": "reduced", "reason": reason}

    @api.model
    def _prepare_skipped(self, move, number):
        if number:
            reason = self.env._(
                "One declaration takes %(most)s invoices; those due first are declared.", most=MOST_LINES
            )
            return {"move_id": move.id, "kind": "skipped", "reason": reason}
        reason = self.env._("The bill has no reference: enter the vendor's invoice number in its Bill Reference.")
        return {"move_id": move.id, "kind": "skipped", "field_name": "ref", "reason": reason}

    def _send(self):
        for declaration in self:
            try:
                answer = declaration.membership_id._request(
                    "POST",
                    "/v1/declarations",
                    json.loads(declaration.payload),
                    idempotency_key=declaration.idempotency_key,
                )
            except EngineRefused as error:
                if error.slug != "lines-refused":
                    declaration.write({"state": "refused", "reason": str(error), "answered_at": fields.Datetime.now()})
                    raise
                answer = error.problem
            declaration._take_answer(answer)

    def _take_answer(self, answer):
        self.ensure_one()
        declared = json.loads(self.payload)["lines"]
        refused = [line for line in answer.get("lines", []) if line.get("status") == "refused"]
        moves = self.membership_id._moves_by_reference(declared[line["index"]]["reference"] for line in refused)
        self.write(
            {
                "state": "refused_lines" if refused else "sent",
                "answer": json.dumps(answer, ensure_ascii=False),
                "answered_at": fields.Datetime.now(),
                "accepted_count": answer.get("accepted", 0),
                "refused_count": answer.get("refused", 0),
                "withdrawn_count": answer.get("withdrawn", 0),
                "line_ids": [
                    Command.create(
                        {
                            "kind": "refused",
                            "move_id": moves[reference].id
                            if (reference := declared[line["index"]]["reference"]) in moves
                            else False,
                            "field_name": line.get("field"),
                            "reason": line.get("reason") or "?",
                        }
                    )
                    for line in refused
                ],
            }
        )
