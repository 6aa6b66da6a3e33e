import json
import uuid
from datetime import timedelta

from odoo import Command, api, fields, models
from odoo.addons.bizoverbiz_network.exceptions import EngineRefused
from odoo.tools import format_datetime

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
    line_ids = fields.One2many("bizoverbiz.declaration.line", "declaration_id", "Left Out", readonly=True)

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
        lines, skipped = self._prepare_lines(membership)
        payload = {"full": True, "last_notice": self.env["bizoverbiz.notice"]._last_booked(membership), "lines": lines}
        text = json.dumps(payload, ensure_ascii=False, separators=(",", ":"))
        last = self.search([("membership_id", "=", membership.id)], limit=1)
        if (not last and not lines and not skipped) or last._says(text, skipped):
            return
        self.create(
            {
                "membership_id": membership.id,
                "payload": text,
                "declared_count": len(lines),
                "line_ids": [Command.create({"kind": "skipped", **values}) for values in skipped],
            }
        )._send()

    def _says(self, text, skipped):
        """Whether the engine took this very declaration lately, with the same invoices left out."""
        return (
            self.state in ("sent", "refused_lines")
            and self.payload == text
            and self.answered_at > fields.Datetime.now() - REPEAT_AFTER
            and {line.move_id.id for line in self.line_ids if line.kind == "skipped"}
            == {values["move_id"] for values in skipped}
        )

    @api.model
    def _prepare_lines(self, membership):
        """Open invoices and bills of the legal entity with members of the network: nobody else's leave the books.

        :return: the lines of the protocol, in a fixed order, and values of the rows for invoices left out
        """
        invoices = [
            (move.commercial_partner_id._bizoverbiz_identifier(), move, residual, due_date)
            for move, residual, due_date in self._open_invoices(membership)
        ]
        members = membership._members_among(counterpart for counterpart, *_rest in invoices) - {membership.identifier}
        lines, skipped = [], []
        for counterpart, move, residual, due_date in invoices:
            if counterpart not in members:
                continue
            receivable = move.move_type == "out_invoice"
            digits = move.currency_id.decimal_places
            amount_open = to_minor(residual if receivable else -residual, digits)
            number = (move.name if receivable else move.ref or "").strip()
            if amount_open <= 0:
                continue
            if not number or len(lines) == MOST_LINES:
                skipped.append(self._prepare_skipped(move, number))
                continue
            blocked = move.payment_state == "blocked"
            lines.append(
                {
                    "side": "receivable" if receivable else "payable",
                    "counterpart": counterpart,
                    "number": number,
                    "currency": move.currency_id.name,
                    "amount_total": to_minor(move.amount_total, digits),
                    "amount_open": amount_open,
                    "amount_disputed": amount_open if blocked else 0,
                    "dispute_reason": self.env._("Blocked for payment") if blocked else None,
                    "issue_date": fields.Date.to_string(move.invoice_date),
                    "due_date": fields.Date.to_string(due_date or move.invoice_date),
                    "reference": f"account.move,{move.id}",
                }
            )
        return lines, skipped

    @api.model
    def _open_invoices(self, membership):
        """List of (invoice, open amount with the books' sign, earliest open due date), oldest due first.

        The instalments of an invoice are one obligation: they share the seller's number.
        """
        groups = self.env["account.move.line"]._read_group(
            [
                ("parent_state", "=", "posted"),
                ("account_type", "in", ("asset_receivable", "liability_payable")),
                ("reconciled", "=", False),
                ("company_id", "child_of", membership.company_id.id),
                ("move_id.move_type", "in", ("out_invoice", "in_invoice")),
            ],
            ["move_id"],
            ["amount_residual_currency:sum", "date_maturity:min"],
        )
        return sorted(groups, key=lambda group: (str(group[2] or ""), group[0].id))

    @api.model
    def _prepare_skipped(self, move, number):
        if number:
            reason = self.env._(
                "One declaration takes %(most)s invoices; those due first are declared.", most=MOST_LINES
            )
            return {"move_id": move.id, "reason": reason}
        reason = self.env._("The bill has no reference: enter the vendor's invoice number in its Bill Reference.")
        return {"move_id": move.id, "field_name": "ref", "reason": reason}

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
