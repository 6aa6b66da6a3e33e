import hashlib
import json
import logging

from odoo import api, fields, models
from odoo.exceptions import AccessError, LockError, UserError, ValidationError
from odoo.tools import split_every

from ..exceptions import EngineRefused, EngineUnavailable
from ..tools import keys
from ..tools.http_signature import HttpSignature

_logger = logging.getLogger(__name__)

#: Version of the framework agreement that this release of the addon asks its user to accept.
AGREEMENT = "2026-11"
#: Identifiers asked about in one call: the engine takes 500, but many reverse proxies cut a request line at 8 KiB.
MEMBERS_PER_CALL = 250
#: Written by joining, exchanging and disconnecting only.
GUARDED_FIELDS = frozenset(
    {
        "company_id",
        "state",
        "identifier",
        "engine_url",
        "network_name",
        "agreement",
        "member_uuid",
        "member_status",
        "keyid",
        "private_key",
        "engine_keys",
        "database_uuid",
        "invitation_digest",
        "last_exchange",
        "last_error",
    }
)


class BizoverbizMembership(models.Model):
    """What a legal entity needs to take part in a network: its identity there, its key, and the engine's.

    One per root company; its branches take part through it.
    """

    _name = "bizoverbiz.membership"
    _description = "Membership of a BizOverBiz Network"
    _inherit = ["mail.thread"]
    _mail_post_access = "read"

    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True, ondelete="restrict")
    state = fields.Selection(
        [("draft", "Not joined"), ("joined", "Joined"), ("disconnected", "Disconnected")],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        tracking=True,
    )
    identifier = fields.Char(
        readonly=True,
        copy=False,
        tracking=True,
        help="What the firm is known by in the network: its SIREN, or else its VAT number.",
    )
    engine_url = fields.Char("Engine Address", readonly=True, copy=False, tracking=True)
    network_name = fields.Char("Network", readonly=True, copy=False, tracking=True)
    agreement = fields.Char(
        "Agreement Version",
        readonly=True,
        copy=False,
        tracking=True,
        help="Version of the network's framework agreement that was accepted when joining.",
    )
    member_uuid = fields.Char("Member Number", readonly=True, copy=False)
    member_status = fields.Selection(
        [("active", "Active"), ("suspended", "Suspended")],
        readonly=True,
        copy=False,
        tracking=True,
        help="A suspended member's debts and receivables are left out of the rounds.",
    )
    keyid = fields.Char(
        "Key Thumbprint",
        readonly=True,
        copy=False,
        help="SHA-256 thumbprint (RFC 7638) of the public key with which this member signs.",
    )
    private_key = fields.Text(readonly=True, copy=False, groups="base.group_system", exportable=False)
    engine_keys = fields.Text(
        "Engine's Keys",
        readonly=True,
        copy=False,
        groups="base.group_system",
        help="The engine's public signing keys (JWK set), believed because the invitation names them.",
    )
    database_uuid = fields.Char(
        "Database",
        readonly=True,
        copy=False,
        help="The database that joined. A copy of it has another number and does not speak for this member.",
    )
    invitation_digest = fields.Char(readonly=True, copy=False, groups="base.group_system")
    last_exchange = fields.Datetime(readonly=True, copy=False)
    last_error = fields.Text(readonly=True, copy=False)

    _company_uniq = models.Constraint("unique (company_id)", "A company has one membership only.")

    @api.depends("company_id", "network_name")
    def _compute_display_name(self):
        for membership in self:
            membership.display_name = " – ".join(
                filter(None, (membership.company_id.name, membership.network_name))
            )

    @api.constrains("company_id")
    def _check_company_is_root(self):
        for membership in self:
            if membership.company_id.parent_id:
                raise ValidationError(
                    self.env._(
                        "%(branch)s is a branch: join with its legal entity %(root)s, all its branches then take part.",
                        branch=membership.company_id.name,
                        root=membership.company_id.root_id.name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_guarded(vals)
        memberships = super().create(vals_list)
        self.env["res.company"].invalidate_model(["bizoverbiz_membership_id"])
        return memberships

    def write(self, vals):
        self._check_guarded(vals)
        return super().write(vals)

    def _check_guarded(self, vals):
        if not self.env.su and (names := sorted(GUARDED_FIELDS & vals.keys())):
            raise AccessError(
                self.env._(
                    "%(fields)s cannot be written by hand: they follow from joining the network and exchanging with it.",
                    fields=", ".join(names),
                )
            )

    # Joining

    @api.model
    def prepare(self, invitation):
        """Keep a key pair for the current company's legal entity, made for this invitation. Nothing is sent.

        Once this call's transaction is committed, :meth:`join` with the same invitation survives a lost answer, a
        crash or a retried transaction: it always asks with the same key.

        :param str invitation: the string the network's operator gave, ``bob1.…``
        :return: id of the membership
        """
        self._check_group("bizoverbiz_network.group_administrator")
        return self._prepare_membership(self._parse_invitation(invitation)).id

    @api.model
    def join(self, invitation, agreement_accepted):
        """Join the current company's legal entity to the network that an invitation names.

        May be called again with the same invitation until it succeeds, and after that changes nothing.

        :param str invitation: the string the network's operator gave, ``bob1.…``
        :param bool agreement_accepted: the user accepts the network's framework agreement
        :return: id of the membership. If the engine gave no answer it is still in state ``draft``, ``last_error``
            tells why, and nothing is raised: that would roll back a key pair the engine may have accepted.
        :raises AccessError: if the user is no BizOverBiz administrator
        :raises EngineRefused: if the engine does not accept the invitation
        :raises UserError: if the invitation is damaged, the agreement is not accepted or the firm has no identifier
        """
        self._check_group("bizoverbiz_network.group_administrator")
        content = self._parse_invitation(invitation)
        if agreement_accepted is not True:
            raise UserError(self.env._("To join, accept the framework agreement of the network %s.", content.network))
        membership = self._prepare_membership(content)
        if membership.state == "draft":
            try:
                membership._join(content)
            except EngineUnavailable as error:
                membership.last_error = str(error)
        return membership.id

    @api.model
    def _parse_invitation(self, text):
        return self.env["bizoverbiz.engine"]._parse_invitation(text)

    @api.model
    def _prepare_membership(self, invitation):
        """The membership (with sudo) of the current root company, holding a key pair made for this invitation."""
        company = self.env.company.root_id
        membership = self.sudo().search([("company_id", "=", company.id)])
        digest = hashlib.sha256(invitation.secret.encode()).hexdigest()
        if membership.invitation_digest == digest and membership.private_key and membership.state != "disconnected":
            return membership
        if membership.state == "joined" and membership._is_live():
            raise UserError(
                self.env._(
                    "%(company)s is a member of %(network)s already. Disconnect it before it joins again.",
                    company=company.name,
                    network=membership.network_name,
                )
            )
        private_key = keys.new_private_key()
        values = {
            "state": "draft",
            "identifier": company._bizoverbiz_identifier(),
            "engine_url": invitation.url,
            "network_name": invitation.network,
            "private_key": private_key,
            "keyid": keys.thumbprint(keys.public_jwk(private_key)),
            "invitation_digest": digest,
            "engine_keys": False,
            "member_uuid": False,
            "member_status": False,
            "last_error": False,
        }
        if not membership:
            return self.sudo().create({"company_id": company.id, **values})
        membership.write(values)
        return membership

    def _join(self, invitation):
        """Believe the engine's keys that the invitation names, send ours, keep the answer."""
        engine = self.env["bizoverbiz.engine"]
        pinned = keys.pinned(engine._call("GET", f"{invitation.url}/v1/keys"), invitation.keys)
        if not pinned:
            raise UserError(
                self.env._(
                    "%(url)s does not show the keys that the invitation names, so it may not be the engine of "
                    "%(network)s. Nothing was sent to it. Ask the network's operator for a new invitation.",
                    url=invitation.url,
                    network=invitation.network,
                )
            )
        payload = self._prepare_join_payload(invitation)
        fingerprint = hashlib.sha256(json.dumps(payload, sort_keys=True).encode()).hexdigest()
        answer = engine._call(
            "POST",
            f"{invitation.url}/v1/members",
            payload=payload,
            auth=self._signature(payload["database"]),
            # The payload holds the public key: one key per key pair, and a corrected payload is another request.
            idempotency_key=f"join-{fingerprint}",
        )
        if not answer.get("member") or answer.get("keyid") != self.keyid:
            raise EngineUnavailable(
                self.env._("The engine at %s answered for another key than the one sent. Try again.", invitation.url)
            )
        self.write(
            {
                "state": "joined",
                "identifier": payload["identifier"],
                "network_name": answer.get("network") or invitation.network,
                "agreement": answer.get("agreement") or payload["agreement"],
                "member_uuid": answer["member"],
                "member_status": "active",
                "engine_keys": json.dumps({"keys": pinned}),
                "database_uuid": payload["database"],
                "last_error": False,
            }
        )

    def _prepare_join_payload(self, invitation):
        company = self.company_id
        identifier = company._bizoverbiz_identifier()
        if not identifier:
            raise UserError(
                self.env._(
                    "%(company)s cannot be identified: its Company ID is no valid SIREN or SIRET and its Tax ID is no "
                    "valid VAT number. Correct them on the company, then join.",
                    company=company.name,
                )
            )
        return {
            "invitation": invitation.secret,
            "identifier": identifier,
            "name": company.name,
            "country": company.country_id.code or ("FR" if identifier.isdigit() else identifier[:2]),
            "public_key": keys.public_jwk(self.private_key),
            "database": self._current_database(),
            "agreement": AGREEMENT,
        }

    # Talking to the engine

    def _request(self, method, path, payload=None, params=None, idempotency_key=None, timeout=(5, 60)):
        """Call the engine in the member's name.

        :param str path: below the engine's address, with its slash, e.g. ``/v1/member``
        :param payload: JSON object to send, or None
        :param params: query parameters, as ``requests`` takes them
        :param str idempotency_key: for every write: the same one when the same request is tried again
        :param timeout: seconds to connect and seconds between two bytes
        :return: the JSON object answered
        :rtype: dict
        :raises EngineUnavailable: if it is unknown whether the request was carried out
        :raises EngineRefused: if the engine refused it, or if this database is a copy of the one that joined
        :raises UserError: if the firm is not joined
        """
        self.ensure_one()
        membership = self.sudo()
        if membership.state != "joined":
            raise UserError(
                self.env._("%s takes part in no network: join one first.", membership.company_id.name)
            )
        if not membership._is_live():
            raise EngineRefused(
                self.env._(
                    "This database is a copy of the one with which %(company)s joined %(network)s. It does not speak "
                    "for the firm: work in the original, or, if this is the live one from now on, ask the network's "
                    "operator for a new invitation and join again.",
                    company=membership.company_id.name,
                    network=membership.network_name,
                ),
                status=409,
                slug="not-the-live-copy",
            )
        return self.env["bizoverbiz.engine"]._call(
            method,
            membership.engine_url + path,
            auth=membership._signature(membership.database_uuid),
            payload=payload,
            params=params,
            idempotency_key=idempotency_key,
            timeout=timeout,
        )

    def _signature(self, database):
        return HttpSignature(keys.load_private_key(self.private_key), self.keyid, database)

    def _current_database(self):
        return self.env["ir.config_parameter"].sudo().get_param("database.uuid")

    def _is_live(self):
        """Whether this is the database that joined, and no copy of it."""
        return self.database_uuid == self._current_database()

    def _members_among(self, identifiers):
        """Which of these firms are members of the network.

        :param identifiers: iterable of SIRENs and VAT numbers; empty ones are passed over
        :rtype: set[str]
        """
        wanted = {identifier for identifier in identifiers if identifier}
        members = set()
        for chunk in split_every(MEMBERS_PER_CALL, sorted(wanted)):
            answer = self._request("GET", "/v1/members", params=[("identifier", identifier) for identifier in chunk])
            members.update(answer.get("members", ()))
        return members & wanted

    # Exchanging

    def _exchange(self):
        """Bring both sides up to date; other addons extend it. Runs with sudo, in the membership's company.

        :raises EngineUnavailable, EngineRefused: what was done is rolled back and tried again at the next exchange
        """
        self.ensure_one()
        member = self._request("GET", "/v1/member")
        self.write(
            {
                "network_name": member.get("network") or self.network_name,
                "agreement": member.get("agreement") or self.agreement,
                "member_status": "suspended" if member.get("status") == "suspended" else "active",
            }
        )

    def _exchange_safely(self):
        """Exchange, or keep in ``last_error`` why the engine did not let us.

        :return: whether the exchange succeeded
        :rtype: bool
        :raises LockError: if an exchange of this membership is running elsewhere
        """
        self.ensure_one()
        membership = self.sudo().with_company(self.company_id)
        if not membership.try_lock_for_update(allow_referencing=True):
            raise LockError(
                self.env._("%s is exchanging with the network right now. Try again in a minute.", self.company_id.name)
            )
        try:
            with self.env.cr.savepoint():
                membership._exchange()
        except (EngineUnavailable, EngineRefused) as error:
            membership.last_error = str(error)
            return False
        membership.write({"last_exchange": fields.Datetime.now(), "last_error": False})
        return True

    @api.model
    def _cron_exchange(self):
        """Exchange for every joined membership; whatever happens to one, the others have their turn."""
        memberships = self.sudo().search([("state", "=", "joined")])
        cron = self.env["ir.cron"]
        cron._commit_progress(remaining=len(memberships))
        for membership in memberships:
            membership = membership.with_context(lang=membership.company_id.partner_id.lang)
            try:
                with self.env.cr.savepoint():
                    membership._exchange_safely()
            except LockError:
                _logger.info("Membership %s: an exchange is running already.", membership.id)
            except Exception as error:
                _logger.exception("Membership %s: the exchange failed.", membership.id)
                membership.last_error = (
                    str(error)
                    if isinstance(error, UserError)
                    else membership.env._("The exchange failed unexpectedly; the server's log says where.")
                )
            if not cron._commit_progress(1):
                break

    @api.model
    def _trigger_exchange(self):
        """Have the scheduled exchange run as soon as this transaction is committed."""
        self.env.ref("bizoverbiz_network.ir_cron_exchange").sudo()._trigger()

    # Buttons

    def action_join(self):
        return self.env["ir.actions.act_window"]._for_xml_id("bizoverbiz_network.bizoverbiz_join_action")

    def action_exchange(self):
        self._check_group("bizoverbiz_network.group_approver")
        self.check_access("read")
        if self._exchange_safely():
            return self._notify("success", self.env._("The exchange with %s succeeded.", self.network_name))
        return self._notify(
            "warning",
            self.env._("%s Nothing is lost: the exchange will be tried again.", self.last_error),
            sticky=True,
        )

    def action_test(self):
        self._check_group("bizoverbiz_network.group_approver")
        self.check_access("read")
        member = self._request("GET", "/v1/member")
        return self._notify(
            "success",
            self.env._(
                "%(network)s knows %(name)s as %(identifier)s.",
                network=member.get("network"),
                name=member.get("name"),
                identifier=member.get("identifier"),
            ),
        )

    def action_disconnect(self):
        """Stop speaking to the engine. The key is kept, so that the firm can be connected again."""
        self._check_group("bizoverbiz_network.group_administrator")
        self.check_access("write")
        self.sudo().filtered(lambda membership: membership.state == "joined").state = "disconnected"

    def action_reconnect(self):
        self._check_group("bizoverbiz_network.group_administrator")
        self.check_access("write")
        for membership in self.sudo().filtered(lambda membership: membership.state == "disconnected"):
            if not membership.private_key or not membership.member_uuid:
                raise UserError(
                    self.env._("%s has no key any more: join with a new invitation.", membership.company_id.name)
                )
            membership.state = "joined"

    def _check_group(self, group):
        if not self.env.su and not self.env.user.has_group(group):
            raise AccessError(
                self.env._(
                    "This takes the right %s, which a system administrator can give you.",
                    self.env.ref(group).sudo().full_name,
                )
            )

    def _notify(self, kind, message, sticky=False):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": kind,
                "message": message,
                "sticky": sticky,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }
