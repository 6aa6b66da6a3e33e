"""What the worker does for the directory: learns words, counts appearances, computes bands, forgets what is old."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import groupby
from secrets import token_hex
from typing import Any

import structlog

from bizoverbiz.currencies import CURRENCIES
from bizoverbiz.directory import appearances, contacts
from bizoverbiz.directory.potential import Debts, bands, best
from bizoverbiz.store.database import WORKER, Database, Transaction

_log = structlog.get_logger()
#: Bands are computed for members that have searched within this time.
ASKED_WITHIN = timedelta(days=90)
#: Members whose bands are computed at one look, so that rounds wait for nothing.
MOST_MEMBERS = 5
#: Profiles whose words are learnt at one look, and words of which it is seen whether somebody still says them.
MOST_LEARNT = 2000
MOST_FORGOTTEN = 500
#: In a currency with fewer firms than this nothing is told: two of them could guess the third's books.
FEWEST_FIRMS = 5


def look(store: Database, *, now: datetime) -> None:
    """Take what is due, each in its own transaction."""
    with store.transaction(WORKER) as tx:
        learn(tx)
        appearances.count(tx, now=now)
        tx.run("contact_requests_forget", before=now - contacts.KEPT)
    while compute_some(store, now=now):
        pass


def learn(tx: Transaction) -> None:
    """Let words of new profiles be found in spite of slips of the pen, and forget some that nobody says any more."""
    if rows := tx.all("listings_unlearnt", most=MOST_LEARNT):
        tx.bulk("lexicon_learn", [{"said": _said(row)} for row in rows])
        tx.run("listings_learnt", ids=[row.id for row in rows])
        tx.run("lexicon_forget", most=MOST_FORGOTTEN)


def _said(row: Any) -> str:
    return " ".join([row.sells, row.buys, *row.shown["sells_keywords"], *row.shown["buys_keywords"]])


def compute_some(store: Database, *, now: datetime) -> bool:
    """Compute the bands of some members for the last closed round. Returns whether there were any."""
    with store.transaction(WORKER) as tx:
        wanted = tx.all("potential_wanted", since=now - ASKED_WITHIN, most=MOST_MEMBERS)
        if not wanted:
            return False
        tx.run("potential_salt_insert", salt=token_hex(32))
        salt = tx.one("potential_salt").salt
        others = [row.identifier for row in tx.all("potential_firms")]
        left = open_debts(tx, wanted[0].round)
        for row in wanted:
            found = best(bands(debts, row.identifier, others, salt=salt) for debts in left)
            tx.run("potential_forget", member=row.member_id)
            rows = [{"direction": way, "identifier": firm, "band": band} for (way, firm), band in found.items()]
            tx.bulk("potential_insert", rows, member=row.member_id)
            tx.run("potential_computed", member=row.member_id, round=row.round)
    _log.info("set-off potential computed", round=wanted[0].round, members=len(wanted))
    return True


def open_debts(tx: Transaction, round_number: int) -> list[Debts]:
    """What a round has left open, a currency each; without currencies of few firms."""
    rows = tx.all("potential_arcs", round=round_number)
    found = []
    for currency, some in groupby(rows, key=lambda row: row.currency):
        unit = 10 ** CURRENCIES[currency]
        debts = Debts.of(((row.debtor, row.creditor, int(row.amount)) for row in some), unit)
        if len(debts.firms) >= FEWEST_FIRMS:
            found.append(debts)
    return found
