"""Reversal: what a round set off is opened again, by a circulation that everybody on it approves, or not at all.

A reversal is a round of its own kind. Its lines name the lines they reverse; its decision counts as negative wherever
set-offs are added up, so that the obligations are open again for exactly the amount.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import numpy as np
import polars as pl
import structlog
from psycopg2.errors import UniqueViolation

from bizoverbiz.errors import IllegalStepError, NotFoundError
from bizoverbiz.netting.circulation import smallest_circulation
from bizoverbiz.notices import SigningKey
from bizoverbiz.rounds import audit, logged
from bizoverbiz.rounds.deciding import check_published, write_decision
from bizoverbiz.rounds.opening import abandon
from bizoverbiz.rounds.options import read_options
from bizoverbiz.rounds.problem import FROZEN, by_currency
from bizoverbiz.rounds.reminders import schedule
from bizoverbiz.rounds.state import RoundState, check_step, may_decide
from bizoverbiz.store import frames
from bizoverbiz.store import rounds as store
from bizoverbiz.store.database import Transaction

_log = structlog.get_logger()
_DECIDED = (RoundState.DECIDED, RoundState.CLOSED)
#: A line of a decided round, and what of it no reversal has taken back.
_REVERSIBLE = {
    "currency": pl.String,
    "id": pl.String,
    "debtor": pl.String,
    "creditor": pl.String,
    "key": pl.String,
    "amount": pl.Int64,
}
#: A line of a reversal, and how many of its two parties approve all of it.
_ANSWERED = {"currency": pl.String, "id": pl.String, "key": pl.String, "ceiling": pl.Int64, "approvals": pl.Int64}


def propose_reversal(tx: Transaction, number: int, *, lines: Sequence[UUID] = (), now: datetime) -> int:
    """Propose to reverse a decided round: all that is left of it, or the least that holds `lines` wholly.

    Returns the number of the reversal. Raises `NotFoundError` for a line that round has not set off, and
    `IllegalStepError` if the round is not decided, is a reversal itself, nothing is left of it, or an obligation is
    in another live round.
    """
    reversed_ = store.lock(tx, number)
    if reversed_.state not in _DECIDED or reversed_.kind != "netting":
        what = "a reversal" if reversed_.kind == "reversal" else reversed_.state
        raise IllegalStepError(f"round {number} is {what}: only what a netting has decided can be reversed")
    left = frames.read(tx, "lines_reversible", _REVERSIBLE, round=number)
    taken = _chosen(left, {str(line) for line in lines}, number)
    if taken.is_empty():
        raise IllegalStepError(f"nothing is left of round {number} that could be reversed")
    options = read_options(reversed_.options)
    own = store.insert(
        tx,
        approval_hours=options.approval_hours,
        options=options.model_dump_json(),
        now=now,
        state=RoundState.FROZEN,
        reverses=number,
    )
    document = options.model_dump(mode="json")
    opened = {"approval_hours": options.approval_hours, "reverses": number, "options": audit.digest(document)}
    audit.record_opening(tx, own, opened, now)
    frames.write(tx, "reversals", taken)
    try:
        count = tx.run("lines_reverse", round=own)
    except UniqueViolation:
        raise IllegalStepError(
            f"an obligation of round {number} is in a live round: reverse once that has ended, or abandon it"
        ) from None
    tx.run("problems_insert", round=own)
    tx.run("problems_reverse", round=own)
    ceilings = audit.digest(frames.read(tx, "lines_frozen", FROZEN, round=own).rows())
    frozen = {"obligations": count, "ceilings": ceilings, "options": document}
    audit.record(tx, own, "frozen", frozen, now)
    statements = tx.run("statements_insert", round=own)
    tx.run("statement_lines_insert", round=own)
    logged.statements(tx, own, now=now)
    deadline = now + timedelta(hours=options.approval_hours)
    store.step(tx, own, RoundState.PROPOSED, frozen_at=now, proposed_at=now, deadline=deadline)
    audit.record(tx, own, "proposed", {"problems": {}, "statements": statements}, now)
    schedule(tx, own, options.reminder_hours, deadline=deadline, now=now)
    _log.info("reversal proposed", round=own, reverses=number, statements=statements)
    return own


def _chosen(left: pl.DataFrame, wanted: set[str], number: int) -> pl.DataFrame:
    """The lines to be reversed and by how much: all, or the smallest circulations through those wanted."""
    if missing := sorted(wanted - set(left["id"].to_list())):
        raise NotFoundError(f"round {number} has set off nothing on line {missing[0]}, or it is reversed already")
    if not wanted:
        return left.select("id", "amount")
    found = [left.clear().select("id", "amount")]
    for _, part in by_currency(left):
        lines = part.sort("debtor", "creditor", "key")
        names = pl.Enum(pl.concat([lines["debtor"], lines["creditor"]]).unique().sort())
        debtor, creditor = (
            lines[side].cast(names).to_physical().cast(pl.Int32).to_numpy(writable=True)
            for side in ("debtor", "creditor")
        )
        amount = smallest_circulation(
            len(names.categories),
            debtor=debtor,
            creditor=creditor,
            amount=lines["amount"].to_numpy(writable=True),
            wanted=np.array([line in wanted for line in lines["id"].to_list()], np.bool_),
        )
        found.append(lines.select("id", amount=pl.Series(amount)).filter(pl.col("amount") > 0))
    return pl.concat(found)


def decide_reversal(tx: Transaction, number: int, *, key: SigningKey, now: datetime, early: bool = False) -> bool:
    """Reverse if every member on the circulation approves all of it; else abandon it. Returns whether it is over.

    Raises `MisconfiguredError` if the key is not published.
    """
    check_published(tx, key)
    current = store.lock(tx, number)
    check_step(number, current.state, RoundState.DECIDED)
    statements = tx.all("statements_lock", round=number)
    refused = any(one.state == "refused" for one in statements)
    if not early and not refused and not may_decide((one.state for one in statements), current.deadline, now):
        return False
    lines = frames.read(tx, "lines_answered", _ANSWERED, round=number)
    if not (lines["approvals"] == 2).all():
        abandon(tx, number, now=now, reason="not every member on it has approved all of it")
        _log.info("reversal abandoned", round=number)
        return True
    logged.answers(tx, number, now=now)
    tx.run("problems_reversed", round=number)
    decided = [
        part.select("id", final_ceiling="ceiling", set_off="ceiling").sort("id") for _, part in by_currency(lines)
    ]
    totals = {currency: {"set_off": int(part["ceiling"].sum())} for currency, part in by_currency(lines)}
    count = write_decision(tx, number, decided, totals, key=key, now=now)
    _log.info("reversed", round=number, set_offs=count)
    return True
