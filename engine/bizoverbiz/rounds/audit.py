"""The audit log: hash-chained per round, append-only (the database refuses anything else).

An entry is sealed first, with a salt, and the chain is of the seals. So the whole chain can be shown to a member that
may read only its own entries, and nobody can guess what the others say.

The first entry of a round names the heads of earlier rounds as they stood then: no round can vanish, and none can be
written anew, without the later ones showing it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from secrets import token_hex
from typing import Any
from uuid import UUID

from bizoverbiz.notices.canonical import canonical
from bizoverbiz.store.database import Transaction

#: What the first entry of a round is chained to.
ORIGIN = "0" * 64
#: Kinds of entries that are said to every member: they name no member and no amount.
PUBLIC = ("opened", "notices", "closed")


@dataclass(frozen=True, slots=True)
class Said:
    """Something to be entered."""

    kind: str
    body: Mapping[str, Any]
    #: Whom alone it concerns, besides the operator.
    member: UUID | None = None


def instant(moment: datetime) -> str:
    """RFC 3339 in UTC, to the second: how instants stand in everything that is signed or hashed."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def seal(*, at: str, kind: str, body: str, salt: str) -> str:
    """The digest of one entry. NOTE: this and `link` are the format of docs/protocol.md; kept logs are verified."""
    return sha256(canonical({"at": at, "body": body, "kind": kind, "salt": salt})).hexdigest()


def link(previous: str, *, round_number: int, seq: int, entry: str) -> str:
    """The chain's hash at `seq`, from the one before and the entry's seal."""
    return sha256(canonical({"entry": entry, "previous": previous, "round": round_number, "seq": seq})).hexdigest()


def record(
    tx: Transaction,
    round_number: int,
    kind: str,
    body: Mapping[str, Any],
    now: datetime,
    *,
    member: UUID | None = None,
) -> str:
    """Append one entry; the round's row must be locked. Returns the new head."""
    return record_all(tx, round_number, [Said(kind, body, member)], now)


def record_all(tx: Transaction, round_number: int, said: Iterable[Said], now: datetime) -> str:
    """Append entries in their order; the round's row must be locked. Returns the new head."""
    last = tx.one("audit_last", round=round_number)
    seq, head = (last.seq, last.hash) if last else (0, ORIGIN)
    at = instant(now)
    rows = []
    for one in said:
        seq += 1
        entry = {"at": at, "kind": one.kind, "body": canonical(dict(one.body)).decode(), "salt": token_hex(16)}
        sealed = seal(**entry)
        head = link(head, round_number=round_number, seq=seq, entry=sealed)
        rows.append(entry | {"seq": seq, "member_id": one.member, "entry": sealed, "hash": head})
    if rows:
        tx.bulk("audit_insert", rows, round=round_number)
    return str(head)


def record_opening(tx: Transaction, round_number: int, body: Mapping[str, Any], now: datetime) -> str:
    """The first entry of a round: `body`, and the heads of the rounds whose logs have grown since one last named them.

    Raises nothing of its own; a round that named no predecessor would show in `broken_succession`.
    """
    named = named_heads(tx.all("audit_openings"))
    grown = [
        {"round": row.round, "seq": row.seq, "hash": row.hash}
        for row in tx.all("audit_heads")
        if row.round != round_number and named.get(row.round, (0, ""))[0] != row.seq
    ]
    return record(tx, round_number, "opened", {**body, "previous": grown}, now)


def named_heads(openings: Iterable[Any]) -> dict[int, tuple[int, str]]:
    """By round, the last place and head of its log that a later round's first entry names."""
    named: dict[int, tuple[int, str]] = {}
    for row in openings:
        for head in _previous(row):
            named[head["round"]] = (head["seq"], head["hash"])
    return named


def _previous(opening: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(opening.body).get("previous", []) if opening.kind == "opened" else []
    return found


def broken_link(round_number: int, entries: Iterable[Any]) -> str | None:
    """What is wrong with a round's chain of entries, or None."""
    previous, expected = ORIGIN, 1
    for entry in entries:
        if entry.seq != expected or entry.kind is None:
            return f"audit entry {expected} is missing"
        sealed = seal(at=entry.at, kind=entry.kind, body=entry.body, salt=entry.salt)
        head = link(previous, round_number=round_number, seq=entry.seq, entry=sealed)
        if entry.hash != head:
            return f"audit entry {entry.seq} ({entry.kind}) was changed: its hash does not hold"
        if (entry.entry, entry.link) != (sealed, head):
            return f"audit entry {entry.seq} ({entry.kind}): the chain that members are shown is another one"
        previous, expected = entry.hash, expected + 1
    return None if expected > 1 else "audit entry 1 is missing"


def broken_succession(
    numbers: Sequence[int], openings: Iterable[Any], head_at: Mapping[tuple[int, int], str]
) -> str | None:
    """What is wrong with the chain of rounds, or None: one is missing, or was written anew after a later one opened.

    `numbers` are those of all rounds, in order; `head_at` gives a round's hash at a place in its log.
    """
    opening_of = {row.round: row for row in openings}
    for expected, number in enumerate(numbers, start=1):
        if number != expected:
            return f"round {expected} is missing"
        opening = opening_of.get(number)
        if opening is None or opening.kind != "opened":
            return f"round {number} does not begin with its opening"
        heads = _previous(opening)
        if number > 1 and number - 1 not in {head["round"] for head in heads}:
            return f"round {number} does not name the head of round {number - 1}"
        for head in heads:
            if head_at.get((head["round"], head["seq"])) != head["hash"]:
                return (
                    f"round {number} names a head of round {head['round']} (entry {head['seq']}) that is not in its log"
                )
    return None


def digest(value: Any) -> str:
    """SHA-256 of a value's canonical JSON, for what is too long to stand in the log itself."""
    return sha256(canonical(value)).hexdigest()
