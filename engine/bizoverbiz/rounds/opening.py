"""Opening a round, and the cut-off."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from bizoverbiz.errors import NotFoundError
from bizoverbiz.members import agreements
from bizoverbiz.rounds import audit, logged
from bizoverbiz.rounds.calendar import next_cut_off
from bizoverbiz.rounds.matching import match_changes
from bizoverbiz.rounds.options import NetworkOptions, network_options, read_options
from bizoverbiz.rounds.problem import FROZEN, commitments
from bizoverbiz.rounds.state import RoundState, check_step
from bizoverbiz.store import frames
from bizoverbiz.store import rounds as store
from bizoverbiz.store.database import Transaction


def open_round(
    tx: Transaction, *, now: datetime, approval_hours: int | None = None, cut_at: datetime | None = None
) -> int:
    """Open the next round with the network's options as they are now. Returns its number.

    `approval_hours`, if given, stands before the option; `cut_at` is when the worker cuts it off by itself.
    Raises `IllegalStepError` while another round still collects.
    """
    options = network_options(tx)
    if approval_hours is not None:
        options = options.model_copy(update={"approval_hours": approval_hours})
    number = store.insert(
        tx, approval_hours=options.approval_hours, options=options.model_dump_json(), now=now, cut_at=cut_at
    )
    body = {
        "approval_hours": options.approval_hours,
        "cut_at": audit.instant(cut_at) if cut_at else None,
        # Options name members and amounts, and this entry is said to all: the whole stands in the next one.
        "options": audit.digest(options.model_dump(mode="json")),
    }
    audit.record_opening(tx, number, body, now)
    return number


def open_by_calendar(tx: Transaction, *, now: datetime) -> int | None:
    """Open the round of the calendar's next date, unless a round collects already or the calendar is the operator.

    However many dates have passed meanwhile, it is the next one that counts.
    """
    cut_at = next_cut_off(network_options(tx).calendar, now)
    if cut_at is None or tx.all("rounds_in", states=[RoundState.COLLECTION]):
        return None
    return open_round(tx, now=now, cut_at=cut_at)


def collecting(tx: Transaction) -> int:
    """The number of the round that is collecting. Raises `NotFoundError`."""
    rounds = tx.all("rounds_in", states=[RoundState.COLLECTION])
    if not rounds:
        raise NotFoundError("no round is open: open one with `bizoverbiz round open`")
    return int(rounds[0].number)


def cut_off(tx: Transaction, number: int, *, now: datetime) -> int:
    """Match what is declared and freeze what the round's options let in and no live round has. Returns how many."""
    current = store.lock(tx, number)
    check_step(number, current.state, RoundState.FROZEN)
    agreements.put_in_force(tx, now=now)
    match_changes(tx, now)
    options = read_options(current.options)
    with frames.for_all(tx):
        count = tx.bulk(
            "lines_freeze",
            options.smallest_obligations(),
            round=number,
            last_due=last_due(options, now),
            commitments=options.commitments,
        )
    tx.run("problems_insert", round=number)
    store.step(tx, number, RoundState.FROZEN, frozen_at=now)
    lines = frames.read(tx, "lines_frozen", FROZEN, round=number)
    body = {
        "obligations": count,
        "commitments": int(commitments(lines).sum()),
        "ceilings": audit.digest(lines.rows()),
        "options": options.model_dump(mode="json"),
    }
    audit.record(tx, number, "frozen", body, now)
    return count


def cut_off_if_due(tx: Transaction, number: int, *, now: datetime) -> bool:
    """Cut off a round whose date on the calendar has come. Returns whether it was."""
    current = store.lock(tx, number)
    if current.state != RoundState.COLLECTION or current.cut_at is None or now < current.cut_at:
        return False
    cut_off(tx, number, now=now)
    return True


def last_due(options: NetworkOptions, now: datetime) -> date | None:
    """The last due date within the horizon of a cut-off now."""
    if options.horizon is None:
        return None
    return now.astimezone(UTC).date() + timedelta(days=options.horizon)


def abandon(tx: Transaction, number: int, *, now: datetime, reason: str | None = None) -> None:
    """Give a round up before its decision; its obligations are free for the next."""
    current = store.lock(tx, number)
    check_step(number, current.state, RoundState.ABANDONED)
    logged.answers(tx, number, now=now)
    tx.run("lines_release", round=number, currency=None)
    tx.run("statements_abandon", round=number)
    store.step(tx, number, RoundState.ABANDONED, ended_at=now)
    body = {"from": current.state} | ({"reason": reason} if reason else {})
    audit.record(tx, number, "abandoned", body, now)


def close_if_booked(tx: Transaction, number: int, *, now: datetime) -> bool:
    """Close a decided round once every notice is acknowledged. Returns whether it was."""
    current = store.lock(tx, number)
    if current.state != RoundState.DECIDED or tx.one("notices_open", round=number).count:
        return False
    store.step(tx, number, RoundState.CLOSED, ended_at=now)
    logged.bookings(tx, number, now=now)
    audit.record(tx, number, "closed", {}, now)
    return True
