"""What has happened to a membership, kept for good: joining, keys, standing, copies of the books."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from bizoverbiz.store.database import Transaction


def record(
    tx: Transaction,
    member: UUID,
    kind: str,
    content: Mapping[str, Any] | None = None,
    *,
    now: datetime,
    answered_by: str | None = None,
) -> None:
    """Append an event. `answered_by` is who did it on the member's side, as far as it says so."""
    tx.run(
        "event_insert",
        member=member,
        kind=kind,
        content=json.dumps(content or {}),
        answered_by=answered_by,
        now=now,
    )


def instant(moment: datetime | None) -> str | None:
    """RFC 3339 in UTC, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None
