from odoo import fields, models
from odoo.tools import format_date, format_list

from .bizoverbiz_notice_booking import BookingBlockedError


# pylint: disable=consider-merging-classes-inherited; the locks have a file of their own
class BizoverbizNotice(models.Model):
    """Locked periods: nothing moves silently.

    Odoo moves what it posts out of a locked period by itself. Every entry that a booking makes, the set-off and the
    cash-basis and exchange entries that follow from it, is therefore compared with the lock dates beforehand, and its
    date looked at afterwards.
    """

    _inherit = "bizoverbiz.notice"

    def _lock_violations(self, day, entries):
        """Locks that the booking would violate.

        :param entries: result of ``_entries``
        :rtype: set of (company, lock date, name of its field)
        """
        wanted = set()
        for company, items in entries.items():
            wanted.add((company, day, False, company._bizoverbiz_set_off_journal()))
            undone = {item.line.move_id for item in items if item.undoes}
            for move in {item.line.move_id for item in items if item.line.move_id}:
                # What follows from a reconciliation is dated with its later side; what is undone, with the booking.
                owner, days = move.company_id, {max(day, move.date)} | ({day} if move in undone else set())
                if move._collect_tax_cash_basis_values():
                    wanted |= {(owner, one, True, owner.tax_cash_basis_journal_id) for one in days}
                if move.currency_id != owner.currency_id:
                    wanted |= {(owner, one, False, owner.currency_exchange_journal_id) for one in days}
        return {
            (company, *lock)
            for company, date, has_tax, journal in wanted
            for lock in company._get_violated_lock_dates(date, has_tax, journal)
        }

    def _check_locks(self, day, entries):
        """:raises BookingBlockedError: naming the locks of each company"""
        violated = self._lock_violations(day, entries)
        if not violated:
            return
        locks = {}
        for company, date, field in violated:
            locks.setdefault(company, set()).add((date, field))
        raise BookingBlockedError(
            self.env._(
                "%(date)s is in a locked period: %(locks)s. Reopen it (a lock exception will do) and book again, or "
                "book at the first open date; the notice keeps the day of the decision.",
                date=format_date(self.env, day),
                locks=format_list(
                    self.env,
                    [f"{company.name}: {company._format_lock_dates(own)}" for company, own in locks.items()],
                ),
            ),
            "lock",
        )

    def action_book_at_open_date(self):
        """Book a blocked notice on the first day no lock forbids, on the user's explicit word."""
        self._check_may_book()
        notices = self.sudo().filtered(lambda notice: notice.state == "blocked")
        for notice in notices:
            day = notice._first_open_day()
            notice.booking_date = day if day != notice.decision_date else False
            notice.message_post(body=self.env._("To be booked on %(date)s.", date=format_date(self.env, day)))
        return self._book_now(notices)

    def _first_open_day(self):
        """The first day from the decision on that no lock forbids; what is prepared to find it out is not kept."""
        day = self.decision_date
        with self.env.cr.savepoint() as attempt:
            entries = self._entries(self._prepare_items())
            while violated := self._lock_violations(day, entries):
                day = fields.Date.add(max(date for _company, date, _field in violated), days=1)
            attempt.rollback()
        return day

    def _check_dates(self, day, entries):
        """:raises BookingBlockedError: if Odoo dated an entry otherwise than was checked"""
        invoices = {item.line.move_id for items in entries.values() for item in items if item.line.move_id}
        allowed = {day} | {max(day, move.date) for move in invoices}
        # In this transaction every later entry was made by this booking.
        later = self.env["account.move"].sudo().search([("id", ">=", min(self.move_ids.ids)), ("state", "=", "posted")])
        made = later.filtered(
            lambda move: (
                move.bizoverbiz_notice_id or move.tax_cash_basis_origin_move_id or move.exchange_diff_partial_ids
            )
        )
        for move in made | self.move_ids:
            if move.date not in allowed:
                raise BookingBlockedError(
                    self.env._(
                        "Odoo would date %(entry)s %(got)s instead of %(wanted)s: check the lock dates of %(company)s.",
                        entry=move.journal_id.name,
                        wanted=format_date(self.env, day),
                        got=format_date(self.env, move.date),
                        company=move.company_id.name,
                    ),
                    "lock",
                )
