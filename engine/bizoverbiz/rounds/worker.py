"""The worker: takes each round's next step when it is due, and matches what has changed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import structlog

from bizoverbiz.directory import working
from bizoverbiz.errors import EngineUnavailableError, IllegalStepError, MisconfiguredError
from bizoverbiz.members import agreements
from bizoverbiz.notices import SigningKey
from bizoverbiz.observing import metrics
from bizoverbiz.rounds import logged
from bizoverbiz.rounds.deciding import decide
from bizoverbiz.rounds.matching import match_changes
from bizoverbiz.rounds.opening import close_if_booked, cut_off_if_due, open_by_calendar
from bizoverbiz.rounds.previewing import compute_if_due
from bizoverbiz.rounds.proposing import propose
from bizoverbiz.rounds.reminders import remind
from bizoverbiz.rounds.reversing import decide_reversal
from bizoverbiz.rounds.solving import Solve, claimed, outside
from bizoverbiz.rounds.state import RoundState
from bizoverbiz.store import rounds
from bizoverbiz.store.database import WORKER, Database, Transaction

_log = structlog.get_logger()
#: Seconds between two looks at the database; an idle look is a handful of small queries.
PAUSE = 2.0
#: Seconds to wait after a failure: doubled each time, up to the limit.
_FIRST_WAIT, _LONGEST_WAIT = 1.0, 60.0
#: Six times as long as a request could still be accepted: clocks are set back, and cleaning up is not urgent.
_NONCES_KEPT = timedelta(hours=1)
_ANSWERS_KEPT = timedelta(days=30)

#: What is tried from each state; a metric's label.
_STEP_FROM = {
    RoundState.COLLECTION: "cut off",
    RoundState.FROZEN: "propose",
    RoundState.PROPOSED: "decide",
    RoundState.DECIDED: "close",
}

Clock = Callable[[], datetime]


def run(store: Database, *, load_key: Callable[[], SigningKey], clock: Clock, stop: threading.Event) -> None:
    """Work until `stop` is set; whatever fails is tried again, ever less often while it keeps failing."""
    wait = _FIRST_WAIT
    _log.info("worker started")
    while not stop.is_set():
        if work_once(store, load_key=load_key, clock=clock):
            wait = _FIRST_WAIT
            stop.wait(PAUSE)
        else:
            stop.wait(wait)
            wait = min(2 * wait, _LONGEST_WAIT)


def work_once(store: Database, *, load_key: Callable[[], SigningKey], clock: Clock) -> bool:
    """Take every step that is due, each in its own transaction. Returns whether all went well.

    A step that fails leaves everything as it was and holds up no other round.
    """
    well = _attempt(
        "agreement", "agreement", lambda: _in_transaction(store, lambda tx: agreements.put_in_force(tx, now=clock()))
    )
    well &= _attempt("match", "match", lambda: _in_transaction(store, lambda tx: match_changes(tx, clock())))
    well &= _attempt(
        "calendar", "calendar", lambda: _in_transaction(store, lambda tx: open_by_calendar(tx, now=clock()))
    )
    due: list[Any] = []

    def look(tx: Transaction) -> None:
        tx.run("worker_look", now=clock(), keyid=_keyid(load_key))
        due.extend(tx.all("rounds_due", now=clock()))

    well &= _attempt("look", "look", lambda: _in_transaction(store, look))
    for one in due:
        kind = _STEP_FROM[one.state]
        well &= _attempt(kind, f"round {one.number}", lambda: _advance(store, one.number, one.state, load_key, clock()))  # noqa: B023
    well &= _attempt("answers", "answers", lambda: _for_each(store, "rounds_with_answers", _log_answers, clock()))
    well &= _attempt("remind", "remind", lambda: _for_each(store, "rounds_to_remind", _remind, clock()))
    well &= _attempt("preview", "preview", lambda: compute_if_due(store, now=clock()))
    well &= _attempt("directory", "directory", lambda: working.look(store, now=clock()))
    return _attempt("forget", "forget", lambda: _in_transaction(store, lambda tx: _forget(tx, clock()))) and well


def _keyid(load_key: Callable[[], SigningKey]) -> str | None:
    """What a decision would be signed with: readiness says in time that it could not be."""
    try:
        return load_key().keyid
    except MisconfiguredError as error:
        _log.error("no signing key", reason=str(error))
        return None


def _advance(store: Database, number: int, state: str, load_key: Callable[[], SigningKey], now: datetime) -> None:
    if state == RoundState.COLLECTION:
        _in_transaction(store, lambda tx: cut_off_if_due(tx, number, now=now))
        state = RoundState.FROZEN
    if state == RoundState.FROZEN:
        propose_round(store, number, now=now)
    elif state == RoundState.PROPOSED:
        decide_round(store, number, load_key=load_key, now=now)
    else:
        _in_transaction(store, lambda tx: close_if_booked(tx, number, now=now))


def propose_round(store: Database, number: int, *, now: datetime) -> None:
    """Propose a frozen round, with the solver outside the transaction. Raises `IllegalStepError`."""
    claimed(store, number, lambda: outside(store, lambda tx, solve: propose(tx, number, now=now, solve=solve)))


def decide_round(
    store: Database, number: int, *, load_key: Callable[[], SigningKey], now: datetime, early: bool = False
) -> bool:
    """Decide a round that is ripe, with the solver outside the transaction. Returns whether it was decided."""

    def step(tx: Transaction, solve: Solve) -> bool:
        if rounds.get(tx, number).kind == "reversal":
            return decide_reversal(tx, number, key=load_key(), now=now, early=early)
        return decide(tx, number, key=load_key(), now=now, early=early, solve=solve)

    return claimed(store, number, lambda: outside(store, step))


def _for_each(store: Database, query: str, step: Callable[[Transaction, int, datetime], None], now: datetime) -> None:
    """Take a step for each round that a query gives, each in its own transaction."""
    numbers: list[int] = []
    _in_transaction(store, lambda tx: numbers.extend(row.round for row in tx.all(query, now=now)))
    for number in numbers:
        _in_transaction(store, lambda tx: step(tx, number, now))  # noqa: B023


def _log_answers(tx: Transaction, number: int, now: datetime) -> None:
    rounds.lock(tx, number)
    logged.answers(tx, number, now=now)


def _remind(tx: Transaction, number: int, now: datetime) -> None:
    remind(tx, number, now=now)


def _attempt(kind: str, step: str, action: Callable[[], object]) -> bool:
    outcome = "failed"
    try:
        with metrics.stepping(kind):
            action()
        outcome = "done"
    except IllegalStepError as error:
        outcome = "taken"
        _log.info("step taken by another worker", step=step, reason=str(error))
    except (EngineUnavailableError, MisconfiguredError) as error:
        _log.error("step failed", step=step, error=type(error).__name__, reason=str(error))
    except Exception as error:
        # Whatever it is, the next look may find it gone, and the other rounds go on.
        _log.exception("step failed", step=step, error=type(error).__name__)
    metrics.steps.labels(kind, outcome).inc()
    return outcome != "failed"


def _in_transaction(store: Database, work: Callable[[Transaction], object]) -> None:
    with store.transaction(WORKER) as tx:
        work(tx)


def _forget(tx: Transaction, now: datetime) -> None:
    tx.run("nonces_forget", before=now - _NONCES_KEPT)
    tx.run("stored_answers_forget", before=now - _ANSWERS_KEPT)
    tx.run("request_counts_forget", before=now)
