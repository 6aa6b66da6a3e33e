"""The decision: one transaction that takes what both parties of each obligation approved, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from secrets import token_hex
from typing import Any
from uuid import UUID

import structlog

from bizoverbiz.errors import MisconfiguredError
from bizoverbiz.members import agreements
from bizoverbiz.netting import net
from bizoverbiz.notices import Leaf, SigningKey, merkle_root
from bizoverbiz.rounds import audit, logged
from bizoverbiz.rounds.collection import match_changes
from bizoverbiz.rounds.issuing import issue
from bizoverbiz.rounds.problem import by_currency, imbalance, leaf, obligations
from bizoverbiz.rounds.state import RoundState, check_step, final_ceiling, may_decide
from bizoverbiz.store import rounds as store
from bizoverbiz.store.database import Transaction

_log = structlog.get_logger()


def decide(tx: Transaction, number: int, *, key: SigningKey, now: datetime, early: bool = False) -> bool:
    """Take the decision if the round is ripe for it, or `early` if the operator closes approval. Returns whether.

    Ceilings are the smaller of both approvals, and never more than what still matches: a statement nobody has
    answered is refused, and so is every line of a member suspended meanwhile.
    Raises `MisconfiguredError` if the key is not published: no member could verify its notices.
    """
    published = [one.keyid for one in tx.all("engine_keys")]
    if key.keyid not in published:
        raise MisconfiguredError(
            f"the signing key {key.keyid} is not among the network's published keys ({', '.join(published)}): "
            "set BIZOVERBIZ_SIGNING_KEY to the file of one that is"
        )
    current = store.lock(tx, number)
    check_step(number, current.state, RoundState.DECIDED)
    statements = tx.all("statements_lock", round=number)
    if not early and not may_decide((one.state for one in statements), current.deadline, now):
        return False
    agreements.put_in_force(tx, now=now)
    match_changes(tx)
    ceilings = _final_ceilings(tx, number)
    leaves: list[Leaf] = []
    decided: list[dict[str, Any]] = []
    totals = {}
    # What was never proposed was released then, and may be in a later round by now.
    proposed = [line for line in tx.all("lines", round=number) if line.proposed is not None]
    for currency, lines in by_currency(proposed):
        problem = obligations(lines, {line.key: ceilings[line.id] for line in lines})
        proposal = {line.key: line.proposed for line in lines}
        found = net(problem, on=current.frozen_at.astimezone(UTC).date(), proposal=proposal)
        unbalanced = imbalance(lines, found.set_offs)
        assert unbalanced is None, f"round {number}, {currency}: {unbalanced}"
        for line in lines:
            set_off = found.set_offs[line.key]
            salt = token_hex(32) if set_off else None
            decided.append({"id": line.id, "final_ceiling": ceilings[line.id], "set_off": set_off, "salt": salt})
            if salt:
                leaves.append(leaf(line, number, set_off, salt))
        certificate = found.certificate.to_json()
        tx.run(
            "problem_decide",
            round=number,
            currency=currency,
            total=found.total,
            certificate=json.dumps(certificate),
        )
        totals[currency] = {"set_off": found.total, "certificate": audit.digest(certificate)}
    _write(tx, number, decided, leaves, totals, key=key, now=now)
    _log.info("decided", round=number, set_offs=len(leaves), early=early)
    return True


def _final_ceilings(tx: Transaction, number: int) -> dict[UUID, int]:
    approved: dict[tuple[UUID, str], int] = {
        (row.line_id, row.side): row.approved for row in tx.all("approvals", round=number)
    }
    return {
        row.id: final_ceiling(row.amount, approved.get((row.id, "receivable")), approved.get((row.id, "payable")))
        for row in tx.all("lines_current", round=number)
    }


def _write(
    tx: Transaction,
    number: int,
    decided: list[dict[str, Any]],
    leaves: list[Leaf],
    totals: Mapping[str, Any],
    *,
    key: SigningKey,
    now: datetime,
) -> None:
    logged.answers(tx, number, now=now)
    root = merkle_root(leaves)
    published = root.hex() if root else None
    head = audit.record(tx, number, "decided", {"problems": totals, "root": published}, now)
    tx.bulk("lines_decide", decided)
    tx.run("statements_decide", round=number)
    store.step(tx, number, RoundState.DECIDED, decided_at=now, root=published, audit_head=head)
    if published:
        issue(tx, number, leaves=leaves, root=published, audit_head=head, key=key, now=now)
    tx.run("changes_insert_parties", round=number)
