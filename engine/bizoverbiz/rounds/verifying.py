"""Checking a stored round from its data alone, without solving anything again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import polars as pl

from bizoverbiz.notices import NoticeError, merkle_root, verify_notice
from bizoverbiz.rounds import audit
from bizoverbiz.rounds.checking import ViolationError, check_admitted, check_problem, check_reversal, in_columns
from bizoverbiz.rounds.options import NetworkOptions, read_options
from bizoverbiz.rounds.problem import by_currency, commitments, frozen, leaf
from bizoverbiz.rounds.record import Record, load, read
from bizoverbiz.rounds.state import RoundState
from bizoverbiz.store.database import Transaction


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
    checked += _problems(record)
    if record.state in (RoundState.DECIDED, RoundState.CLOSED):
        checked.append(_approvals(record))
        checked += _notices(record)
    checked.append(_logged(record))
    return checked


def _problems(record: Record) -> list[str]:
    """Every currency by the options in the log, which are those the round was opened with."""
    checked: list[str] = []
    lines = in_columns(record.lines)
    of_currency = dict(by_currency(lines))
    staged = _staged(record, lines)
    for problem in record.problems:
        own = of_currency.get(problem.currency, lines.clear())
        if problem.matched != own["ceiling"].sum():
            raise ViolationError(f"{problem.currency}: the matched total is not the sum of the ceilings")
        if reverses(record) is not None:
            checked += check_reversal(problem, own)
            continue
        frozen_at = record.times["frozen_at"]
        assert frozen_at is not None, "what has problems was frozen"
        on, options = datetime.fromisoformat(frozen_at).date(), options_of(record)
        check_admitted(problem.currency, own, options, on=on)
        checked += check_problem(problem, own, options, on=on, staged=staged)
    return checked


def _staged(record: Record, lines: pl.DataFrame) -> bool:
    """Whether the round was cut off by an engine that nets commitments after what is posted.

    Its log then says how many they are. Raises `ViolationError` if that is not so.
    """
    for entry in record.entries:
        if entry.kind == "frozen" and (said := json.loads(entry.body).get("commitments")) is not None:
            _same(said, int(commitments(lines).sum()), "the number of commitments")
            return True
    return False


def reverses(record: Record) -> int | None:
    """The round that this one reverses, as its audit log tells."""
    found: int | None = json.loads(record.entries[0].body).get("reverses")
    return found


def options_of(record: Record) -> NetworkOptions:
    """The options a frozen round was opened with, as its audit log tells them. Raises `ViolationError`."""
    bodies = {entry.kind: json.loads(entry.body) for entry in record.entries if entry.kind in ("opened", "frozen")}
    options = bodies["frozen"].get("options", {})
    if "options" in bodies["opened"]:
        _same(bodies["opened"]["options"], audit.digest(options), "the options")
    return read_options(options)


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
                        said.get("certificate", audit.digest(None)),
                        audit.digest(certificate),
                        f"the {problem.currency} {stage}'s certificate",
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
    accepted = {(row.identifier, row.agreement["version"]): row.agreement for row in tx.all("acceptances")}
    for body in bodies:
        if body["agreement"]["accepted_at"] is None:
            continue
        stored = accepted.get((body["member"], body["agreement"]["version"]))
        _same(body["agreement"], stored, f"the agreement {body['member']} accepted")
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
