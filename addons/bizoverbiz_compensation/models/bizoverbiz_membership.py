import logging

from odoo import api, fields, models
from odoo.addons.bizoverbiz_network.exceptions import EngineRefused, EngineUnavailable
from odoo.exceptions import UserError
from psycopg2 import OperationalError

_logger = logging.getLogger(__name__)


class BizoverbizMembership(models.Model):
    _inherit = "bizoverbiz.membership"

    bizoverbiz_journal_id = fields.Many2one(
        "account.journal",
        "Set-off Journal",
        compute="_compute_bizoverbiz_journal_id",
        inverse="_inverse_bizoverbiz_journal_id",
        domain="[('type', '=', 'general'), ('company_id', '=', company_id)]",
        help="General journal of the entries that book notices. Created at the first booking if left empty.",
    )
    exchange_problems = fields.Text(readonly=True, copy=False)

    def _exchange(self):
        """Declare, answer, fetch and book, in the order of the protocol.

        A step that fails says so in ``exchange_problems`` and takes nothing back of the steps before it; what it did
        not finish is taken up again by the next exchange.
        """
        result = super()._exchange()
        problems = []
        for step in self._set_off_steps():
            problem, go_on = self._take_step(step)
            problems += [problem] if problem else []
            if not go_on:
                break
        self.exchange_problems = "\n".join(problems)
        return result

    def _take_step(self, step):
        """Take one step; only what nobody foresaw takes the step itself back, never the steps before it.

        :return: what went wrong or an empty string, and whether the next step makes sense
        """
        try:
            with self.env.cr.savepoint():
                try:
                    step(self)
                except EngineUnavailable as error:
                    return str(error), False
                except EngineRefused as error:
                    return str(error), True
        except OperationalError:
            raise
        except Exception as error:
            _logger.exception("A step of the exchange of %s failed", self.identifier)
            return self.env._("An unexpected error stopped one step: %(error)s", error=repr(error)), True
        return "", True

    @api.depends("company_id.bizoverbiz_journal_id")
    def _compute_bizoverbiz_journal_id(self):
        for membership in self:
            membership.bizoverbiz_journal_id = membership.company_id.bizoverbiz_journal_id

    def _inverse_bizoverbiz_journal_id(self):
        """With sudo: whoever administers the membership need not be allowed to change companies."""
        for membership in self:
            membership.company_id.sudo().bizoverbiz_journal_id = membership.bizoverbiz_journal_id

    @api.model
    def _prepare_membership(self, invitation):
        """Notices are numbered per network: the books of one network cannot go on with the numbers of another."""
        company = self.env.company.root_id
        membership = self.sudo().search([("company_id", "=", company.id)])
        if membership.network_name not in (False, invitation.network) and self.env["bizoverbiz.notice"].sudo().search(
            [("membership_id", "=", membership.id)], limit=1
        ):
            raise UserError(
                self.env._(
                    "%(company)s has notices of %(network)s in its books and cannot join %(other)s with them. Join "
                    "%(network)s again with a new invitation from its operator.",
                    company=company.name,
                    network=membership.network_name,
                    other=invitation.network,
                )
            )
        return super()._prepare_membership(invitation)

    def _exchange_safely(self):
        done = super()._exchange_safely()
        if done and self.exchange_problems:
            self.sudo().last_error = self.exchange_problems
            return False
        return done

    def _last_notice(self):
        return self.env["bizoverbiz.notice"].sudo()._last_booked(self)

    def _set_off_steps(self):
        statements = self.env["bizoverbiz.statement"].sudo()
        notices = self.env["bizoverbiz.notice"].sudo()
        mandates = self.env["bizoverbiz.mandate"].sudo()
        return (
            notices._acknowledge_booked,
            statements._lower_approvals,
            statements._send_pending,
            mandates._send_pending,
            statements._fetch_mandated,
            notices._fetch_and_book,
            self.env["bizoverbiz.declaration"].sudo()._declare,
            self.env["bizoverbiz.discrepancy"].sudo()._fetch,
            statements._fetch,
            self.env["bizoverbiz.round"].sudo()._fetch,
            self.env["bizoverbiz.preview"].sudo()._fetch,
        )

    def _moves_by_reference(self, references):
        """The member's own invoices behind the marks it put on declared lines.

        :param references: strings ``account.move,<id>``; others are ignored
        :return: dict of reference to invoice, bill or credit note of the legal entity or a branch
        """
        ids = {}
        for reference in references:
            model, _sep, number = (reference or "").partition(",")
            if model == "account.move" and number.isdecimal():
                ids[int(number)] = reference
        moves = (
            self.env["account.move"]
            .sudo()
            .search(
                [
                    ("id", "in", list(ids)),
                    ("company_id", "child_of", self.company_id.id),
                    ("move_type", "in", ("out_invoice", "in_invoice", "out_refund", "in_refund")),
                ]
            )
        )
        return {ids[move.id]: move for move in moves}

    def _invoice_of_line(self, line, currency, moves):
        """The invoice that a line of a statement or notice is about, if it really has that side, partner and currency.

        :param dict line: with ``reference``, ``side`` and ``counterpart``
        :param dict moves: result of ``_moves_by_reference``
        """
        move = moves.get(line.get("reference"), self.env["account.move"])
        fits = (
            move
            and move.is_inbound() == (line["side"] == "receivable")
            and move.currency_id == currency
            and move.commercial_partner_id._bizoverbiz_identifier() == line["counterpart"]
        )
        return move if fits else self.env["account.move"]

    def _partners_by_identifier(self, identifiers):
        """Commercial partners of this company's contacts behind identifiers: dict of identifier to one partner."""
        domain = [
            ("parent_id", "=", False),
            ("company_id", "in", (False, self.company_id.id)),
            ("bizoverbiz_identifier", "in", list(identifiers)),
        ]
        partners = self.env["res.partner"].sudo().search(domain, order="id desc")
        return {partner.bizoverbiz_identifier: partner for partner in partners}

    def _currency(self, code):
        return self.env["res.currency"].with_context(active_test=False).search([("name", "=", code)], limit=1)

    def _remind(self, record, activity_type, group, note, deadline=None):
        """Schedule an activity for everybody of a group who works for this company."""
        for user in self._users_with(group):
            record.activity_schedule(activity_type, date_deadline=deadline, note=note, user_id=user.id)
