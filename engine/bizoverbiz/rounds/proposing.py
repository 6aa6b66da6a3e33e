"""The proposal: what could be set off if everybody agreed."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import structlog

from bizoverbiz.netting import NettingError
from bizoverbiz.rounds import audit, logged
from bizoverbiz.rounds.mandates import approve_by_mandate
from bizoverbiz.rounds.options import read_options
from bizoverbiz.rounds.problem import LINE, Problem, Solution, by_currency, pose
from bizoverbiz.rounds.reminders import schedule
from bizoverbiz.rounds.solving import Outcome, Solve, solve_at_once
from bizoverbiz.rounds.state import RoundState, check_step
from bizoverbiz.store import frames
from bizoverbiz.store import rounds as store
from bizoverbiz.store.database import Transaction

_log = structlog.get_logger()


def propose(tx: Transaction, number: int, *, now: datetime, solve: Solve = solve_at_once) -> None:
    """Net a frozen round with the matched amounts as ceilings and give every member concerned its statement.

    A currency that cannot be netted holds up no other: its obligations are released for the next round, and the
    audit log says why.
    """
    current = store.lock(tx, number)
    check_step(number, current.state, RoundState.PROPOSED)
    options = read_options(current.options)
    lines = frames.read(tx, "lines_columns", LINE, round=number)
    on = current.frozen_at.astimezone(UTC).date()
    posed: dict[str, Problem | NettingError] = {}
    for currency, part in by_currency(lines):
        try:
            posed[currency] = pose(currency, part, options, on=on, ceiling="ceiling")
        except NettingError as error:
            posed[currency] = error
    proposed, totals = [], {}
    for currency, problem, outcome in solved(posed, solve):
        if problem is None or not isinstance(outcome, Solution):
            _release(tx, number, currency, outcome, now)
            continue
        proposed.append(problem.lines.select("id", amount=pl.Series(outcome.set_off)))
        _keep(tx, "problem_propose", number, currency, outcome)
        totals[currency] = {"proposed": outcome.total, "certificate": audit.digest(outcome.document)}
    with frames.for_all(tx):
        if proposed:
            frames.write(tx, "proposals", pl.concat(proposed))
            tx.run("lines_propose", round=number)
        statements = tx.run("statements_insert", round=number)
        tx.run("statement_lines_insert", round=number)
        logged.statements(tx, number, now=now)
    deadline = now + timedelta(hours=current.approval_hours)
    store.step(tx, number, RoundState.PROPOSED, proposed_at=now, deadline=deadline)
    audit.record(tx, number, "proposed", {"problems": totals, "statements": statements}, now)
    mandated = approve_by_mandate(tx, number, on=on, now=now)
    schedule(tx, number, options.reminder_hours, deadline=deadline, now=now)
    _log.info("proposed", round=number, statements=statements, mandated=mandated, currencies=len(totals))


def solved(posed: dict[str, Problem | NettingError], solve: Solve) -> list[tuple[str, Problem | None, Outcome]]:
    """Each currency with its problem and outcome; what could not even be posed has its reason for outcome."""
    problems = [problem for problem in posed.values() if isinstance(problem, Problem)]
    outcomes = dict(zip([problem.currency for problem in problems], solve(problems), strict=True))
    return [
        (currency, problem, outcomes[currency]) if isinstance(problem, Problem) else (currency, None, problem)
        for currency, problem in posed.items()
    ]


def _keep(tx: Transaction, query: str, number: int, currency: str, outcome: Solution) -> None:
    tx.run(query, round=number, currency=currency, total=outcome.total, certificate=json.dumps(outcome.document))


def _release(tx: Transaction, number: int, currency: str, reason: Any, now: datetime) -> None:
    _log.error("currency left out", round=number, currency=currency, error=type(reason).__name__)
    tx.run("lines_release", round=number, currency=currency)
    audit.record(tx, number, "released", {"currency": currency, "reason": str(reason)}, now)
