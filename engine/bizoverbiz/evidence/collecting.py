"""Reading from the database what a member may show of a round."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from bizoverbiz.errors import NotFoundError
from bizoverbiz.evidence.contents import Core
from bizoverbiz.members.joining import key_set
from bizoverbiz.rounds.audit import PUBLIC
from bizoverbiz.store.database import Transaction


def collect(tx: Transaction, number: int, member: UUID) -> Core:
    """The core of the member's pack of round `number`, in the member's own scope or the operator's.

    Raises `NotFoundError` if nothing of the member was set off in the round.
    """
    notices = {row.number: row.jws for row in tx.all("notices_in_round", round=number, member=member)}
    if not notices:
        raise NotFoundError(f"there is no notice of this member in round {number}: nothing of it was set off there")
    readable = {
        row.seq: {"at": row.at, "kind": row.kind, "body": row.body, "salt": row.salt}
        for row in tx.all("audit_entries_own", round=number, member=member, kinds=list(PUBLIC))
    }
    log: list[dict[str, Any]] = [
        {"seq": row.seq, "entry": row.entry, "hash": row.hash} | readable.get(row.seq, {})
        for row in tx.all("audit_links", round=number)
    ]
    snapshots = {
        row.currency: tx.one("snapshot", statement=row.id).text
        for row in tx.all("statements_in_round", round=number, member=member)
    }
    return Core(key_set(tx), log, snapshots, notices)
