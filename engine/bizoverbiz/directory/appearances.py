"""How often a member is found, and by which words: counted apart, so that nobody learns by whom."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from bizoverbiz.store.database import Transaction

KEPT = timedelta(days=365)


def note(tx: Transaction, found: Mapping[str, Iterable[str]], *, finder: UUID, now: datetime) -> None:
    """Remember which firms were found, and by which words. The same find counts once a day."""
    rows = [
        {"identifier": identifier, "keyword": word} for identifier, words in found.items() for word in ("", *set(words))
    ]
    if rows:
        tx.run("appearances_insert", rows=json.dumps(rows), member=finder, day=now.astimezone(UTC).date())


def count(tx: Transaction, *, now: datetime) -> None:
    """Count anew those that were found since the last look, and forget what is a year old."""
    tx.run("appearances_forget", before=(now - KEPT).astimezone(UTC).date())
    tx.run("appearances_uncount")
    tx.run("appearances_count")
    tx.run("appearances_counted")


def counts(tx: Transaction, *, member: UUID) -> dict[str, Any]:
    """What a member is told of it."""
    rows = tx.all("appearance_counts", member=member)
    whole = next((row for row in rows if not row.keyword), None)
    return {
        "since": whole and whole.since.isoformat(),
        "found": whole.found if whole else 0,
        "keywords": [{"keyword": row.keyword, "found": row.found} for row in rows if row.keyword],
    }
