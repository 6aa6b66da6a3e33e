"""Collection: members declare what is open in their books."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from bizoverbiz.errors import MalformedError, OutOfDateError, TooLateError, TooManyLinesError
from bizoverbiz.members.standing import check_may_declare
from bizoverbiz.store.database import Transaction

#: Lines a member may have declared at once: a database of one member may not fill the engine's.
MAX_LINES = 250_000
#: How long a full declaration may take from its first part to its last, and how long its name is remembered.
_UNFINISHED, _REMEMBERED = timedelta(hours=24), timedelta(days=30)
_KEY = ("side", "counterpart", "number", "currency")


@dataclass(frozen=True, slots=True)
class Part:
    """One batch of a full declaration that is larger than a batch may be."""

    name: str
    part: int
    parts: int


@dataclass(frozen=True, slots=True)
class Outcome:
    withdrawn: int
    #: Parts of the full declaration that have not come yet; while there are any, nothing is withdrawn.
    missing: tuple[int, ...] = ()


def declare(
    tx: Transaction,
    *,
    member: UUID,
    lines: Sequence[Mapping[str, Any]],
    keep: Sequence[Mapping[str, Any]],
    full: bool,
    last_notice: int,
    now: datetime,
    withdraw: Sequence[Mapping[str, Any]] = (),
    part: Part | None = None,
    sequence: int | None = None,
    max_lines: int = MAX_LINES,
) -> Outcome:
    """Keep a member's valid lines; withdraw those named, or with `full` all that it did not declare.

    `keep` names refused lines (side, counterpart, number, currency, reference, as far as known), under which what
    was declared before stays. Raises `SuspendedError`, `LeftError`, `OutOfDateError` if a later declaration is here
    already, `TooLateError` if the declaration this is a part of is over, `TooManyLinesError`, or `MalformedError` if
    the books are said to contain a notice that was never issued.
    """
    own = tx.one("member_get", member=member)
    check_may_declare(own)
    if last_notice > own.last_notice:
        raise MalformedError(
            f"last_notice is {last_notice}, but the last notice issued to you is {own.last_notice}", field="last_notice"
        )
    declarant = tx.one("declarant_hold", member=member)
    version = since = declarant.version
    missing: tuple[int, ...] = ()
    batch = tx.one("batch_get", member=member, name=part.name) if part else None
    _check_order(declarant.sequence, sequence, continued=batch is not None)
    if part is not None:
        since, missing = _receive(tx, member, part, batch, version, now)
    elif full:
        tx.run("batches_supersede", member=member)
    withdrawn = tx.bulk_one("declarations_withdraw_lines", withdraw, member=member).count if withdraw else 0
    tx.bulk("declarations_upsert", lines, member=member, last_notice=last_notice, now=now, version=version)
    if full:
        if keep:
            _keep(tx, member, keep, version)
        if not missing:
            withdrawn += tx.one("declarations_withdraw", member=member, version=since).count
    if sequence is not None:
        tx.run("declarant_sequence", member=member, sequence=sequence)
    count = tx.one("declarations_count", member=member, version=since if full else 0).count
    if count > max_lines:
        raise TooManyLinesError(
            f"{count} lines would be declared, and at most {max_lines} may be: declare only what is open, and withdraw "
            "the rest; nothing of this call was kept",
            field="lines",
        )
    return Outcome(withdrawn, missing)


def _check_order(last: int | None, sequence: int | None, *, continued: bool) -> None:
    if sequence is None or last is None or sequence > last or (continued and sequence == last):
        return
    raise OutOfDateError(
        f"declaration {sequence} comes after declaration {last}, which is newer: nothing of it was kept; "
        "declare what the books hold now under a higher number",
        field="sequence",
    )


def _receive(
    tx: Transaction, member: UUID, part: Part, batch: Any, version: int, now: datetime
) -> tuple[int, tuple[int, ...]]:
    """Since which call what is declared belongs to this declaration, and which parts have not come yet."""
    if batch is None:
        tx.run("batches_forget", member=member, before=now - _REMEMBERED)
        tx.run("batches_supersede", member=member)
        tx.run("batch_begin", member=member, name=part.name, parts=part.parts, version=version, now=now)
    elif batch.parts != part.parts:
        raise MalformedError(
            f"declaration {part.name} was begun with {batch.parts} parts, not {part.parts}", field="parts"
        )
    elif batch.state != "open":
        raise TooLateError(
            f"declaration {part.name} is {batch.state}: begin a new one under another name", field="declaration"
        )
    elif batch.begun_at < now - _UNFINISHED:
        raise TooLateError(
            f"declaration {part.name} was begun more than 24 hours ago: begin a new one under another name",
            field="declaration",
        )
    received = sorted({part.part, *(batch.received if batch else ())})
    missing = tuple(number for number in range(1, part.parts + 1) if number not in received)
    state = "open" if missing else "complete"
    tx.run("batch_receive", member=member, name=part.name, received=received, state=state)
    return (batch.version if batch else version), missing


def _keep(tx: Transaction, member: UUID, keep: Sequence[Mapping[str, Any]], version: int) -> None:
    known = ({name: line[name] for name in _KEY} for line in keep if all(line.get(name) for name in _KEY))
    references = [line["reference"] for line in keep if line.get("reference")]
    tx.bulk("declarations_keep", known, member=member, references=references, version=version)
