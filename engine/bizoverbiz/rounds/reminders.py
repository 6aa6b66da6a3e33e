"""Reminders: who has not answered is told so, once at each hour before the deadline that the network has set.

A reminder is a row its member reads with its statements; nothing is sent.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from bizoverbiz.rounds import audit
from bizoverbiz.rounds.state import RoundState
from bizoverbiz.store import rounds as store
from bizoverbiz.store.database import Transaction


def schedule(tx: Transaction, number: int, hours: Iterable[int], *, deadline: datetime, now: datetime) -> None:
    """Plan the reminders of a round just proposed: those whose hour is not past already."""
    moments = sorted({deadline - timedelta(hours=one) for one in hours})
    planned = [{"due_at": moment.isoformat()} for moment in moments if moment > now]
    tx.bulk("reminders_plan", planned, round=number)


def remind(tx: Transaction, number: int, *, now: datetime) -> int:
    """Make the reminders that are due, one a statement however late they are. Returns how many."""
    current = store.lock(tx, number)
    if current.state != RoundState.PROPOSED or now >= current.deadline:
        return 0
    made = tx.run("reminders_make", round=number, now=now)
    if made:
        audit.record(tx, number, "reminded", {"statements": made}, now)
    return made
