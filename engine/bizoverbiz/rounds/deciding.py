"""The decision: one transaction that takes what both parties of each obligation approved, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from secrets import token_hex
from typing import Any

import polars as pl
import structlog

from bizoverbiz.errors import MisconfiguredError
from bizoverbiz.members import agreements
from bizoverbiz.netting import NettingError
from bizoverbiz.notices import SigningKey, merkle_root
from bizoverbiz.rounds import audit, logged
from bizoverbiz.rounds.issuing import issue
from bizoverbiz.rounds.matching import match_changes
from bizoverbiz.rounds.options import NetworkOptions, read_options
from bizoverbiz.rounds.problem import LINE, Problem, Solution, by_currency, imbalance, leaf, pose
from bizoverbiz.rounds.proposing import solved
from bizoverbiz.rounds.solving import Solve, solve_at_once
from bizoverbiz.rounds.state import RoundState, check_step, final_ceiling, may_decide
from bizoverbiz.store import frames
from bizoverbiz.store import rounds as store
from bizoverbiz.store.database import Transaction

_log = structlog.get_logger()
#: A line as the decision finds it: what still matches, and what either side approves (null: nothing).
_DECIDABLE = LINE | {"current": pl.Int64, "creditor_approved": pl.Int64, "debtor_approved": pl.Int64}


def decide(
    tx: Transaction, number: int, *, key: SigningKey, now: datetime, early: bool = False, solve: Solve = solve_at_once
) -> bool:
    """Take the decision if the round is ripe for it, or `early` if the operator closes approval. Returns whether.

    Ceilings are the smaller of both approvals, and never more than what still matches: a statement nobody has
    answered is refused, and so is every line of a member suspended meanwhile. A currency that cannot be netted holds
    up no other: its obligations are released, and its members and the audit log told why.
    Raises `MisconfiguredError` if the key is not published: no member could verify its notices.
    """
    check_published(tx, key)
    current = store.lock(tx, number)
    check_step(number, current.state, RoundState.DECIDED)
    statements = tx.all("statements_lock", round=number)
    if not early and not may_decide((one.state for one in statements), current.deadline, now):
        return False
    agreements.put_in_force(tx, now=now)
    match_changes(tx, now)
    logged.answers(tx, number, now=now)
    # What was never proposed was released then, and may be in a later round by now.
    posed = _pose(tx, current)
    decided, totals = [], {}
    for currency, problem, outcome in solved(posed, solve):
        if problem is None or not isinstance(outcome, Solution):
            _release(tx, number, currency, str(outcome), now)
            continue
        lines = problem.lines.select(*LINE, "final_ceiling", set_off=pl.Series(outcome.set_off))
        unbalanced = imbalance(lines, "set_off")
        assert unbalanced is None, f"round {number}, {currency}: {unbalanced}"
        decided.append(lines.cast({"debtor": pl.String, "creditor": pl.String}).sort("key"))
        tx.run(
            "problem_decide",
            round=number,
            currency=currency,
            total=outcome.total,
            certificate=json.dumps(outcome.document),
        )
        totals[currency] = {"set_off": outcome.total, "certificate": audit.digest(outcome.document)}
    set_offs = write_decision(tx, number, decided, totals, key=key, now=now)
    _log.info("decided", round=number, set_offs=set_offs, early=early)
    return True


def check_published(tx: Transaction, key: SigningKey) -> None:
    """Raises `MisconfiguredError` if no member could verify what is signed with the key."""
    published = [one.keyid for one in tx.all("engine_keys")]
    if key.keyid not in published:
        raise MisconfiguredError(
            f"the signing key {key.keyid} is not among the network's published keys ({', '.join(published)}): "
            "set BIZOVERBIZ_SIGNING_KEY to the file of one that is"
        )


def _pose(tx: Transaction, current: Any) -> dict[str, Problem | NettingError]:
    options = read_options(current.options)
    on = current.frozen_at.astimezone(UTC).date()
    posed: dict[str, Problem | NettingError] = {}
    with frames.for_all(tx):
        decidable = frames.read(tx, "lines_decidable", _DECIDABLE, round=current.number)
    proposals = {row.currency: row.proposal_certificate for row in tx.all("problems", round=current.number)}
    for currency, part in by_currency(decidable):
        lines = part.with_columns(final_ceiling=pl.Series(_final_ceilings(part, options), dtype=pl.Int64))
        try:
            later = proposals[currency].get("commitments", {}).get("set_off", {})
            posed[currency] = pose(currency, lines, options, on=on, ceiling="final_ceiling", proposed_later=later)
        except NettingError as error:
            posed[currency] = error
    return posed


def _final_ceilings(lines: pl.DataFrame, options: NetworkOptions) -> list[int]:
    approved = [lines[name].to_list() for name in ("current", "creditor_approved", "debtor_approved")]
    found = list(map(final_ceiling, *approved))
    if not options.whole:
        return found
    # What is not approved wholly, or not wholly open any more, cannot be set off wholly.
    whole = lines.select(pl.min_horizontal("ceiling", "current")).to_series().to_list()
    return [most if most == all_of_it else 0 for most, all_of_it in zip(found, whole, strict=True)]


def _release(tx: Transaction, number: int, currency: str, reason: str, now: datetime) -> None:
    _log.error("currency left out of the decision", round=number, currency=currency)
    tx.run("lines_release", round=number, currency=currency)
    told = f"nothing could be decided in {currency}: what you approved is void, and your obligations are free again"
    tx.run("statements_release", round=number, currency=currency, reason=told)
    audit.record(tx, number, "released", {"currency": currency, "reason": reason}, now)


def write_decision(
    tx: Transaction,
    number: int,
    decided: list[pl.DataFrame],
    totals: Mapping[str, Any],
    *,
    key: SigningKey,
    now: datetime,
) -> int:
    """Write set-offs, audit entries and signed notices. Returns how many obligations are set off.

    `decided` are lines in the order of the round's published hash, with `final_ceiling` and `set_off`.
    """
    if decided:
        lines = pl.concat(decided)
        salts = [token_hex(32) if amount else None for amount in lines["set_off"].to_list()]
        lines = lines.with_columns(salt=pl.Series(salts, dtype=pl.String))
        with frames.for_all(tx):
            frames.write(tx, "decisions", lines.select("id", "final_ceiling", "set_off", "salt"))
            tx.run("lines_decide", round=number)
    leaves = [leaf(row, number, row.set_off, row.salt) for row in tx.all("lines_set_off", round=number)]
    root = merkle_root(leaves)
    published = root.hex() if root else None
    head = audit.record(tx, number, "decided", {"problems": totals, "root": published}, now)
    tx.run("statements_decide", round=number)
    store.step(tx, number, RoundState.DECIDED, decided_at=now, root=published, audit_head=head)
    if published:
        issue(tx, number, leaves=leaves, root=published, audit_head=head, key=key, now=now)
    tx.run("changes_insert_parties", round=number)
    return len(leaves)
