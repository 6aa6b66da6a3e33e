import logging

from odoo import api, fields, models
from odoo.fields import Domain
from psycopg2 import OperationalError

from .bizoverbiz_open_invoice import SIDES

_logger = logging.getLogger(__name__)

#: Where a transaction keeps what it has changed in the books, until it ends.
WATCHED = "bizoverbiz_compensation.watched"


# pylint: disable=consider-merging-classes-inherited; lowering is a matter of its own
class BizoverbizStatement(models.Model):
    """Approvals that the books no longer support are lowered: the invoice was paid, credited, undone or disputed.

    This happens at the end of the transaction that changes the books, and again at each exchange, should something have
    escaped the first. Nothing is sent from that transaction: a lowering cannot be taken back, a transaction can.
    """

    _inherit = "bizoverbiz.statement"

    notice_ids = fields.One2many("bizoverbiz.notice", "statement_id", "Notices", readonly=True)

    @api.model
    def _watch(self, records):
        """Look at the approvals of these partners once the transaction ends, however often it touches them.

        :param records: journal items, entries or payments that were posted, reconciled, undone or disputed
        """
        precommit = self.env.cr.precommit
        if WATCHED not in precommit.data:
            precommit.data[WATCHED] = {}
            precommit.add(self.sudo()._lower_watched)
        precommit.data[WATCHED].setdefault(records._name, set()).update(records.ids)

    def _lower_watched(self):
        """A failure here must not take back a payment: the next exchange lowers what this did not."""
        watched = self.env.cr.precommit.data.pop(WATCHED, {})
        lines = self._lines_approved(Domain.TRUE)
        if not lines:
            return
        try:
            with self.env.cr.savepoint():
                partners = self._watched_partners(watched)
                lines = lines.filtered(lambda line: line.move_id.commercial_partner_id in partners)
                beyond = lines.browse(line.id for line in lines._beyond_books())
                for membership, concerned in beyond.grouped(lambda line: line.statement_id.membership_id).items():
                    # An exchange that runs elsewhere is not disturbed: the one triggered after it lowers.
                    if membership.try_lock_for_update(allow_referencing=True):
                        self._lower(concerned)
                    membership._trigger_exchange()
        except OperationalError:
            raise
        except Exception:
            _logger.exception("Approvals could not be lowered; the next exchange does it")

    @api.model
    def _watched_partners(self, watched):
        """Commercial partners whose invoices the changes may concern."""
        watched = {name: self.env[name].sudo().browse(ids).exists() for name, ids in watched.items()}
        items = watched.get("account.move.line", self.env["account.move.line"].sudo())
        moves = watched.get("account.move", self.env["account.move"].sudo())
        payments = watched.get("account.payment", self.env["account.payment"].sudo())
        items |= moves.line_ids.filtered(lambda item: item.account_type in SIDES)
        moves |= items.move_id | payments.invoice_ids
        return (items.partner_id | moves.partner_id | payments.partner_id).commercial_partner_id

    @api.model
    def _lines_approved(self, domain):
        """Lines whose approval may still be lowered: what a notice has decided already is past that."""
        return self.env["bizoverbiz.statement.line"].search(
            Domain(
                [
                    ("statement_id.answer", "=", "approve"),
                    ("statement_id.state", "in", ("proposed", "approved")),
                    ("statement_id.kind", "=", "netting"),
                    ("statement_id.notice_ids", "=", False),
                    ("approved", ">", 0),
                    ("left_open", "=", False),
                    ("move_id", "!=", False),
                ]
            )
            & domain
        )

    @api.model
    def _lower_approvals(self, membership):
        """The step of an exchange."""
        self._lower(self._lines_approved(Domain("statement_id.membership_id", "=", membership.id)))

    @api.model
    def _lower(self, lines):
        """Lower lines to what the books support, and keep the lower answers to be sent."""
        lowered = lines._beyond_books()
        for line, amount in lowered.items():
            line.approved = amount
        for statement, concerned in lines.browse(line.id for line in lowered).grouped("statement_id").items():
            statement._store_answer("approve")
            statement.message_post(
                body=self.env._(
                    "Approval lowered to what is still open and undisputed: %(invoices)s.",
                    invoices=", ".join(concerned.mapped("number")),
                )
            )
