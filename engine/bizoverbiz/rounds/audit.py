"""The audit log: hash-chained per round, append-only (the database refuses anything else)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import rfc8785

from bizoverbiz.store.database import Transaction

#: What the first entry of a round is chained to.
ORIGIN = "0" * 64


def instant(moment: datetime) -> str:
    """RFC 3339 in UTC, to the second: how instants stand in everything that is signed or hashed."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def entry_hash(previous: str, *, round_number: int, seq: int, at: str, kind: str, body: str) -> str:
    entry: dict[str, Any] = {
        "previous": previous,
        "round": round_number,
        "seq": seq,
        "at": at,
        "kind": kind,
        "body": body,
    }
    return sha256(rfc8785.dumps(entry)).hexdigest()


def record(tx: Transaction, round_number: int, kind: str, body: Mapping[str, Any], now: datetime) -> str:
    """Append one entry; the round's row must be locked. Returns the new head."""
    last = tx.one("audit_last", round=round_number)
    seq, previous = (last.seq + 1, last.hash) if last else (1, ORIGIN)
    text = rfc8785.dumps(dict(body)).decode()
    at = instant(now)
    head = entry_hash(previous, round_number=round_number, seq=seq, at=at, kind=kind, body=text)
    tx.run("audit_insert", round=round_number, seq=seq, at=at, kind=kind, body=text, hash=head)
    return head


def broken_link(round_number: int, entries: Iterable[Any]) -> str | None:
    """What is wrong with a chain of entries, or None."""
    previous, expected = ORIGIN, 1
    for entry in entries:
        if entry.seq != expected:
            return f"audit entry {expected} is missing"
        if entry.hash != entry_hash(
            previous, round_number=round_number, seq=entry.seq, at=entry.at, kind=entry.kind, body=entry.body
        ):
            return f"audit entry {entry.seq} ({entry.kind}) was changed: its hash does not hold"
        previous, expected = entry.hash, expected + 1
    return None


def digest(value: Any) -> str:
    """SHA-256 of a value's canonical JSON, for what is too long to stand in the log itself."""
    return sha256(rfc8785.dumps(value)).hexdigest()
