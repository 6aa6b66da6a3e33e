"""A round of so many matched obligations, from cut-off to statements written: where the time goes."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from bizoverbiz.rounds import opening, solving
from bizoverbiz.rounds.matching import match_changes
from bizoverbiz.rounds.proposing import propose
from bizoverbiz.store.database import WORKER, Database, Transaction
from tests.robustness.stack import Stack

STEPS = ("match", "freeze", "read", "net", "write")


def measured(stack: Stack) -> dict[str, Any]:
    """Match, open, cut off and propose what the network holds. Seconds a step, and what came of it."""
    store = Database(stack.url("bench"))
    try:
        seconds = {"match": _timed(lambda: _transaction(store, lambda tx: match_changes(tx, now=_now())))}
        number = _transaction(store, lambda tx: opening.open_round(tx, approval_hours=72, now=_now()))
        seconds["freeze"] = _timed(lambda: _transaction(store, lambda tx: opening.cut_off(tx, number, now=_now())))
        seconds |= _propose(store, number)
        with store.transaction(WORKER) as tx:
            (problem,) = tx.all("problems", round=number)
            statements = len(tx.all("statements_of_round", round=number))
    finally:
        store.close()
    return {
        "seconds": {name: round(seconds[name], 3) for name in STEPS},
        "cut_off_to_statements": round(sum(seconds[name] for name in STEPS[1:]), 3),
        "matched": problem.matched,
        "proposed": problem.proposed,
        "statements": statements,
        "gigabytes": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2),
    }


def _propose(store: Database, number: int) -> dict[str, float]:
    """The proposal in its three parts: before, in and after the solver."""
    solves: list[tuple[float, float]] = []
    plain = solving.solve

    def timed(problem: Any) -> Any:
        began = time.perf_counter()
        outcome = plain(problem)
        solves.append((began, time.perf_counter()))
        return outcome

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(solving, "solve", timed)
        began = time.perf_counter()
        solving.outside(store, lambda tx, solve: propose(tx, number, now=_now(), solve=solve))
        ended = time.perf_counter()
    first, last = solves[0][0], solves[-1][1]
    return {"read": first - began, "net": last - first, "write": ended - last}


def _transaction(store: Database, work: Callable[[Transaction], Any]) -> Any:
    with store.transaction(WORKER) as tx:
        return work(tx)


def _timed(action: Callable[[], object]) -> float:
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def _now() -> datetime:
    return datetime.now(UTC)
