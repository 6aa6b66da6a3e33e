import json
import uuid
from datetime import datetime, timedelta

from odoo import api, fields, models
from odoo.addons.bizoverbiz_network.exceptions import EngineRefused, EngineUnavailable

from ..tools.mandate import is_within

#: The protocol's tolerance between the clocks of both sides.
CLOCKS_DIFFER = timedelta(minutes=5)


# pylint: disable=consider-merging-classes-inherited; giving and exchanging are long enough for a file each
class BizoverbizMandate(models.Model):
    """Mandates on their way to the network, and what comes back in their name."""

    _inherit = "bizoverbiz.mandate"

    sent_at = fields.Datetime(
        readonly=True, copy=False, help="When it was sent first: from then on the network may approve by it."
    )

    def _renew_key(self):
        self.idempotency_key = str(uuid.uuid4())

    def _send_or_tell(self):
        """Send what was stored; where the engine cannot be reached, the user learns that nothing is lost."""
        mandate = self.sudo()
        try:
            mandate._send()
        except EngineUnavailable:
            return self.membership_id._notify(
                "warning", self.env._("The network cannot be reached. This is kept and sent at the next exchange.")
            )
        return True

    @api.model
    def _send_pending(self, membership):
        """The last mandate to send takes the place of all before it; only without one is a mandate ended."""
        mine = [("membership_id", "=", membership.id)]
        pending = self.search([*mine, ("state", "=", "to_send")], limit=1)
        for mandate in pending or self.search([*mine, ("state", "=", "to_end")], limit=1):
            try:
                mandate._send()
            except EngineRefused as error:
                mandate._not_accepted(error)

    def _send(self):
        """:raises EngineUnavailable, EngineRefused: what was to be sent stays to be sent"""
        self.ensure_one()
        if self.state == "to_end":
            return self._send_end()
        self.sent_at = self.sent_at or fields.Datetime.now()
        self.membership_id._request(
            "PUT", "/v1/member/mandate", json.loads(self.payload), idempotency_key=self.idempotency_key
        )
        self.state = "in_force"
        before = self.search(
            [
                ("membership_id", "=", self.membership_id.id),
                ("state", "in", ("to_send", "in_force", "to_end")),
                ("id", "!=", self.id),
            ]
        )
        before.write({"state": "ended", "ended_by": self.given_by, "ended_at": fields.Datetime.now()})
        return None

    def _send_end(self):
        try:
            self.membership_id._request(
                "DELETE",
                "/v1/member/mandate",
                params={"ended_by": self.ended_by},
                idempotency_key=self.idempotency_key,
            )
        except EngineRefused as error:
            if error.slug != "not-found":
                raise
        self.write({"state": "ended", "ended_at": fields.Datetime.now()})

    def _not_accepted(self, error):
        """The engine said no for good: a mandate to give is a draft again, one to end is still in force."""
        giving = self.state == "to_send"
        self.write(
            {
                "state": "draft" if giving else "in_force",
                "sent_at": False if giving else self.sent_at,
                "first_approver_id": False,
                "first_approved_at": False,
                "error": str(error),
            }
        )
        self.message_post(body=self.env._("The network did not accept it: %(reason)s", reason=error))

    @api.model
    def _covering(self, membership, item):
        """The mandate given here by whose rules a statement may have been approved, if it is within them.

        :param dict item: a statement as the engine tells it
        """
        proposed_at = membership.company_id._bizoverbiz_utc(item["proposed_at"])
        candidates = self.search(
            [
                ("membership_id", "=", membership.id),
                ("sent_at", "!=", False),
                ("sent_at", "<=", proposed_at + CLOCKS_DIFFER),
                "|",
                ("ended_at", "=", False),
                ("ended_at", ">=", proposed_at - CLOCKS_DIFFER),
            ]
        )
        if not candidates:
            return candidates
        told = membership._request("GET", f"/v1/rounds/{item['round']}")
        cut_on = datetime.fromisoformat(told["frozen_at"] or item["proposed_at"]).date()
        return candidates.filtered(
            lambda mandate: (
                mandate.valid_until >= cut_on
                and is_within(json.loads(mandate.payload)["rules"], item["currency"], item["lines"], cut_on)
            )
        )[:1]
