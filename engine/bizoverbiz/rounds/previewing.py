"""Previews: about what each member would get if the round were cut off now.

Computed by the worker when it is time, never when a member asks, and told in two significant digits: who changes its
declarations and looks again sees no difference before the next day, and then a coarse one that everybody else's
changes are in, too.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import polars as pl
import structlog

from bizoverbiz.netting import NettingError
from bizoverbiz.rounds.audit import instant
from bizoverbiz.rounds.opening import last_due
from bizoverbiz.rounds.options import network_options
from bizoverbiz.rounds.problem import LINE, Problem, Solution, by_currency, pose, solve
from bizoverbiz.store import frames
from bizoverbiz.store.database import WORKER, Database, Transaction

_log = structlog.get_logger()


def preview(tx: Transaction, *, member: UUID) -> list[dict[str, Any]]:
    """What was last computed for a member, by currency."""
    return [
        {"currency": row.currency, "set_off": row.set_off, "computed_at": instant(row.computed_at)}
        for row in tx.all("preview_own", member=member)
    ]


def compute_if_due(store: Database, *, now: datetime) -> bool:
    """Compute every member's preview, unless one was computed lately. Returns whether it was.

    The time is taken first: of several workers one computes, and one that dies over it leaves the old preview for
    another day rather than trying without end.
    """
    with store.transaction(WORKER) as tx:
        if tx.one("network_options") is None:
            return False
        options = network_options(tx)
        before = now - timedelta(hours=options.preview.every_hours)
        if tx.one("preview_claim", now=now, before=before) is None:
            return False
        lines = frames.read_with(
            tx,
            "lines_matched",
            LINE,
            options.smallest_obligations(),
            last_due=last_due(options, now),
            commitments=options.commitments,
        )
    told: list[dict[str, Any]] = []
    for currency, part in by_currency(lines):
        try:
            problem = pose(currency, part, options, on=now.astimezone(UTC).date(), ceiling="ceiling")
            outcome = solve(problem)
        except NettingError as error:
            outcome = error
        if not isinstance(outcome, Solution):
            _log.error("no preview", currency=currency, error=type(outcome).__name__)
        elif len(problem.members) >= options.preview.members:
            told += _told(currency, problem, outcome)
    with store.transaction(WORKER) as tx:
        tx.run("previews_forget")
        tx.bulk("previews_insert", told, now=now)
    _log.info("previewed", currencies=lines["currency"].n_unique())
    return True


def _told(currency: str, problem: Problem, outcome: Solution) -> list[dict[str, Any]]:
    received = (
        problem.lines.select(pl.col("creditor").cast(pl.String), set_off=pl.Series(outcome.set_off))
        .group_by("creditor")
        .agg(pl.col("set_off").sum())
        .sort("creditor")
    )
    amounts = ((member, roughly(amount)) for member, amount in received.rows())
    return [{"member": member, "currency": currency, "set_off": amount} for member, amount in amounts if amount]


def roughly(amount: int) -> int:
    """Two significant digits, rounded down; what is below 100 major units (10,000 minor ones) is nothing."""
    if amount < 10_000:
        return 0
    unit: int = 10 ** (len(str(amount)) - 2)
    return amount // unit * unit
