from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from ..exceptions import EngineRefused
from ..tools import keys
from ..tools.http_signature import HttpSignature

#: Written by joining, exchanging and disconnecting only.
GUARDED_FIELDS = frozenset(
    {
        "company_id",
        "state",
        "identifier",
        "engine_url",
        "network_name",
        "agreement",
        "agreement_to_accept",
        "agreement_from",
        "agreement_sha256",
        "member_uuid",
        "member_status",
        "keyid",
        "private_key",
        "next_private_key",
        "next_keyid",
        "key_changed_at",
        "engine_keys",
        "database_uuid",
        "lineage_previous",
        "lineage_current",
        "lineage_next",
        "lineage_transaction",
        "in_doubt_since",
        "invitation_digest",
        "known_members",
        "known_members_at",
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
        [
            ("active", "Active"),
            ("suspended", "Suspended"),
            ("insolvent", "In insolvency proceedings"),
            ("agreement", "Agreement not accepted"),
            ("left", "Left"),
        ],
        readonly=True,
        copy=False,
        tracking=True,
        help="Unless it is active, the member's debts and receivables are left out of the rounds.",
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
            membership.display_name = " – ".join(filter(None, (membership.company_id.name, membership.network_name)))

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
                    "%(fields)s cannot be written by hand: joining the network and exchanging with it does.",
                    fields=", ".join(names),
                )
            )

    def _request(
        self,
        method,
        path,
        payload=None,
        params=None,
        idempotency_key=None,
        timeout=(5, 60),
        expected=(),
        if_match=None,
    ):
        """Call the engine in the member's name.

        :param str path: below the engine's address, with its slash, e.g. ``/v1/member``
        :param payload: JSON object to send, or None
        :param params: query parameters, as ``requests`` takes them
        :param str idempotency_key: for every write: the same one when the same request is tried again
        :param timeout: seconds to connect and seconds between two bytes
        :param expected: slugs of refusals that are an answer like any other, not worth a line in the log
        :param str if_match: the version that is to be changed: the ``etag`` of the answer that told it
        :return: the JSON object answered, with its ``etag``
        :rtype: dict
        :raises EngineUnavailable: if it is unknown whether the request was carried out
        :raises EngineRefused: if the engine refused it, or if this database is a copy of the one that joined
        :raises UserError: if the firm is not joined
        """
        self.ensure_one()
        membership = self.sudo()
        if membership.state != "joined":
            raise UserError(self.env._("%s takes part in no network: join one first.", membership.company_id.name))
        if not membership._is_live():
            raise EngineRefused(self._silence(), status=409, slug="not-the-live-copy")
        answer = self.env["bizoverbiz.engine"]._call(
            method,
            membership.engine_url + path,
            auth=membership._signature(membership.database_uuid, membership._lineage_mark()),
            payload=payload,
            params=params,
            idempotency_key=idempotency_key,
            if_match=if_match,
            timeout=timeout,
            expected=expected,
        )
        if method != "GET" and self.env.context.get("bizoverbiz_exchange"):
            membership._continue_lineage()
        return answer

    def _signature(self, database, lineage=None):
        return HttpSignature(keys.load_private_key(self.private_key), self.keyid, database, lineage)

    def _current_database(self):
        return self.env["ir.config_parameter"].sudo().get_param("database.uuid")

    def _is_live(self):
        """Whether this is the database that joined, and no copy of it."""
        return self.database_uuid == self._current_database()

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
