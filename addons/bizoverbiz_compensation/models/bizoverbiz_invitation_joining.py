import hashlib
import json

from odoo import SUPERUSER_ID, api, fields, models
from odoo.addons.bizoverbiz_network.exceptions import EngineRefused
from odoo.addons.bizoverbiz_network.tools.identification import member_identifier
from odoo.exceptions import UserError
from odoo.tools import email_normalize

#: Longest name that the engine takes.
NAME_LENGTH = 200


class BizoverbizInvitation(models.Model):
    """From the partner's click to its membership: it asks to join, the network's operator answers."""

    _inherit = "bizoverbiz.invitation"

    identifier = fields.Char(
        readonly=True, help="SIREN or VAT number: the contact's, or what the partner gave when it asked to join."
    )
    asked_name = fields.Char("Firm", readonly=True, copy=False)
    contact_name = fields.Char("Asked By", readonly=True, copy=False)
    contact_email = fields.Char("Reached At", readonly=True, copy=False)
    candidate_uuid = fields.Char(readonly=True, copy=False)
    candidate_state = fields.Selection(
        [
            ("pending", "Waiting for the operator"),
            ("accepted", "Accepted by the operator"),
            ("refused", "Refused by the operator"),
        ],
        "Operator's Answer",
        readonly=True,
        copy=False,
        tracking=True,
    )
    candidate_reason = fields.Char("Why It Was Refused", readonly=True, copy=False)
    request_error = fields.Text("Why It Was Not Passed On", readonly=True, copy=False)

    # What the partner does on its page; runs with sudo

    def _open_page(self):
        if not self.opened_at:
            self._as_system().opened_at = fields.Datetime.now()

    def _ask_to_join(self, values):
        """Keep what the partner says of itself; the next exchange passes it on to the network's operator.

        :param dict values: ``name``, ``identifier``, ``contact_name`` and ``contact_email`` as typed
        :raises UserError: naming what cannot be used
        """
        self.ensure_one()
        if self.state not in ("invited", "opened"):
            return
        typed = {name: (values.get(name) or "").strip() for name in ("name", "identifier", "contact_name")}
        self._check_typed(typed)
        email = email_normalize(values.get("contact_email") or "")
        if not email:
            raise UserError(self.env._("The e-mail address is not valid: check it."))
        identifier = self._read_identifier(typed["identifier"])
        self._as_system().write(
            {
                "started_at": fields.Datetime.now(),
                "asked_name": typed["name"],
                "identifier": identifier,
                "contact_name": typed["contact_name"],
                "contact_email": email,
            }
        )
        self._tell_inviter(self._as_system()._word_started(identifier))
        self.membership_id._trigger_exchange()

    def _check_typed(self, typed):
        if not typed["name"] or not typed["contact_name"]:
            raise UserError(self.env._("Enter the firm's name and yours."))
        if max(map(len, typed.values())) > NAME_LENGTH:
            raise UserError(self.env._("No name may be longer than %s characters.", NAME_LENGTH))

    def _read_identifier(self, typed):
        country = self.partner_id.country_id.code or "FR"
        identifier = member_identifier(typed, typed, country)
        if not identifier:
            raise UserError(
                self.env._(
                    "“%s” is neither a SIREN or SIRET nor a VAT number with its country prefix: check each digit.",
                    typed[:40],
                )
            )
        if identifier == self.membership_id.identifier:
            raise UserError(
                self.env._(
                    "%(number)s is the number of %(company)s: enter your own firm's.",
                    number=identifier,
                    company=self.company_id.name,
                )
            )
        return identifier

    def _word_started(self, identifier):
        known = self.partner_id._bizoverbiz_identifier()
        words = self.env._("%s asks to join. The request goes to the network's operator.", self.partner_id.name)
        if known != identifier:
            words += " " + self.env._(
                "It gives the number %(given)s, your contact has %(known)s: correct the contact, or its invoices are "
                "not recognised.",
                given=identifier,
                known=known or self.env._("none"),
            )
        return words

    def _as_system(self):
        """In the inviter's language, and in the system's name: whoever opens the partner's page has no name here."""
        return self.with_user(SUPERUSER_ID).with_context(lang=self.user_id.lang)

    def _tell_inviter(self, body):
        self._as_system().message_post(body=body, partner_ids=self.user_id.partner_id.ids, subtype_xmlid="mail.mt_note")

    def _opt_out(self):
        """For good, and for every company of this database."""
        self.ensure_one()
        self.partner_id.bizoverbiz_no_invitation = True
        if not self.opted_out_at:
            self._as_system().opted_out_at = fields.Datetime.now()
            told = self._as_system().env
            self._tell_inviter(told._("%s has asked not to be invited again.", self.partner_id.name))

    # What the exchange does

    @api.model
    def _follow_up(self, membership):
        """Pass on who asks to join, and learn how far the invited partners have come."""
        invited = self.search([("membership_id", "=", membership.id), ("state", "not in", ("draft", "set_off"))])
        invited._note_set_off()
        waiting = invited.filtered(lambda one: one.identifier and not one.joined_at)
        members = membership._members_among(waiting.mapped("identifier"))
        for invitation in waiting.filtered(lambda one: one.identifier in members):
            invitation.write({"joined_at": fields.Datetime.now(), "request_error": False})
            told = invitation._as_system().env
            invitation._tell_inviter(told._("%s has joined the network.", invitation.partner_id.name))
        asking = waiting.filtered(lambda one: one.state == "started")
        asking.filtered(lambda one: one.candidate_state == "pending")._fetch_answers()
        for invitation in asking.filtered(lambda one: not one.candidate_uuid):
            invitation._put_forward()

    def _put_forward(self):
        """Pass the partner's request on; one that is refused says why and is tried again by the next exchange."""
        payload = self._prepare_candidate()
        fingerprint = hashlib.sha256(json.dumps(payload, sort_keys=True).encode()).hexdigest()
        try:
            answer = self.membership_id._request(
                "POST", "/v1/candidates", payload, idempotency_key=f"candidate-{fingerprint}"
            )
        except EngineRefused as error:
            if self.request_error != str(error):
                self.request_error = str(error)
                told = self._as_system().env
                self._tell_inviter(told._("The request to join was not passed on: %s", error))
            return
        self.write({"candidate_uuid": answer["id"], "candidate_state": answer["state"], "request_error": False})

    def _prepare_candidate(self):
        self.ensure_one()
        country = "FR" if self.identifier.isdigit() else self.identifier[:2]
        return {
            "identifier": self.identifier,
            "name": self.asked_name,
            "country": self.partner_id.country_id.code or country,
            "contact_name": self.contact_name,
            "contact_email": self.contact_email,
            "language": (self.contact_id.lang or self.partner_id.lang or "")[:2] or None,
        }

    def _fetch_answers(self):
        """What the operator has answered on those that wait for it."""
        waiting = {invitation.candidate_uuid: invitation for invitation in self}
        after = None
        while waiting:
            page = self.membership_id._request(
                "GET", "/v1/candidates", params={"limit": 1000, **({"after": after} if after else {})}
            )
            for candidate in page["candidates"]:
                if invitation := waiting.pop(candidate["id"], None):
                    invitation._take_answer(candidate)
            after = page["next"]
            if not after:
                break

    def _take_answer(self, candidate):
        if candidate["state"] == self.candidate_state:
            return
        self.write({"candidate_state": candidate["state"], "candidate_reason": candidate["reason"]})
        told = self._as_system().env
        if candidate["state"] == "accepted":
            words = told._(
                "The network's operator has accepted %s and sends it what it needs to join.", self.partner_id.name
            )
        else:
            words = told._(
                "The network's operator has refused %(partner)s: %(reason)s",
                partner=self.partner_id.name,
                reason=candidate["reason"] or told._("no reason given"),
            )
        self._tell_inviter(words)

    def _note_set_off(self):
        """The first notice that sets something off with each partner that has joined."""
        joined = self.filtered(lambda one: one.joined_at and not one.set_off_at)
        groups = self.env["bizoverbiz.notice.line"]._read_group(
            [
                ("counterpart", "in", joined.mapped("identifier")),
                ("notice_id.membership_id", "in", joined.membership_id.ids),
                ("notice_id.state", "in", ("booked", "acknowledged")),
            ],
            ["counterpart"],
            ["notice_id:recordset"],
        )
        first = {counterpart: min(notices.mapped("decided_at")) for counterpart, notices in groups}
        for invitation in joined.filtered(lambda one: one.identifier in first):
            invitation.set_off_at = first[invitation.identifier]
