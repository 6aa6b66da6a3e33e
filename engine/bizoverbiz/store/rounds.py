"""The row of a round."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from psycopg2.errors import UniqueViolation

from bizoverbiz.errors import IllegalStepError, NotFoundError
from bizoverbiz.store.database import Transaction

_STEP_VALUES = ("frozen_at", "proposed_at", "deadline", "decided_at", "ended_at", "root", "audit_head")


def insert(
    tx: Transaction,
    *,
    approval_hours: int,
    options: str,
    now: datetime,
    cut_at: datetime | None = None,
    state: str = "collection",
    reverses: int | None = None,
) -> int:
    """A new round under the next number; one that names a round it `reverses` is a reversal."""
    tx.one("round_number_lock")
    try:
        row = tx.one(
            "round_insert",
            state=state,
            kind="netting" if reverses is None else "reversal",
            reverses=reverses,
            approval_hours=approval_hours,
            options=options,
            now=now,
            cut_at=cut_at,
        )
    except UniqueViolation:
        raise IllegalStepError("a round is open already: cut it off or abandon it before opening the next") from None
    return int(row.number)


def get(tx: Transaction, number: int) -> Any:
    return _found(tx.one("round_get", round=number), number)


def lock(tx: Transaction, number: int) -> Any:
    """The round, held until the transaction ends, so that no two workers take a step at once."""
    return _found(tx.one("round_lock", round=number), number)


def step(tx: Transaction, number: int, state: str, **values: Any) -> None:
    tx.run("round_update", round=number, state=state, **dict.fromkeys(_STEP_VALUES) | values)


def _found(row: Any, number: int) -> Any:
    if row is None:
        raise NotFoundError(f"there is no round {number}")
    return row
