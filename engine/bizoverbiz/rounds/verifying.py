"""Checking a stored round from its data alone, without solving anything again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from bizoverbiz.errors import BizoverbizError
from bizoverbiz.netting import Certificate, NettingError, verify
from bizoverbiz.notices import NoticeError, merkle_root, verify_notice
from bizoverbiz.rounds import audit
from bizoverbiz.rounds.problem import by_currency, frozen, imbalance, leaf, obligations
from bizoverbiz.rounds.record import Record, load, read
from bizoverbiz.rounds.state import RoundState
from bizoverbiz.store.database import Transaction


class ViolationError(BizoverbizError):
    """A stored round breaks one of the rules it was made by."""


def verify_round(tx: Transaction, number: int) -> list[str]:
    """Check a round in the database; see `verify_record`. Raises `ViolationError`."""
    checked = verify_record(load(tx, number))
    return checked + _statements(tx, number)


def verify_record(record: Record) -> list[str]:
    """Check bounds, conservation, approvals, both certificates, the audit chain and every notice.

    Returns what was checked, one sentence each. Raises `ViolationError` with the first thing that does not hold.
    """
    if (broken := audit.broken_link(record.number, record.entries)) is not None:
        raise ViolationError(broken)
    checked = [f"audit log: {len(record.entries)} entries, chained without a gap"]
    of_currency = dict(by_currency(record.lines))
    for problem in record.problems:
        own = of_currency.get(problem.currency, [])
        if problem.matched != sum(line.ceiling for line in own):
            raise ViolationError(f"{problem.currency}: the matched total is not the sum of the ceilings")
        checked += check_problem(problem, own)
    if record.state in (RoundState.DECIDED, RoundState.CLOSED):
        checked.append(_approvals(record))
        checked += _notices(record)
    checked.append(_logged(record))
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
            within = amounts[line.key], ceilings[line.key]
            if None in within or not 0 <= within[0] <= within[1] <= line.ceiling:
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


def _approvals(record: Record) -> str:
    approved = {(str(row.line_id), row.side): row.approved for row in record.approvals}
    for line in record.lines:
        if line.final_ceiling is None:
            continue
        for side in ("receivable", "payable"):
            if line.final_ceiling > approved.get((str(line.id), side), 0):
                raise ViolationError(f"{line.key}: its final ceiling is above what the {side} side approved")
    return "approvals: no ceiling above what both parties approved"


def _notices(record: Record) -> list[str]:
    if record.audit_head not in {entry.hash for entry in record.entries if entry.kind == "decided"}:
        raise ViolationError("the audit head in the notices is not that of the decision's entry")
    set_off = [line for line in record.lines if line.set_off]
    root = merkle_root([leaf(line, record.number, line.set_off, line.salt) for line in set_off])
    if (root.hex() if root else None) != record.root:
        raise ViolationError("the round's published hash is not that of its set-offs")
    told: dict[tuple[str, str], int] = {}
    for row in record.notices:
        try:
            notice = verify_notice(row.jws, record.keys)
        except NoticeError as error:
            raise ViolationError(f"notice {row.number} of {row.identifier}: {error}") from None
        said = (notice.member, notice.number, notice.currency, notice.round, notice.round_root, notice.audit_head)
        if said != (row.identifier, row.number, row.currency, record.number, record.root, record.audit_head):
            raise ViolationError(f"notice {row.number} of {row.identifier} speaks of another round, member or decision")
        told.update({(notice.member, line.id): line.set_off for line in notice.lines})
    decided = {(party, str(line.id)): line.set_off for line in set_off for party in (line.creditor, line.debtor)}
    if told != decided:
        raise ViolationError("the notices do not tell exactly the set-offs that were decided")
    return [
        f"published hash: {len(set_off)} set-offs",
        f"notices: {len(record.notices)} signatures, and every line in the published hash and at both parties",
    ]


def _logged(record: Record) -> str:
    """What the log says of the round by digest is what is stored. Raises `ViolationError`."""
    for entry in record.entries:
        body = json.loads(entry.body)
        if entry.kind == "frozen":
            _same(body["ceilings"], audit.digest(frozen(record.lines)), "the frozen obligations and their ceilings")
        elif entry.kind in ("proposed", "decided"):
            stage = "proposal" if entry.kind == "proposed" else "decision"
            for problem in record.problems:
                if (said := body["problems"].get(problem.currency)) is not None:
                    certificate = getattr(problem, f"{stage}_certificate")
                    _same(
                        said["certificate"], audit.digest(certificate), f"the {problem.currency} {stage}'s certificate"
                    )
            if entry.kind == "decided":
                _same(body["root"], record.root, "the round's published hash")
        elif entry.kind == "notices":
            prints = sorted(sha256(notice.jws.encode("ascii")).hexdigest() for notice in record.notices)
            _same(body["sha256"], prints, "the notices")
    return "audit log and data: obligations, certificates, published hash and notices are those the log names"


def _statements(tx: Transaction, number: int) -> list[str]:
    """The statements are those the log names; raises `ViolationError`."""
    bodies = [json.loads(entry.body) for entry in tx.all("audit_entries", round=number) if entry.kind == "stated"]
    logged = {(body["member"], body["currency"]): body["snapshot"] for body in bodies}
    stored = {(row.identifier, row.currency): row.sha256 for row in tx.all("statements_digest", round=number)}
    for whose in sorted(logged.keys() | stored.keys()):
        _same(logged.get(whose), stored.get(whose), f"the {whose[1]} statement of {whose[0]}")
    return [f"statements: {len(stored)}, as the log names them"] if stored else []


def _same(logged: Any, stored: Any, what: str) -> None:
    if logged != stored:
        raise ViolationError(f"{what}: what is stored is not what the audit log names")


def verify_succession(tx: Transaction) -> str:
    """Check that no round is missing and none was written anew after a later one opened. Raises `ViolationError`."""
    numbers = [row.number for row in tx.all("round_numbers")]
    openings = tx.all("audit_openings")
    head_at = {(row.round, row.seq): row.hash for row in tx.all("audit_heads_named")}
    if (broken := audit.broken_succession(numbers, openings, head_at)) is not None:
        raise ViolationError(broken)
    return f"chain of rounds: {len(numbers)}, each naming the heads of those before"


def verify_file(path: Path, keys: Mapping[str, Any] | None = None) -> tuple[int, list[str]]:
    """Check an export; `keys` is the key set the auditor trusts, the export's own if None.

    Returns the round's number and what was checked. Raises `ViolationError`, or `WrongInputError` for what is no
    export.
    """
    record = read(path)
    if keys is not None:
        record = replace(record, keys=keys)
    try:
        checked = verify_record(record)
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise ViolationError(f"the export holds something of another kind than an engine writes: {error!r}") from None
    trusted = "the keys given" if keys is not None else "the keys in the export itself: compare them with /v1/keys"
    return record.number, [*checked, f"signatures checked with {trusted}"]
