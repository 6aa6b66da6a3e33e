import logging

from odoo import api, fields, models
from odoo.exceptions import LockError, UserError

from ..exceptions import EngineRefused, EngineUnavailable

_logger = logging.getLogger(__name__)


class BizoverbizMembership(models.Model):
    _inherit = "bizoverbiz.membership"

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
                "member_status": self._standing(member),
                "in_doubt_since": self.company_id._bizoverbiz_utc(member.get("in_doubt_since")),
            }
        )
        self._fetch_agreements()

    def _standing(self, member):
        """Why the engine leaves the member out of the rounds, or ``active``."""
        if member.get("takes_part", member.get("status") == "active"):
            return "active"
        known = dict(self._fields["member_status"].selection)
        return next(
            (reason for reason in (member.get("absence"), member.get("status")) if reason in known), "suspended"
        )

    def _exchange_safely(self):
        """Exchange, or keep in ``last_error`` why the engine did not let us.

        :return: whether the exchange succeeded
        :rtype: bool
        :raises LockError: if an exchange of this membership is running elsewhere
        """
        self.ensure_one()
        membership = self.sudo().with_company(self.company_id).with_context(bizoverbiz_exchange=True)
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
