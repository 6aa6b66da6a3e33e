"""Opening a round, and the cut-off."""

from __future__ import annotations

from datetime import datetime

from bizoverbiz.errors import NotFoundError
from bizoverbiz.members import agreements
from bizoverbiz.rounds import audit, logged
from bizoverbiz.rounds.collection import match_changes
from bizoverbiz.rounds.problem import frozen
from bizoverbiz.rounds.state import RoundState, check_step
from bizoverbiz.store import rounds as store
from bizoverbiz.store.database import Transaction


def open_round(tx: Transaction, *, approval_hours: int, now: datetime) -> int:
    """Open the next round; members have `approval_hours` to answer once it is proposed. Returns its number.

    Raises `IllegalStepError` while another round still collects.
    """
    number = store.insert(tx, approval_hours=approval_hours, now=now)
    audit.record_opening(tx, number, {"approval_hours": approval_hours}, now)
    return number


def collecting(tx: Transaction) -> int:
    """The number of the round that is collecting. Raises `NotFoundError`."""
    rounds = tx.all("rounds_in", states=[RoundState.COLLECTION])
    if not rounds:
        raise NotFoundError("no round is open: open one with `bizoverbiz round open`")
    return int(rounds[0].number)


def cut_off(tx: Transaction, number: int, *, now: datetime) -> int:
    """Match what is declared and freeze every matched obligation that is in no live round. Returns how many."""
    current = store.lock(tx, number)
    check_step(number, current.state, RoundState.FROZEN)
    agreements.put_in_force(tx, now=now)
    match_changes(tx)
    count = tx.run("lines_freeze", round=number)
    tx.run("problems_insert", round=number)
    store.step(tx, number, RoundState.FROZEN, frozen_at=now)
    lines = tx.all("lines", round=number)
    audit.record(tx, number, "frozen", {"obligations": count, "ceilings": audit.digest(frozen(lines))}, now)
    return count


def abandon(tx: Transaction, number: int, *, now: datetime) -> None:
    """Give a round up before its decision; its obligations are free for the next."""
    current = store.lock(tx, number)
    check_step(number, current.state, RoundState.ABANDONED)
    logged.answers(tx, number, now=now)
    tx.run("lines_release", round=number, currency=None)
    tx.run("statements_abandon", round=number)
    store.step(tx, number, RoundState.ABANDONED, ended_at=now)
    audit.record(tx, number, "abandoned", {"from": current.state}, now)


def close_if_booked(tx: Transaction, number: int, *, now: datetime) -> bool:
    """Close a decided round once every notice is acknowledged. Returns whether it was."""
    current = store.lock(tx, number)
    if current.state != RoundState.DECIDED or tx.one("notices_open", round=number).count:
        return False
    store.step(tx, number, RoundState.CLOSED, ended_at=now)
    logged.bookings(tx, number, now=now)
    audit.record(tx, number, "closed", {}, now)
    return True
