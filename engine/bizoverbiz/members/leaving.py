"""A member leaves the network: in no new round, nothing approved, nothing declared any more."""

from __future__ import annotations

import json
from datetime import datetime
from uuid import UUID

from bizoverbiz.directory import listing, profiles
from bizoverbiz.members import events
from bizoverbiz.store.database import Transaction

REASON = "the member has left the network"


def leave(tx: Transaction, member: UUID, *, answered_by: str, reason: str | None, now: datetime) -> bool:
    """Let the member go; returns whether it was not gone already.

    What it approved in rounds that are not decided counts as refused, its declarations are withdrawn, its mandate
    ends, nobody finds it any more. Its keys go on signing: decided notices are still to be fetched and acknowledged.
    Only an invitation that renews takes it back.
    """
    # In the order a decision locks: statements, declarations, members.
    undecided = tx.all("statements_undecided_lock", member=member)
    version = tx.one("declarant_hold", member=member).version
    if not tx.run("member_leave", member=member):
        return False
    said = json.dumps({"answer": "refuse", "answered_by": answered_by, "reason": REASON})
    for row in undecided:
        tx.run("statement_answer", statement=row.id, state="refused", answered_by=answered_by, reason=REASON, now=now)
        tx.run("answer_insert", statement=row.id, member=member, now=now, content=said)
    tx.run("mandate_end", member=member, ended_by=answered_by, now=now)
    tx.run("batches_supersede", member=member)
    tx.one("declarations_withdraw", member=member, version=version)
    if tx.one("profile_own", member=member) is not None:
        profiles.withdraw(tx, member=member, by=answered_by, now=now)
    else:
        listing.follow(tx, tx.one("member_get", member=member), found=False)
    tx.run("change_insert", member=member)
    events.record(tx, member, "left", {"reason": reason}, now=now, answered_by=answered_by)
    return True
