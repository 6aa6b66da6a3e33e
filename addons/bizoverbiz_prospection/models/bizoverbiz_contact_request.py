import uuid

from odoo import api, fields, models
from odoo.addons.bizoverbiz_network.exceptions import EngineRefused, EngineUnavailable
from odoo.exceptions import UserError, ValidationError

from .bizoverbiz_profile import MANAGER

ACTIVITY = "bizoverbiz_prospection.mail_activity_type_contact_request"
#: Set by the exchange, never by hand.
GUARDED_FIELDS = frozenset(
    {"company_id", "side", "uuid", "state", "asked_at", "answered_at", "answered_by", "idempotency_key"}
    | {"contact_name", "contact_email", "contact_phone"}
)
#: The protocol's states as they are called here.
STATES = {"open": "open", "accepted": "accepted", "declined": "declined"}


class BizoverbizContactRequest(models.Model):
    """One member asks another one, found in the directory, for a contact; nothing is given unless it accepts."""

    _name = "bizoverbiz.contact.request"
    _description = "Request for Contact"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _mail_post_access = "read"
    _order = "id desc"

    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True, default=lambda self: self.env.company.root_id
    )
    user_id = fields.Many2one(
        "res.users", "Requested By", readonly=True, default=lambda self: self.env.user, index=True
    )
    side = fields.Selection([("sent", "Sent"), ("received", "Received")], default="sent", required=True, readonly=True)
    uuid = fields.Char(readonly=True, copy=False)
    identifier = fields.Char("SIREN or VAT", required=True, index=True)
    name = fields.Char("Firm", required=True)
    message = fields.Text(required=True)
    asked_by = fields.Char(readonly=True)
    asked_at = fields.Datetime(readonly=True, copy=False)
    state = fields.Selection(
        [
            ("draft", "To write"),
            ("to_send", "To send"),
            ("open", "Waiting for an answer"),
            ("accepted", "Accepted"),
            ("declined", "Declined"),
        ],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        tracking=True,
    )
    answered_at = fields.Datetime(readonly=True, copy=False)
    answered_by = fields.Char(readonly=True, copy=False)
    contact_name = fields.Char(readonly=True, copy=False)
    contact_email = fields.Char(readonly=True, copy=False)
    contact_phone = fields.Char(readonly=True, copy=False)
    given_contact_id = fields.Many2one(
        "res.partner", string="Contact Given", help="Whose name, e-mail and telephone the firm gets if you accept."
    )
    lead_id = fields.Many2one("crm.lead", index="btree_not_null", ondelete="set null")
    idempotency_key = fields.Char(readonly=True, copy=False, groups="base.group_system")

    _uuid_uniq = models.UniqueIndex("(company_id, uuid) WHERE uuid IS NOT NULL", "A request is kept once.")

    @api.constrains("message")
    def _check_message(self):
        for request in self:
            if len(request.message or "") > 2000:
                raise ValidationError(self.env._("The message is longer than 2,000 characters: shorten it."))

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_guarded(vals)
        return super().create(vals_list)

    def write(self, vals):
        self._check_guarded(vals)
        if (
            not self.env.su
            and {"message", "identifier", "name"} & vals.keys()
            and any(one.state != "draft" for one in self)
        ):
            raise UserError(self.env._("A request that was sent cannot be changed."))
        return super().write(vals)

    def _check_guarded(self, vals):
        if not self.env.su and (names := sorted(GUARDED_FIELDS & vals.keys())):
            raise UserError(self.env._("%s cannot be written by hand: sending and answering does.", ", ".join(names)))

    # Asking

    @api.model
    def _compose(self, identifier, name, lead, is_member=True):
        """A draft, or what was asked of this firm before."""
        self.env["bizoverbiz.membership"]._check_group("sales_team.group_sale_salesman")
        if not is_member:
            raise UserError(
                self.env._("%s has not joined the network yet: it can be asked for a contact once it has.", name)
            )
        company = self.env.company.root_id
        known = self.search(
            [
                ("company_id", "=", company.id),
                ("side", "=", "sent"),
                ("identifier", "=", identifier),
                ("state", "!=", "declined"),
            ],
            limit=1,
        )
        request = known or self.create(
            {
                "identifier": identifier,
                "name": name,
                "lead_id": lead.id,
                "message": self.env._("We would like to do business with you. Whom may we talk to?"),
            }
        )
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "bizoverbiz_prospection.bizoverbiz_contact_request_sent_action"
        )
        return {**action, "views": [(False, "form")], "res_id": request.id, "context": {}}

    def action_send(self):
        """Send now; if the engine cannot be reached, the exchange does."""
        self.ensure_one()
        self.env["bizoverbiz.membership"]._check_group("sales_team.group_sale_salesman")
        self.check_access("write")
        if self.side != "sent" or self.state != "draft":
            raise UserError(self.env._("This request has been sent already."))
        request = self.sudo()
        request.write(
            {
                "state": "to_send",
                "asked_by": self.env.user.email or self.env.user.login,
                "idempotency_key": str(uuid.uuid4()),
            }
        )
        try:
            with self.env.cr.savepoint():
                request._send()
        except EngineUnavailable as error:
            return self.env["bizoverbiz.membership"]._notify(
                "warning", self.env._("%s The request is kept and sent by the next exchange.", error), sticky=True
            )
        return self.env["bizoverbiz.membership"]._notify("success", self.env._("%s has been asked.", self.name))

    def _send(self):
        answer = (
            self.env["bizoverbiz.membership"]
            ._of_company(self.company_id)
            ._request(
                "POST",
                "/v1/contact-requests",
                {"identifier": self.identifier, "message": self.message, "asked_by": self.asked_by},
                idempotency_key=self.idempotency_key,
            )
        )
        self._mirror(answer)

    # Answering

    def action_accept(self):
        """Give the contact to the firm that asked."""
        self.env["bizoverbiz.membership"]._check_group(MANAGER)
        self.ensure_one()
        if not (self.given_contact_id.email or self.given_contact_id.phone):
            raise UserError(self.env._("Choose a contact with an e-mail address or a telephone number first."))
        return self._answer("accept", self.env["bizoverbiz.profile"]._prepare_contact(self.given_contact_id))

    def action_decline(self):
        """Also afterwards: a contact that was given is taken back."""
        return self._answer("decline", None)

    def _answer(self, answer, contact):
        self.env["bizoverbiz.membership"]._check_group(MANAGER)
        self.ensure_one()
        self.check_access("write")
        if self.side != "received":
            raise UserError(self.env._("Only a request that was received can be answered."))
        request = self.sudo()
        told = (
            request.env["bizoverbiz.membership"]
            ._of_company(self.company_id)
            ._request(
                "PUT",
                f"/v1/contact-requests/{self.uuid}/answer",
                {"answer": answer, "answered_by": self.env.user.email or self.env.user.login, "contact": contact},
                idempotency_key=str(uuid.uuid4()),
            )
        )
        request._mirror(told)
        request.answered_by = self.env.user.email or self.env.user.login
        request.activity_feedback([ACTIVITY])

    # Exchanging

    @api.model
    def _exchange(self, membership, profile):
        """Send what waits, and fetch both sides' requests as long as there can be any. Runs with sudo."""
        own = self.search([("company_id", "=", membership.company_id.id)])
        for request in own.filtered(lambda one: one.state == "to_send"):
            try:
                with self.env.cr.savepoint():
                    request._send()
            except EngineRefused as error:
                request.state = "draft"
                request.message_post(body=self.env._("Not sent: %s", error))
        if profile.state == "published" or any(one.side == "received" and one.state == "open" for one in own):
            self._fetch(membership, profile, "received")
        if any(one.side == "sent" and one.uuid for one in own):
            self._fetch(membership, profile, "sent")

    @api.model
    def _fetch(self, membership, profile, side):
        """Mirror one side's list; what is not listed any more has passed its term with the engine and goes here too."""
        known = self.search([("company_id", "=", membership.company_id.id), ("side", "=", side), ("uuid", "!=", False)])
        by_uuid = {request.uuid: request for request in known}
        params = {"side": side, "limit": 100}
        while True:
            answer = membership._request("GET", "/v1/contact-requests", params=params)
            for item in answer["contact_requests"]:
                if request := by_uuid.pop(item["id"], None):
                    request._mirror(item)
                elif side == "received":
                    self._receive(membership, profile, item)
            if not answer.get("next"):
                break
            params["after"] = answer["next"]
        self.union(*by_uuid.values()).unlink()

    @api.model
    def _receive(self, membership, profile, item):
        request = self.create(
            {
                "company_id": membership.company_id.id,
                "side": "received",
                "user_id": False,
                "identifier": item["counterpart"],
                "name": item.get("counterpart_name") or item["counterpart"],
                "message": item.get("message") or "",
                "asked_by": item.get("asked_by"),
                "given_contact_id": profile.contact_id.id,
            }
        )
        request._mirror(item)
        if request.state == "open":
            for user in profile._managers():
                request.activity_schedule(
                    ACTIVITY,
                    user_id=user.id,
                    note=self.env._("%s asks for a contact. Accept or decline.", request.name),
                )

    def _mirror(self, item):
        """Take over what the engine says of this request; a contact it does not give any more is forgotten here too."""
        self.ensure_one()
        utc = self.env["res.company"]._bizoverbiz_utc
        contact = item.get("contact") or {}
        before = self.state
        values = {
            "uuid": item["id"],
            "state": STATES.get(item.get("state"), self.state),
            "asked_at": utc(item.get("asked_at")),
            "answered_at": utc(item.get("answered_at")),
            "contact_name": contact.get("name") or False,
            "contact_email": contact.get("email") or False,
            "contact_phone": contact.get("phone") or False,
        }
        taken_back = {name: self[name] for name in ("contact_name", "contact_email", "contact_phone") if self[name]}
        self.write({name: value for name, value in values.items() if self[name] != value})
        if self.side == "sent" and contact:
            self.lead_id._bizoverbiz_take_contact(self)
        elif self.side == "sent" and taken_back:
            self.lead_id._bizoverbiz_forget_contact(taken_back)
        if self.side == "sent" and self.state != before and self.state in ("accepted", "declined"):
            self._tell_asker()

    def _tell_asker(self):
        words = {
            "accepted": self.env._("%s has accepted: its contact is shown here and on the lead.", self.name),
            "declined": self.env._("%s has declined.", self.name),
        }
        self.message_post(
            body=words[self.state],
            partner_ids=self.user_id.partner_id.ids,
            message_type="notification",
            subtype_xmlid="mail.mt_comment",
        )
