"""A round as the operator sees it."""

from __future__ import annotations

from typing import Any

from bizoverbiz.rounds.audit import instant
from bizoverbiz.rounds.verifying import ViolationError, check_problem
from bizoverbiz.store import rounds as store
from bizoverbiz.store.database import Transaction


def describe_round(tx: Transaction, number: int) -> dict[str, Any]:
    """State, times, and for each currency the totals (minor units), the statements and the verified optimum."""
    current = store.get(tx, number)
    statements = tx.all("statements_of_round", round=number)
    lines = tx.all("lines", round=number)
    notices = tx.all("notices_of_round", round=number)
    discrepancies = {row.currency: row.count for row in tx.all("discrepancies_count")}
    times = ("opened_at", "frozen_at", "proposed_at", "deadline", "decided_at", "ended_at")
    return {
        "number": number,
        "state": current.state,
        **{name: instant(getattr(current, name)) if getattr(current, name) else None for name in times},
        "audit_head": current.audit_head,
        "discrepancies": sum(discrepancies.values()),
        "currencies": [
            {
                "currency": problem.currency,
                "obligations": sum(line.currency == problem.currency for line in lines),
                "matched": problem.matched,
                "proposed": problem.proposed,
                "set_off": problem.set_off,
                "remaining": None if problem.set_off is None else problem.matched - problem.set_off,
                "discrepancies": discrepancies.get(problem.currency, 0),
                "optimum_verified": _verified(problem, [line for line in lines if line.currency == problem.currency]),
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


def _verified(problem: Any, lines: list[Any]) -> bool | None:
    """None before there is anything to verify."""
    if problem.proposed is None:
        return None
    try:
        check_problem(problem, lines)
    except ViolationError:
        return False
    return True
