"""The worker: takes each round's next step when it is due, and matches what has changed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import structlog

from bizoverbiz.errors import EngineUnavailableError, IllegalStepError, MisconfiguredError
from bizoverbiz.members import agreements
from bizoverbiz.notices import SigningKey
from bizoverbiz.observing import metrics
from bizoverbiz.rounds.collection import match_changes
from bizoverbiz.rounds.deciding import decide
from bizoverbiz.rounds.opening import close_if_booked
from bizoverbiz.rounds.proposing import propose
from bizoverbiz.rounds.state import RoundState
from bizoverbiz.store.database import WORKER, Database, Transaction

_log = structlog.get_logger()
#: Seconds between two looks at the database; an idle look is three small queries.
PAUSE = 2.0
#: Seconds to wait after a failure: doubled each time, up to the limit.
_FIRST_WAIT, _LONGEST_WAIT = 1.0, 60.0
#: Six times as long as a request could still be accepted: clocks are set back, and cleaning up is not urgent.
_NONCES_KEPT = timedelta(hours=1)
_ANSWERS_KEPT = timedelta(days=30)

#: What is tried from each state; a metric's label.
_STEP_FROM = {RoundState.FROZEN: "propose", RoundState.PROPOSED: "decide", RoundState.DECIDED: "close"}

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
    rounds: list[Any] = []

    def look(tx: Transaction) -> None:
        tx.run("worker_look", now=clock(), keyid=_keyid(load_key))
        rounds.extend(_due(tx))

    def match(tx: Transaction) -> None:
        agreements.put_in_force(tx, now=clock())
        match_changes(tx)

    well = _attempt("match", "match", lambda: _in_transaction(store, match))
    well &= _attempt("look", "look", lambda: _in_transaction(store, look))
    for one in rounds:
        kind = _STEP_FROM[one.state]
        well &= _attempt(kind, f"round {one.number}", lambda: _advance(store, one.number, one.state, load_key, clock()))  # noqa: B023
    return _attempt("forget", "forget", lambda: _in_transaction(store, lambda tx: _forget(tx, clock()))) and well


def _keyid(load_key: Callable[[], SigningKey]) -> str | None:
    """What a decision would be signed with: readiness says in time that it could not be."""
    try:
        return load_key().keyid
    except MisconfiguredError as error:
        _log.error("no signing key", reason=str(error))
        return None


def _due(tx: Transaction) -> list[Any]:
    return tx.all("rounds_in", states=[RoundState.FROZEN, RoundState.PROPOSED, RoundState.DECIDED])


def _advance(store: Database, number: int, state: str, load_key: Callable[[], SigningKey], now: datetime) -> None:
    with store.transaction(WORKER) as tx:
        if state == RoundState.FROZEN:
            propose(tx, number, now=now)
        elif state == RoundState.PROPOSED:
            decide(tx, number, key=load_key(), now=now)
        else:
            close_if_booked(tx, number, now=now)


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
