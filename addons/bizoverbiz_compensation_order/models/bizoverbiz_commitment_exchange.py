import uuid

from odoo import api, fields, models
from odoo.addons.bizoverbiz_compensation.tools.minor_units import from_minor, to_minor
from odoo.addons.bizoverbiz_network.exceptions import EngineRefused, EngineUnavailable
from odoo.tools import format_amount, format_date

from .bizoverbiz_commitment import FINAL

#: The engine's states, where this side has registered the commitment.
STATES = {
    "one-sided": "one_sided",
    "differs": "differs",
    "matched": "matched",
    "fulfilled": "fulfilled",
    "expired": "expired",
}


# pylint: disable=consider-merging-classes-inherited; what a commitment is and how it is exchanged are two matters
class BizoverbizCommitment(models.Model):
    """Commitments as they come and go in an exchange."""

    _inherit = "bizoverbiz.commitment"

    def _send_or_tell(self, state):
        """Keep what is to be sent, then send it; where the engine cannot be reached, nothing is lost."""
        self.write({"state": state, "error": False, "request_key": str(uuid.uuid4())})
        try:
            self._send()
        except EngineUnavailable:
            self.membership_id._trigger_exchange()
            return self.membership_id._notify(
                "warning", self.env._("The network cannot be reached. The commitment is kept and sent later.")
            )
        return True

    def _send(self):
        """:raises EngineUnavailable, EngineRefused: it stays to be sent"""
        self.ensure_one()
        answer = self.membership_id._request(
            "POST", "/v1/commitments", self._prepare_registration(), idempotency_key=self.request_key
        )
        self.is_registered = True
        self._mirror(answer)

    def _prepare_registration(self):
        digits = self.currency_id.decimal_places
        return {
            "reference": self.reference or None,
            "side": self.side,
            "counterpart": self.partner_id.commercial_partner_id._bizoverbiz_identifier(),
            "currency": self.currency_id.name,
            "amount": to_minor(self.amount, digits),
            "agreed_on": fields.Date.to_string(self.agreed_on),
            "due_date": fields.Date.to_string(self.due_date),
            "expires_on": fields.Date.to_string(self.expires_on) or None,
            "description": self.description or None,
            "nettable": self.nettable,
        }

    def _withdraw(self):
        """Lower what was approved of it at once; the engine learns of the withdrawal now or at the next exchange."""
        self.ensure_one()
        self._lower_approvals()
        was_registered = self.is_registered
        self.write({"state": "withdrawn", "request_key": str(uuid.uuid4())})
        if was_registered:
            try:
                self._send_withdrawal()
            except EngineUnavailable:
                self.membership_id._trigger_exchange()

    def _withdraw_cancelled(self):
        """The order behind it is cancelled: nothing more of it may be set off."""
        self.ensure_one()
        if self.state not in FINAL:
            self._withdraw()

    def _send_withdrawal(self):
        self.membership_id._request(
            "PUT", f"/v1/commitments/{self.reference}/withdrawal", {}, idempotency_key=self.request_key
        )
        self.is_registered = False

    def _lower_approvals(self):
        lines = self.env["bizoverbiz.statement.line"].search(
            [
                ("commitment_id", "in", self.ids),
                ("approved", ">", 0),
                ("statement_id.state", "in", ("proposed", "approved")),
                ("statement_id.kind", "=", "netting"),
            ]
        )
        lines.approved = 0.0
        for statement in lines.statement_id.filtered(lambda statement: statement.answer == "approve"):
            statement._store_answer("approve")
            statement.message_post(
                body=self.env._(
                    "Approval lowered, since the commitment was withdrawn: %(commitments)s.",
                    commitments=", ".join(filter(None, self.mapped("reference"))),
                )
            )

    # The steps of an exchange

    @api.model
    def _send_pending(self, membership):
        own = [("membership_id", "=", membership.id)]
        for commitment in self.search([*own, ("state", "=", "to_send")]):
            try:
                commitment._send()
            except EngineRefused as error:
                commitment._not_accepted(error)
        for commitment in self.search([*own, ("state", "=", "withdrawn"), ("is_registered", "=", True)]):
            try:
                commitment._send_withdrawal()
            except EngineRefused as error:
                commitment._not_accepted(error)

    def _not_accepted(self, error):
        self.write({"state": "refused", "error": str(error)})
        self.message_post(body=self.env._("The network did not accept the commitment: %(reason)s", reason=error))

    @api.model
    def _fetch(self, membership):
        after, found = None, []
        while True:
            params = {"limit": 100, **({"after": after} if after else {})}
            page = membership._request("GET", "/v1/commitments", params=params)
            found += page["commitments"]
            after = page.get("next")
            if not after:
                break
        known = {one.reference: one for one in self.search([("membership_id", "=", membership.id)]) if one.reference}
        listed = {item["reference"] for item in found}
        for reference, commitment in known.items():
            if commitment.state == "to_confirm" and reference not in listed:
                commitment.write({"state": "withdrawn", "is_registered_there": False})
                commitment.activity_unlink(["mail.mail_activity_data_todo"])
        partners = membership._partners_by_identifier({item["counterpart"] for item in found})
        for item in found:
            if commitment := known.get(item["reference"]):
                commitment._mirror(item)
            elif item["theirs"] and item["counterpart"] in partners and item["state"] not in ("expired", "fulfilled"):
                self.create(self._prepare_from_partner(membership, item, partners[item["counterpart"]]))._ask()

    @api.model
    def _prepare_from_partner(self, membership, item, partner):
        """What the partner registered is proposed as this side's own content."""
        theirs, currency = item["theirs"], membership._currency(item["theirs"]["currency"])
        return {
            "membership_id": membership.id,
            "reference": item["reference"],
            "side": item["side"],
            "state": "to_confirm",
            "partner_id": partner.id,
            "currency_id": currency.id,
            "amount": from_minor(theirs["amount"], currency.decimal_places),
            "agreed_on": theirs["agreed_on"],
            "due_date": theirs["due_date"],
            "expires_on": theirs["expires_on"],
            "description": theirs["description"],
            **self._prepare_mirrored(item, currency),
        }

    def _ask(self):
        self.membership_id._remind(
            self,
            "mail.mail_activity_data_todo",
            "bizoverbiz_network.group_approver",
            self.env._("Your partner has registered this sale: compare it with your order, then confirm it."),
        )

    def _mirror(self, item):
        """Take over what the engine says of both sides."""
        self.ensure_one()
        if self.state in ("to_send", "withdrawn") and not item["own"]:
            return
        state = STATES[item["state"]] if item["own"] else "to_confirm"
        values = {
            "reference": item["reference"],
            "counterpart": item["counterpart"],
            "state": self.state if self.state in ("draft", "refused", "withdrawn") and not item["own"] else state,
            **self._prepare_mirrored(item, self.currency_id),
        }
        if item["own"] and self.state == "withdrawn":
            values.pop("state")
        self.write(values)
        if state == "matched":
            self.activity_unlink(["mail.mail_activity_data_todo"])

    def _prepare_mirrored(self, item, currency):
        theirs, digits = item["theirs"] or {}, currency.decimal_places
        return {
            "counterpart": item["counterpart"],
            "is_registered_there": bool(theirs),
            "their_amount": from_minor(theirs.get("amount") or 0, digits),
            "their_agreed_on": theirs.get("agreed_on"),
            "their_due_date": theirs.get("due_date"),
            "their_description": theirs.get("description"),
            "their_nettable": theirs.get("nettable", False),
            "matched_amount": from_minor(item["matched_amount"], digits),
            "differences": self._explain(item, digits, currency),
        }

    def _explain(self, item, digits, currency):
        """Each field that differs, with what either side says."""
        if not item["differences"]:
            return False
        labels = {
            "currency": self.env._("Currency"),
            "amount": self.env._("Amount"),
            "agreed_on": self.env._("Agreed on"),
            "due_date": self.env._("Due date"),
        }

        def told(name, value):
            if name == "amount":
                return format_amount(self.env, from_minor(value, digits), currency)
            return value if name == "currency" else format_date(self.env, value)

        return "\n".join(
            self.env._(
                "%(field)s: %(own)s here, %(theirs)s at your partner's",
                field=labels.get(name, name),
                own=told(name, item["own"][name]),
                theirs=told(name, item["theirs"][name]),
            )
            for name in item["differences"]
        )
