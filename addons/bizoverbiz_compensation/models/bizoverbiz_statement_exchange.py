from datetime import timedelta

from odoo import Command, api, fields, models
from odoo.addons.bizoverbiz_network.exceptions import EngineRefused

from ..tools.minor_units import from_minor
from .bizoverbiz_statement import ACTIVITY


# pylint: disable=consider-merging-classes-inherited; answering and exchanging are long enough for a file each
class BizoverbizStatement(models.Model):
    """Statements as they come and go in an exchange."""

    _inherit = "bizoverbiz.statement"

    @api.model
    def _send_pending(self, membership):
        pending = self.search(
            [
                ("membership_id", "=", membership.id),
                ("answer_state", "=", "to_send"),
                ("state", "in", ("proposed", "approved")),
            ]
        )
        for statement in pending:
            try:
                statement._send_answer()
            except EngineRefused as error:
                statement._answer_not_accepted(error)

    @api.model
    def _fetch(self, membership):
        found = membership._request("GET", "/v1/statements")["statements"]
        known = {record.uuid: record for record in self.search([("membership_id", "=", membership.id)])}
        lines = [line for item in found if str(item["id"]) not in known for line in item["lines"]]
        moves = membership._moves_by_reference(line.get("reference") for line in lines)
        partners = membership._partners_by_identifier({line["counterpart"] for line in lines})
        for item in reversed(found):
            if statement := known.get(str(item["id"])):
                statement._mirror(item)
            else:
                self._receive(membership, item, moves, partners)._announce()

    @api.model
    def _receive(self, membership, item, moves, partners):
        return self.create(self._prepare_values(membership, item, moves, partners))

    @api.model
    def _prepare_values(self, membership, item, moves, partners):
        currency = membership._currency(item["currency"])
        digits = currency.decimal_places
        prepare_line = self.env["bizoverbiz.statement.line"]._prepare_values
        return {
            "membership_id": membership.id,
            "uuid": str(item["id"]),
            "round": item["round"],
            "state": item["state"],
            "kind": "reversal" if item.get("kind") == "reversal" else "netting",
            "currency_id": currency.id,
            "proposed_at": membership.company_id._bizoverbiz_utc(item["proposed_at"]),
            "deadline": membership.company_id._bizoverbiz_utc(item["deadline"]),
            "receivable": from_minor(item["receivable"], digits),
            "payable": from_minor(item["payable"], digits),
            "reason": item.get("reason"),
            "line_ids": [
                Command.create(prepare_line(membership, line, currency, moves, partners)) for line in item["lines"]
            ],
        }

    def _announce(self):
        """Ask the approvers to answer."""
        for statement in self.filtered(lambda statement: statement.state == "proposed"):
            statement._ask(statement._approvers(), statement._what_to_do())

    def _answer_by(self):
        return self.deadline or fields.Datetime.now() + timedelta(days=1)

    def _what_to_do(self):
        return self.env._("Approve what may be set off, strike single lines, or refuse. Silence counts as a refusal.")

    def _mirror(self, item):
        """Take over what only the engine knows: the state of the round and, once decided, the set-offs."""
        self.ensure_one()
        if item["state"] != self.state:
            self.write({"state": item["state"], "reason": self.reason or item.get("reason")})
            if self.state != "proposed":
                self.activity_unlink([ACTIVITY])
        if self.state != "decided":
            return
        digits = self.currency_id.decimal_places
        set_offs = {str(line["id"]): from_minor(line.get("set_off") or 0, digits) for line in item["lines"]}
        for line in self.line_ids:
            if line.currency_id.compare_amounts(line.set_off, set_offs.get(line.uuid, 0.0)):
                line.set_off = set_offs.get(line.uuid, 0.0)
