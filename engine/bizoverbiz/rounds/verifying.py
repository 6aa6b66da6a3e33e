"""Checking a stored round from its data alone, without solving anything again."""

from __future__ import annotations

from typing import Any

from bizoverbiz.errors import BizoverbizError
from bizoverbiz.netting import Certificate, NettingError, verify
from bizoverbiz.notices import Leaf, NoticeError, Payload, merkle_root, verify_notice
from bizoverbiz.rounds import audit
from bizoverbiz.rounds.problem import by_currency, imbalance, obligations
from bizoverbiz.rounds.state import RoundState
from bizoverbiz.store import rounds as store
from bizoverbiz.store.database import Transaction


class ViolationError(BizoverbizError):
    """A stored round breaks one of the rules it was made by."""


def verify_round(tx: Transaction, number: int) -> list[str]:
    """Check bounds, conservation, approvals, both certificates, the audit chain and every notice.

    Returns what was checked, one sentence each. Raises `ViolationError` with the first thing that does not hold.
    """
    current = store.get(tx, number)
    entries = tx.all("audit_entries", round=number)
    if (broken := audit.broken_link(number, entries)) is not None:
        raise ViolationError(broken)
    checked = [f"audit log: {len(entries)} entries, chained without a gap"]
    lines = tx.all("lines", round=number)
    of_currency = dict(by_currency(lines))
    for problem in tx.all("problems", round=number):
        own = of_currency.get(problem.currency, [])
        if problem.matched != sum(line.ceiling for line in own):
            raise ViolationError(f"{problem.currency}: the matched total is not the sum of the ceilings")
        checked += check_problem(problem, own)
    if current.state in (RoundState.DECIDED, RoundState.CLOSED):
        checked.append(_approvals(tx, number, [line for line in lines if line.final_ceiling is not None]))
        checked += _notices(tx, current, lines, entries)
    return checked


def check_problem(problem: Any, lines: list[Any]) -> list[str]:
    """Bounds, conservation and certificate of a currency's proposal and decision. Raises `ViolationError`."""
    stages = (
        ("proposal", "ceiling", "proposed", problem.proposed, problem.proposal_certificate),
        ("decision", "final_ceiling", "set_off", problem.set_off, problem.decision_certificate),
    )
    checked = []
    for stage, ceiling, amount, total, certificate in stages:
        if total is None:
            continue
        what = f"{problem.currency} {stage}"
        amounts = {line.key: getattr(line, amount) for line in lines}
        ceilings = {line.key: getattr(line, ceiling) for line in lines}
        for line in lines:
            if not 0 <= amounts[line.key] <= ceilings[line.key] <= line.ceiling:
                raise ViolationError(f"{what}: {line.key} lies outside 0 to its ceiling")
        if (unbalanced := imbalance(lines, amounts)) is not None:
            raise ViolationError(f"{what}: {unbalanced}")
        if sum(amounts.values()) != total:
            raise ViolationError(f"{what}: the total is not the sum of its set-offs")
        try:
            verify(obligations(lines, ceilings), amounts, Certificate.from_json(certificate))
        except NettingError as error:
            raise ViolationError(f"{what}: the certificate does not hold: {error}") from None
        checked.append(f"{what}: bounds, balance of every member, and the certificate of optimality")
    return checked


def _approvals(tx: Transaction, number: int, lines: list[Any]) -> str:
    approved = {(row.line_id, row.side): row.approved for row in tx.all("approvals", round=number)}
    for line in lines:
        for side in ("receivable", "payable"):
            if line.final_ceiling > approved.get((line.id, side), 0):
                raise ViolationError(f"{line.key}: its final ceiling is above what the {side} side approved")
    return "approvals: no ceiling above what both parties approved"


def _notices(tx: Transaction, current: Any, lines: list[Any], entries: list[Any]) -> list[str]:
    number = current.number
    if current.audit_head not in {entry.hash for entry in entries if entry.kind == "decided"}:
        raise ViolationError("the audit head in the notices is not that of the decision's entry")
    set_off = [line for line in lines if line.set_off]
    root = merkle_root(
        [
            Leaf(line.creditor, line.debtor, str(line.id), line.number, number, line.currency, line.set_off, line.salt)
            for line in set_off
        ]
    )
    if (root.hex() if root else None) != current.root:
        raise ViolationError("the round's published hash is not that of its set-offs")
    keys = {"keys": [{"kty": "OKP", "crv": "Ed25519", "x": key.x, "kid": key.keyid} for key in tx.all("engine_keys")]}
    told: dict[tuple[str, str], int] = {}
    notices = tx.all("notices_of_round", round=number)
    for row in notices:
        try:
            notice = verify_notice(row.jws, keys)
        except NoticeError as error:
            raise ViolationError(f"notice {row.number} of {row.identifier}: {error}") from None
        _same(notice, row, current)
        told.update({(notice.member, line.id): line.set_off for line in notice.lines})
    decided = {(party, str(line.id)): line.set_off for line in set_off for party in (line.creditor, line.debtor)}
    if told != decided:
        raise ViolationError("the notices do not tell exactly the set-offs that were decided")
    return [
        f"published hash: {len(set_off)} set-offs",
        f"notices: {len(notices)} signatures, and every line in the published hash and at both parties",
    ]


def _same(notice: Payload, row: Any, current: Any) -> None:
    said = (notice.member, notice.number, notice.currency, notice.round, notice.round_root, notice.audit_head)
    if said != (row.identifier, row.number, row.currency, current.number, current.root, current.audit_head):
        raise ViolationError(f"notice {row.number} of {row.identifier} speaks of another round, member or decision")
