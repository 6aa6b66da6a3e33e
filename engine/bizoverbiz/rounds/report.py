"""A round as the operator sees it."""

from __future__ import annotations

from datetime import UTC
from typing import Any

import polars as pl

from bizoverbiz.rounds.audit import instant
from bizoverbiz.rounds.checking import VERIFIABLE, ViolationError, check_problem
from bizoverbiz.rounds.options import read_options
from bizoverbiz.rounds.problem import by_currency
from bizoverbiz.store import frames
from bizoverbiz.store import rounds as store
from bizoverbiz.store.database import Transaction

_TIMES = ("opened_at", "cut_at", "frozen_at", "proposed_at", "deadline", "decided_at", "ended_at")


def describe_round(tx: Transaction, number: int) -> dict[str, Any]:
    """State, times, and for each currency the totals (minor units), the statements and the verified optimum."""
    current = store.get(tx, number)
    statements = tx.all("statements_of_round", round=number)
    lines = frames.read(tx, "lines_verifiable", VERIFIABLE, round=number)
    of_currency = dict(by_currency(lines))
    notices = tx.all("notices_of_round", round=number)
    discrepancies = {row.currency: row.count for row in tx.all("discrepancies_count")}
    return {
        "number": number,
        "kind": current.kind,
        "reverses": current.reverses,
        "state": current.state,
        **{name: instant(getattr(current, name)) if getattr(current, name) else None for name in _TIMES},
        "audit_head": current.audit_head,
        "discrepancies": sum(discrepancies.values()),
        "currencies": [
            {
                "currency": problem.currency,
                "obligations": of_currency.get(problem.currency, lines.clear()).height,
                "matched": problem.matched,
                "proposed": problem.proposed,
                "set_off": problem.set_off,
                "remaining": None if problem.set_off is None else problem.matched - problem.set_off,
                "discrepancies": discrepancies.get(problem.currency, 0),
                "optimum_verified": _verified(current, problem, of_currency.get(problem.currency, lines.clear())),
                **_gap(problem),
                "statements": [_statement(row) for row in statements if row.currency == problem.currency],
            }
            for problem in tx.all("problems", round=number)
        ],
        "notices": {
            "issued": len(notices),
            "acknowledged": sum(notice.acknowledged_at is not None for notice in notices),
        },
    }


def _statement(row: Any) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "member": row.identifier,
        "name": row.name,
        "state": row.state,
        "answered_by": row.answered_by,
        "answered_at": instant(row.answered_at) if row.answered_at else None,
        "reason": row.reason,
    }


def _gap(problem: Any) -> dict[str, Any]:
    """What no set-off can exceed, minor units, and whether the last solve reached it; None before there is one."""
    document = problem.decision_certificate or problem.proposal_certificate
    if document is None:
        return {"bound": None, "optimal": None}
    stages = [document, document.get("commitments", {})]
    total = sum(stage.get("total", 0) for stage in stages)
    bound = sum(stage.get("solver_bound", stage.get("total", 0)) for stage in stages)
    return {"bound": bound, "optimal": bound == total}


def _verified(current: Any, problem: Any, lines: pl.DataFrame) -> bool | None:
    """None before there is anything to verify."""
    if problem.proposed is None or current.kind == "reversal":
        return None
    try:
        on = current.frozen_at.astimezone(UTC).date()
        # The log, which says whether a round has stages at all, is for `verify_round`.
        check_problem(problem, lines, read_options(current.options), on=on, staged=False)
    except ViolationError:
        return False
    return True


def publish(tx: Transaction, number: int) -> dict[str, Any]:
    """A round as every member may see it: where it stands and its hashes, nobody's amounts. Raises `NotFoundError`."""
    current, last = store.get(tx, number), tx.one("audit_last", round=number)
    times = ("opened_at", "cut_at", "frozen_at", "proposed_at", "deadline", "decided_at", "ended_at")
    return {
        **{name: getattr(current, name) for name in ("number", "kind", "reverses", "state", "root", "audit_head")},
        **{name: instant(getattr(current, name)) if getattr(current, name) else None for name in times},
        "log_entries": last.seq,
        "log_head": last.hash,
    }
