import logging

from odoo import Command, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_amount, format_date
from psycopg2 import OperationalError

from .bizoverbiz_notice import SQL_TRANSACTION

_logger = logging.getLogger(__name__)


class BookingBlockedError(UserError):
    """The books cannot take the entry now; a person has to do something first."""


# pylint: disable=consider-merging-classes-inherited; receiving and booking are long enough for a file each
class BizoverbizNotice(models.Model):
    """Booking: one entry a company, debit suppliers, credit customers, no clearing account."""

    _inherit = "bizoverbiz.notice"

    def _book_safely(self):
        """Book in a savepoint of its own: a notice that cannot be booked takes no other one with it."""
        self.ensure_one()
        try:
            with self.env.cr.savepoint():
                self._book()
        except OperationalError:
            raise
        except BookingBlockedError as error:
            self._not_booked("blocked", str(error))
        except UserError as error:
            self._not_booked("received", str(error))
        except Exception as error:
            _logger.exception("Booking %s failed", self.reference)
            self._not_booked("received", f"{type(error).__name__}: {error}")

    def _not_booked(self, state, reason):
        if (self.state, self.error) == (state, reason):
            return
        self.write({"state": state, "error": reason})
        self.message_post(body=reason)

    def _book(self):
        """Post the entries and reconcile them with the invoices.

        :raises BookingBlockedError: if an invoice is not found, a period is locked, a company does not balance,
            or this is not known to be the live copy of the books
        """
        self.ensure_one()
        if self.state not in ("received", "blocked"):
            return
        if self.move_ids:
            # Nobody but this method ties an entry to a notice: the books contain it, whatever the state says.
            self.write({"state": "booked", "error": False})
            return
        if silence := self.membership_id._silence():
            raise BookingBlockedError(silence)
        day = self.booking_date or self.decision_date
        entries = self._prepare_entries()
        for company, lines in entries.items():
            self._check_locks(company, day, lines)
        pairs = []
        for company, lines in entries.items():
            pairs += self._post_entry(company, day, lines)
        open_pairs = [pair for pair in pairs if not pair[2].reconciled and pair[2].parent_state == "posted"]
        self.env["account.move.line"].sudo()._reconcile_plan([entry + term for _line, entry, term in open_pairs])
        [(transaction,)] = self.env.execute_query(SQL_TRANSACTION)
        self.write({"state": "booked", "error": False, "booking_transaction": transaction})
        self._flag_excess(pairs)
        self._tell_invoices()

    def _prepare_entries(self):
        """Set-offs by company: dict of company to list of (notice line, invoice's journal item, amount)."""
        entries = {}
        for line in self.line_ids:
            line.move_id = line.move_id or line._find_invoice()
            if not line.move_id:
                raise BookingBlockedError(
                    self.env._(
                        "Invoice %(number)s of %(partner)s is not in these books: post it with this number, partner "
                        "and currency, and exchange again.",
                        number=line.number,
                        partner=line.counterpart_name or line.counterpart,
                    )
                )
            company = line.move_id.company_id
            entries.setdefault(company, []).extend((line, term, amount) for term, amount in line._instalments())
        for company, lines in entries.items():
            difference = sum(amount if line.side == "payable" else -amount for line, _term, amount in lines)
            if not self.currency_id.is_zero(difference):
                raise BookingBlockedError(
                    self.env._(
                        "The notice does not balance in %(company)s (difference %(amount)s): it clears invoices of one "
                        "branch against bills of another. Enter the invoices of a round in one branch, or refuse such "
                        "lines in the next round.",
                        company=company.name,
                        amount=format_amount(self.env, difference, self.currency_id),
                    )
                )
        return entries

    # Locked periods

    def _lock_violations(self, company, day, lines):
        """Locks that the entry, its cash-basis tax entries or its exchange entries would violate: set of (date, field).

        Posting would silently move such entries to another date, hence the check before.
        """
        journal = company._bizoverbiz_set_off_journal()
        violated = set(company._get_violated_lock_dates(day, False, journal))
        for move in {line.move_id for line, _term, _amount in lines}:
            later = max(day, move.date)
            if move._collect_tax_cash_basis_values():
                violated |= set(company._get_violated_lock_dates(later, True, company.tax_cash_basis_journal_id))
            if move.currency_id != company.currency_id:
                violated |= set(company._get_violated_lock_dates(later, False, company.currency_exchange_journal_id))
        return violated

    def _check_locks(self, company, day, lines):
        if violated := self._lock_violations(company, day, lines):
            raise BookingBlockedError(
                self.env._(
                    "%(date)s is in a locked period of %(company)s: %(locks)s. Reopen it (a lock exception will do) "
                    "and exchange again, or book at the first open date; the notice keeps the day of the decision.",
                    date=format_date(self.env, day),
                    company=company.name,
                    locks=company._format_lock_dates(violated),
                )
            )

    def action_book_at_open_date(self):
        """Book a blocked notice on the first day no lock forbids, on the user's explicit word."""
        if not self.env.su and not self.env.user.has_group("bizoverbiz_network.group_approver"):
            raise AccessError(self.env._("Only a BizOverBiz approver may choose another booking date."))
        self.check_access("read")
        for notice in self.sudo().filtered(lambda notice: notice.state == "blocked"):
            day = notice.decision_date
            entries = notice._prepare_entries()
            while violated := set().union(
                *(notice._lock_violations(company, day, lines) for company, lines in entries.items())
            ):
                day = fields.Date.add(max(date for date, _field in violated), days=1)
            notice.booking_date = day if day != notice.decision_date else False
            notice.message_post(body=self.env._("To be booked on %(date)s.", date=format_date(self.env, day)))
            notice._book_safely()
            notice.membership_id._trigger_exchange()
        return True

    # Entry

    def _post_entry(self, company, day, lines):
        """Create and post the entry of one company.

        :return: list of (notice line, entry's journal item, invoice's journal item)
        """
        lines = sorted(lines, key=lambda line: line[0].side)
        balances = self._company_balances(company, day, lines)
        move = (
            self.env["account.move"]
            .sudo()
            .with_company(company)
            .create(
                {
                    "move_type": "entry",
                    "company_id": company.id,
                    "journal_id": company._bizoverbiz_set_off_journal().id,
                    "date": day,
                    "ref": self.reference,
                    "currency_id": self.currency_id.id,
                    "bizoverbiz_notice_id": self.id,
                    "line_ids": [
                        Command.create({**self._prepare_entry_line(*line), "balance": balance, "sequence": sequence})
                        for sequence, (line, balance) in enumerate(zip(lines, balances, strict=True), start=1)
                    ],
                }
            )
        )
        move._post(soft=False)
        if move.date != day:
            raise BookingBlockedError(
                self.env._(
                    "Odoo moved the entry from %(wanted)s to %(got)s: check the lock dates of %(company)s.",
                    wanted=format_date(self.env, day),
                    got=format_date(self.env, move.date),
                    company=company.name,
                )
            )
        items = move.line_ids.sorted("sequence")
        return [(line, item, term) for (line, term, _amount), item in zip(lines, items, strict=True)]

    def _prepare_entry_line(self, line, term, amount):
        return {
            "account_id": term.account_id.id,
            "partner_id": term.partner_id.id,
            "name": self.env._(
                "Set-off of %(number)s, decided on %(date)s",
                number=line.number,
                date=fields.Date.to_string(self.decision_date),
            ),
            "currency_id": self.currency_id.id,
            "amount_currency": amount if line.side == "payable" else -amount,
            "date_maturity": False,
        }

    def _company_balances(self, company, day, lines):
        """Amounts in company currency at the day's rate, rounded so that both sides are equal to the cent.

        Each side's running total is converted, not each amount: the last line absorbs what rounding leaves.
        """
        running, converted, balances = {}, {}, []
        for line, _term, amount in lines:
            running[line.side] = running.get(line.side, 0.0) + amount
            total = self.currency_id._convert(running[line.side], company.currency_id, company, day)
            balance = company.currency_id.round(total - converted.get(line.side, 0.0))
            converted[line.side] = total
            balances.append(balance if line.side == "payable" else -balance)
        return balances

    # Afterwards

    def _flag_excess(self, pairs):
        """Note what found nothing left to settle: it stays open on the partner's account."""
        for line, item, _term in pairs:
            line.excess += abs(item.amount_residual_currency)
        exceeding = self.line_ids.filtered(lambda line: not line.currency_id.is_zero(line.excess))
        self.excess = sum(exceeding.mapped("excess"))
        for line in exceeding:
            self.message_post(
                body=self.env._(
                    "%(invoice)s had been settled otherwise in between: %(amount)s stays open on the account of "
                    "%(partner)s. Reconcile it with another invoice, or settle it by a refund.",
                    invoice=line.number,
                    amount=format_amount(self.env, line.excess, line.currency_id),
                    partner=line.move_id.commercial_partner_id.name,
                )
            )

    def _tell_invoices(self):
        for line in self.line_ids:
            line.move_id.message_post(
                body=self.env._(
                    "%(amount)s set off by %(notice)s, entry %(entry)s. Still open: %(open)s.",
                    amount=format_amount(self.env, line.set_off, line.currency_id),
                    notice=self.reference,
                    entry=self.move_ids.filtered(
                        lambda move, line=line: move.company_id == line.move_id.company_id
                    )._get_html_link(),
                    open=format_amount(self.env, line.move_id.amount_residual, line.move_id.currency_id),
                )
            )
