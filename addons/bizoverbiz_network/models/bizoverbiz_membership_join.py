import hashlib
import json

from odoo import api, models
from odoo.exceptions import UserError

from ..exceptions import EngineUnavailable
from ..tools import keys

#: Version of the framework agreement that is asked for until the network says that another one is in force.
AGREEMENT = "2026-11"


# pylint: disable=consider-merging-classes-inherited; joining and exchanging are long enough for a file each
class BizoverbizMembership(models.Model):
    _inherit = "bizoverbiz.membership"

    def action_join(self):
        self._check_group("bizoverbiz_network.group_administrator")
        self.ensure_one()
        return self.env["bizoverbiz.join"]._open(self.company_id)

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
    def join(self, invitation, agreement_accepted, agreement=AGREEMENT):
        """Join the current company's legal entity to the network that an invitation names.

        May be called again with the same invitation until it succeeds, and after that changes nothing.

        :param str invitation: the string the network's operator gave, ``bob1.…``
        :param bool agreement_accepted: the user accepts the network's framework agreement
        :param str agreement: the version that is accepted. If another one is in force, the refusal's ``problem`` names
            the versions that can be accepted (``acceptable``)
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
                membership._join(content, agreement)
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
            "agreement_to_accept": False,
            "next_private_key": False,
            "next_keyid": False,
            "lineage_previous": False,
            "lineage_current": False,
            **self._prepare_lineage(),
            "in_doubt_since": False,
            "last_error": False,
        }
        if not membership:
            return self.sudo().create({"company_id": company.id, **values})
        membership.write(values)
        return membership

    def _join(self, invitation, agreement):
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
        payload = self._prepare_join_payload(invitation, agreement)
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
        self._trigger_exchange()

    def _prepare_join_payload(self, invitation, agreement):
        company = self.company_id
        identifier = company._bizoverbiz_checked_identifier()
        return {
            "invitation": invitation.secret,
            "identifier": identifier,
            "name": company.name,
            "country": company.country_id.code or ("FR" if identifier.isdigit() else identifier[:2]),
            "public_key": keys.public_jwk(self.private_key),
            "database": self._current_database(),
            "agreement": agreement,
        }
