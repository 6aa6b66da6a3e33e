import hashlib
import json

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

ADMINISTRATOR = "bizoverbiz_network.group_administrator"
#: Pages of versions looked at in one exchange: a network has a handful.
MAX_PAGES = 10


# pylint: disable=consider-merging-classes-inherited; joining, exchanging and agreements are long enough for a file each
class BizoverbizMembership(models.Model):
    """A new version of the framework agreement, and accepting it before it comes into force."""

    _inherit = "bizoverbiz.membership"

    agreement_to_accept = fields.Char(
        "New Agreement Version",
        readonly=True,
        copy=False,
        tracking=True,
        help="Version of the network's framework agreement that the firm has not accepted yet.",
    )
    agreement_from = fields.Date(
        "In Force From", readonly=True, copy=False, help="From 00:00 UTC of this day it is the one in force."
    )
    agreement_sha256 = fields.Char(
        "Hash of the Text", readonly=True, copy=False, help="SHA-256 of the version's text, if the operator gave it."
    )

    def _fetch_agreements(self):
        """Learn of a version to be accepted: the one in force goes before the next one."""
        known = self.agreement_to_accept
        versions = self._agreements()
        open_ones = [
            one
            for state in ("in-force", "next")
            for one in versions
            if one["state"] == state and not one["accepted_at"]
        ]
        version = open_ones[0] if open_ones else {}
        self.write(
            {
                "agreement_to_accept": version.get("version"),
                "agreement_from": version.get("in_force_from"),
                "agreement_sha256": version.get("sha256"),
            }
        )
        if version and version["version"] != known:
            self._tell_of_agreement()

    def _agreements(self):
        """All versions, in no particular order."""
        found, after = [], None
        for _page in range(MAX_PAGES):
            answer = self._request("GET", "/v1/agreements", params={"after": after} if after else None)
            found += answer.get("agreements", ())
            after = answer.get("next")
            if not after:
                break
        return found

    def _tell_of_agreement(self):
        """Ask the administrators, once for each version."""
        users = self.env.ref(ADMINISTRATOR).sudo().all_user_ids
        for user in users.filtered(lambda user: user.active and self.company_id in user.company_ids):
            membership = self.with_context(lang=user.lang)
            membership.message_notify(
                partner_ids=user.partner_id.ids,
                subject=membership.env._("New framework agreement of %(network)s", network=self.network_name),
                body=membership.env._(
                    "Version %(version)s of the framework agreement is in force from %(day)s. From then on the firm "
                    "takes part in no round until an administrator has accepted it.",
                    version=self.agreement_to_accept,
                    day=format_date(membership.env, self.agreement_from),
                ),
            )

    def action_open_agreement(self):
        self._check_group(ADMINISTRATOR)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Accept the framework agreement"),
            "res_model": "bizoverbiz.agreement",
            "view_mode": "form",
            "target": "new",
            "context": {"default_membership_id": self.id},
        }

    def accept_agreement(self, version):
        """Accept a version of the framework agreement in the firm's name.

        :param str version: the one the user has read, which has to be the one that is to be accepted
        :raises AccessError: if the user is no BizOverBiz administrator
        :raises EngineUnavailable, EngineRefused: nothing was accepted as far as is known; accept again
        :raises UserError: if another version is to be accepted by now
        """
        self._check_group(ADMINISTRATOR)
        self.check_access("write")
        self.ensure_one()
        membership = self.sudo()
        if version != membership.agreement_to_accept:
            raise UserError(
                self.env._(
                    "Version %(version)s is not the one to be accepted any more. Close this and look at the membership "
                    "again.",
                    version=version,
                )
            )
        payload = {"version": version, "answered_by": self.env.user.email or self.env.user.login}
        fingerprint = hashlib.sha256(json.dumps(payload, sort_keys=True).encode()).hexdigest()
        member = membership._request(
            "PUT", "/v1/member/agreement", payload=payload, idempotency_key=f"agreement-{fingerprint}"
        )
        membership.write(
            {
                "agreement": member.get("agreement") or membership.agreement,
                "member_status": membership._standing(member),
                "agreement_to_accept": False,
                "agreement_from": False,
                "agreement_sha256": False,
            }
        )
        membership.message_post(
            body=self.env._(
                "%(name)s accepted version %(version)s of the framework agreement for the firm.",
                name=self.env.user.name,
                version=version,
            )
        )
        self._trigger_exchange()
        return True
