import logging
from dataclasses import dataclass

from markupsafe import Markup
from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_amount, format_date, split_every
from psycopg2 import OperationalError

from .bizoverbiz_notice import ACTIVITY, SQL_TRANSACTION

_logger = logging.getLogger(__name__)

#: Pairs reconciled at once where exchange entries arise: Odoo compares each pair with each of these entries.
FOREIGN_PAIRS = 100


class BookingBlockedError(UserError):
    """The books cannot take the entry now; a person has to do something first."""

    def __init__(self, message, obstacle):
        super().__init__(message)
        self.obstacle = obstacle


@dataclass
class EntryItem:
    """A journal item that a booking makes."""

    #: The notice's line it books.
    line: models.BaseModel
    #: The journal item whose account, partner and company it takes, or what else has these three.
    source: models.BaseModel
    #: Positive where it sets off, negative where it opens again; in the notice's currency.
    amount: float
    #: Journal items it is reconciled with.
    settles: models.BaseModel
    #: Reconciliations that have to go first.
    undoes: models.BaseModel


# pylint: disable=consider-merging-classes-inherited; receiving and booking are long enough for a file each
class BizoverbizNotice(models.Model):
    """Booking: one entry a company, debit suppliers, credit customers, no clearing account."""

    _inherit = "bizoverbiz.notice"

    obstacle = fields.Selection(
        [
            ("invoice", "Missing invoice"),
            ("lock", "Locked period"),
            ("branches", "Invoices of one branch against bills of another"),
            ("earlier", "Earlier notice not booked"),
            ("entry", "Entry that bears the notice's reference"),
            ("copy", "Not the live copy of the books"),
        ],
        readonly=True,
        help="What has to be done away with before the notice can be booked.",
    )
    in_legal_entity = fields.Boolean(
        "Booked in the Legal Entity",
        readonly=True,
        help="Invoices and bills of several branches are set off against each other by an entry of the legal entity.",
    )

    def action_book(self):
        """Try again what could not be booked, on behalf of the user, whose lock exceptions count."""
        self._check_may_book()
        return self._book_now(self.sudo())

    def action_book_in_legal_entity(self):
        """Book invoices of one branch against bills of another, on the user's explicit word."""
        self._check_may_book()
        notices = self.sudo().filtered(lambda notice: (notice.state, notice.obstacle) == ("blocked", "branches"))
        for notice in notices:
            notice.in_legal_entity = True
            notice.message_post(body=self.env._("To be booked in the legal entity, across its branches."))
        return self._book_now(notices)

    def _check_may_book(self):
        self.membership_id._check_group("bizoverbiz_network.group_approver")
        self.check_access("read")

    @api.model
    def _book_now(self, notices):
        for notice in notices.filtered(lambda notice: notice.state in ("received", "blocked")):
            notice._book_safely()
            notice.membership_id._trigger_exchange()
        return True

    def _book_safely(self):
        """Book in a savepoint of its own: a notice that cannot be booked takes no other one with it."""
        self.ensure_one()
        try:
            with self.env.cr.savepoint():
                self._book()
        except OperationalError:
            raise
        except BookingBlockedError as error:
            self._not_booked("blocked", str(error), error.obstacle)
        except UserError as error:
            self._not_booked("received", str(error))
        except Exception as error:
            _logger.exception("Booking %s failed", self.reference)
            self._not_booked("received", f"{type(error).__name__}: {error}")

    def _not_booked(self, state, reason, obstacle=False):
        if (self.state, self.error, self.obstacle) == (state, reason, obstacle):
            return
        self.write({"state": state, "error": reason, "obstacle": obstacle})
        self.message_post(body=reason)

    def _book(self):
        """Post the entries and reconcile them with the invoices.

        :raises BookingBlockedError: if an invoice is not found, a period is locked, a company does not balance,
            or this is not known to be the live copy of the books
        """
        self.ensure_one()
        if self.state not in ("received", "blocked"):
            return
        # Nobody but the booking ties an entry to a notice: the books contain it, whatever the state says.
        if not self.move_ids:
            self._check_live()
        if not self.move_ids and not self._take_over_entries():
            day = self.booking_date or self.decision_date
            entries = self._entries(self._prepare_items())
            self._check_locks(day, entries)
            self._post_documents(day)
            for company, items in entries.items():
                self._post_entry(company, day, items)
            self._settle(entries, day)
            self._check_dates(day, entries)
            self._flag_excess()
            self._tell_invoices()
        self._keep_original_with_entries()
        [(transaction,)] = self.env.execute_query(SQL_TRANSACTION)
        self.write({"state": "booked", "error": False, "obstacle": False, "booking_transaction": transaction})

    def _check_live(self):
        if silence := self.membership_id._silence():
            raise BookingBlockedError(silence, "copy")

    def _prepare_items(self):
        """What the entries consist of.

        :rtype: list[EntryItem]
        """
        items = []
        for line in self.line_ids:
            line._require_invoice()
            items += line._booking_items()
        return items

    def _post_documents(self, day):
        """Post what the booking itself issues, once the locks have let it pass; other addons extend it."""

    def _entries(self, items):
        """One entry a company, or one in the legal entity for the branches that do not balance by themselves.

        :return: dict of company to list[EntryItem]
        :raises BookingBlockedError: if a company does not balance and nobody has allowed to book across branches
        """
        entries = {}
        for item in items:
            entries.setdefault(item.source.company_id, []).append(item)
        differences = {
            company: sum(item.amount if item.line.side == "payable" else -item.amount for item in own)
            for company, own in entries.items()
        }
        crossing = [company for company, amount in differences.items() if not self.currency_id.is_zero(amount)]
        if not crossing:
            return entries
        if not self.in_legal_entity:
            raise BookingBlockedError(
                self.env._(
                    "The notice does not balance in %(company)s (difference %(amount)s): it clears invoices of one "
                    "branch against bills of another. An approver may have it booked by one entry of the legal entity "
                    "(Book in the Legal Entity).",
                    company=crossing[0].name,
                    amount=format_amount(self.env, differences[crossing[0]], self.currency_id),
                ),
                "branches",
            )
        joint = [item for company in {*crossing, self.company_id} for item in entries.pop(company, ())]
        return {**entries, self.company_id: joint}

    # Entry

    def _post_entry(self, company, day, items):
        """Create and post the entry of one company."""
        items.sort(key=lambda item: (item.line.side, item.line.id))
        balances = self._company_balances(company, day, items)
        # Labels are in the language of the books, whoever books.
        notice = self.with_context(lang=company.root_id.partner_id.lang)
        lines = [
            {**notice._prepare_entry_line(item), "balance": balance, "sequence": sequence}
            for sequence, (item, balance) in enumerate(zip(items, balances, strict=True), start=1)
        ]
        self._create_entry(
            company, day, self.reference, lines, currency_id=self.currency_id.id, bizoverbiz_notice_id=self.id
        )

    def _create_entry(self, company, day, reference, lines, **values):
        """Post an entry in the company's set-off journal.

        :param list lines: values of its journal items
        """
        entry = (
            self.env["account.move"]
            .sudo()
            .with_company(company)
            .create(
                {
                    "move_type": "entry",
                    "company_id": company.id,
                    "journal_id": company._bizoverbiz_set_off_journal().id,
                    "date": day,
                    "ref": reference,
                    "line_ids": [Command.create(line) for line in lines],
                    **values,
                }
            )
        )
        entry._post(soft=False)
        return entry

    def _prepare_entry_line(self, item):
        return {
            "account_id": item.source.account_id.id,
            "partner_id": item.source.partner_id.id,
            "name": self._entry_label(item),
            "currency_id": self.currency_id.id,
            "amount_currency": item.amount if item.line.side == "payable" else -item.amount,
            "date_maturity": False,
            "bizoverbiz_notice_line_id": item.line.id,
            # A set-off is no cost and no revenue; analytic models by partner would otherwise count it as one.
            "analytic_distribution": False,
        }

    def _entry_label(self, item):
        """The invoice's number stands between a space and a comma: entries are recognised by it (_items_in)."""
        return self.env._("Set-off of %(number)s, decided on %(date)s", **self._prepare_label(item))

    def _prepare_label(self, item):
        return {"number": item.line.number, "date": format_date(self.env, self.decision_date)}

    def _company_balances(self, company, day, items):
        """Amounts in company currency at the day's rate, rounded so that both sides are equal to the cent.

        Each side's running total is converted, not each amount: the last line absorbs what rounding leaves.
        """
        running, converted, balances = {}, {}, []
        for item in items:
            side = item.line.side
            running[side] = running.get(side, 0.0) + item.amount
            total = self.currency_id._convert(running[side], company.currency_id, company, day)
            balance = company.currency_id.round(total - converted.get(side, 0.0))
            converted[side] = total
            balances.append(balance if side == "payable" else -balance)
        return balances

    # Reconciling

    def _settle(self, entries, day):
        """Reconcile each item of the entries with what it settles, pair by pair.

        Odoo makes the cash-basis entries of a plan pair by pair too. Here they are made for all pairs at once, by the
        same method: the number of queries then hardly depends on the number of lines.
        """
        pairs = []
        for company, items in entries.items():
            made = self.move_ids.filtered(lambda move, company=company: move.company_id == company).line_ids
            for item, mine in zip(items, made.sorted("sequence"), strict=True):
                if item.settles:
                    pairs.append(mine + item.settles)
        items = self.env["account.move.line"].sudo()
        size = len(pairs) if self.currency_id == self.company_id.currency_id else FOREIGN_PAIRS
        for some in split_every(size or 1, pairs, list):
            items.with_context(no_cash_basis=True)._reconcile_plan(some)
        both = items.concat(*pairs)
        partials = (both.matched_debit_ids | both.matched_credit_ids).filtered(
            lambda partial: partial.debit_move_id in both and partial.credit_move_id in both
        )
        taxed = partials.filtered(lambda partial: partial.company_id.tax_exigibility)
        taxed.sudo()._create_tax_cash_basis_moves()
        taxed.sudo()._set_draft_caba_move_vals()

    # Afterwards

    def _flag_excess(self):
        """Note what found nothing left to settle: it stays open on the partner's account."""
        for line in self.line_ids.filtered(lambda line: not line.currency_id.is_zero(line.excess)):
            self.message_post(body=self._excess_note(line))
        if not self.currency_id.is_zero(self.excess):
            self.membership_id._remind(
                self,
                ACTIVITY,
                "bizoverbiz_network.group_approver",
                self.env._("Some invoices had been settled otherwise in between: see what stays open, and settle it."),
            )

    def _excess_note(self, line):
        return self.env._(
            "%(invoice)s had been settled otherwise in between: %(amount)s stays open on the account of "
            "%(partner)s. Reconcile it with another invoice, or settle it by a refund.",
            invoice=line.number,
            amount=format_amount(self.env, line.excess, line.currency_id),
            partner=line.move_id.commercial_partner_id.name,
        )

    def _tell_invoices(self):
        """Say on each invoice what was set off on it, all of them in one batch."""
        links = {move: move._get_html_link() for move in self.move_ids}
        bodies = {}
        for line in self.line_ids.filtered("move_id"):
            note = self._invoice_note(line, links[line.item_ids.move_id[:1]])
            known = bodies.get(line.move_id.id)
            bodies[line.move_id.id] = known + Markup("<br/>") + note if known else note
        self.line_ids.move_id._message_log_batch(bodies=bodies)

    def _invoice_note(self, line, entry):
        return self.env._(
            "%(amount)s set off by %(notice)s, entry %(entry)s. Still open: %(open)s.",
            amount=format_amount(self.env, line.set_off, line.currency_id),
            notice=self.reference,
            entry=entry,
            open=format_amount(self.env, line.move_id.amount_residual, line.move_id.currency_id),
        )
