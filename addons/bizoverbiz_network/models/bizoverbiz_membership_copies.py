import secrets

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

SQL_TRANSACTION = SQL("SELECT pg_current_xact_id()::text")


# pylint: disable=consider-merging-classes-inherited; joining, exchanging and copies are long enough for a file each
class BizoverbizMembership(models.Model):
    """How the engine tells this copy of the books from one that was restored or cloned under the same number.

    Every exchange bears a mark of two tokens, the last exchange's and its own. A token is used only once an earlier
    transaction has committed it, so that no crash can make these books forget what the engine has seen; the mark of an
    exchange that was rolled back is sent again by the next one.
    """

    _inherit = "bizoverbiz.membership"

    lineage_previous = fields.Char(readonly=True, copy=False, groups="base.group_system")
    lineage_current = fields.Char(readonly=True, copy=False, groups="base.group_system")
    lineage_next = fields.Char(readonly=True, copy=False, groups="base.group_system")
    lineage_transaction = fields.Char(readonly=True, copy=False, groups="base.group_system")
    in_doubt_since = fields.Datetime(
        readonly=True,
        copy=False,
        tracking=True,
        help="Two copies of this database have spoken for the firm. Until an administrator says which one is the live "
        "one, the network takes nothing from either.",
    )
    is_copy = fields.Boolean(
        compute="_compute_is_copy", help="This database is not the one that joined: it does not speak for the firm."
    )

    silence = fields.Text("Why It Is Read-only", compute="_compute_silence")

    @api.depends("state", "database_uuid")
    def _compute_is_copy(self):
        for membership in self.sudo():
            membership.is_copy = membership.state == "joined" and not membership._is_live()

    @api.depends("state", "database_uuid", "in_doubt_since")
    def _compute_silence(self):
        for membership in self:
            membership.silence = membership._silence()

    def _silence(self):
        """Why this database must neither approve nor book until an administrator has confirmed the live copy.

        :return: words for the user, or an empty string if it may
        """
        self.ensure_one()
        membership = self.sudo()
        if membership.state == "joined" and not membership._is_live():
            return self.env._(
                "This database is a copy of the one with which %(company)s joined %(network)s: it neither approves nor "
                "books. Work in the original, or, if this is the live one from now on, have a BizOverBiz administrator "
                "confirm it on the membership.",
                company=membership.company_id.name,
                network=membership.network_name,
            )
        if membership.in_doubt_since:
            return self.env._(
                "Two copies of this database have spoken for %s. Neither approves nor books until a BizOverBiz "
                "administrator has confirmed, on the membership, which one is live.",
                membership.company_id.name,
            )
        return ""

    def _lineage(self):
        """Previous and current token of the exchange going on, as the engine may be told; None if there is none yet."""
        if self.lineage_next and self.lineage_transaction != self._transaction():
            return self.lineage_current or "", self.lineage_next
        return (self.lineage_previous or "", self.lineage_current) if self.lineage_current else None

    def _lineage_mark(self):
        return ".".join(tokens) if (tokens := self._lineage()) else None

    def _continue_lineage(self):
        """The exchange's mark was taken: keep it, and have the next exchange's token committed with it.

        Only whoever holds the lock of the exchange does so; what else is sent meanwhile bears the same mark.
        """
        if self.lineage_next and self.lineage_transaction == self._transaction():
            return
        previous, current = self._lineage() or (False, False)
        self.write({"lineage_previous": previous, "lineage_current": current, **self._prepare_lineage()})

    def _prepare_lineage(self):
        return {"lineage_next": secrets.token_urlsafe(16), "lineage_transaction": self._transaction()}

    def _transaction(self):
        [[transaction]] = self.env.execute_query(SQL_TRANSACTION)
        return transaction

    def _last_notice(self):
        """Number of the last notice these books contain; the addon that books notices knows."""
        return 0

    def action_confirm_copy(self):
        """Say that this database is the live copy of the firm's books; every other copy is refused from then on.

        :raises AccessError: if the user is no BizOverBiz administrator
        :raises EngineUnavailable, EngineRefused, UserError:
        """
        self._check_group("bizoverbiz_network.group_administrator")
        self.check_access("write")
        self.ensure_one()
        membership = self.sudo()
        if membership.state != "joined":
            raise UserError(self.env._("%s takes part in no network: join one first.", membership.company_id.name))
        database = membership._current_database()
        answer = self.env["bizoverbiz.engine"]._call(
            "POST",
            f"{membership.engine_url}/v1/member/copy",
            auth=membership._signature(database, membership._lineage_mark()),
            payload={
                "answered_by": self.env.user.email or self.env.user.login,
                "last_notice": membership._last_notice(),
            },
            idempotency_key=f"copy-{secrets.token_urlsafe(16)}",
        )
        membership.write({"database_uuid": database, "in_doubt_since": False, "last_error": False})
        membership._continue_lineage()
        reopened = ", ".join(map(str, answer.get("reopened", ())))
        body = self.env._("This database was confirmed as the live copy of the firm's books.")
        if reopened:
            body += self.env._(" These notices were booked in another copy and are fetched again: %s.", reopened)
        membership.message_post(body=body)
        self._trigger_exchange()
        return self._notify(
            "success", self.env._("This database speaks for %s; every other copy is refused.", self.company_id.name)
        )
