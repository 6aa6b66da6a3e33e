"""Which copy of a member's books is the live one: remembered, doubted, confirmed."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from bizoverbiz.errors import MalformedError, NotFoundError, NotTheLiveCopyError
from bizoverbiz.members import events
from bizoverbiz.members.lineage import TAKEN, Known, Mark, Verdict, judge
from bizoverbiz.members.lineage import confirm as confirmed
from bizoverbiz.store.database import Transaction

_WAY_OUT = (
    "an administrator of the firm confirms the live copy in that copy itself (POST /v1/member/copy), or the network's "
    "operator does"
)
_REFUSALS = {
    Verdict.DIVERGED: "two copies of your books have gone on from the same exchange: this copy may read, and neither "
    f"writes until {_WAY_OUT}",
    Verdict.IN_DOUBT: f"two copies of your books have written here: they may read, and neither writes until {_WAY_OUT}",
    Verdict.REFUTED: "another copy of your books was confirmed as the live one: this one may read, not write; "
    f"disconnect it, or, if it is to be the live one, {_WAY_OUT}",
    Verdict.OVERTAKEN: "your books have had a newer exchange since this request was signed: send it again in a new "
    "exchange; if it comes from a copy, disconnect that",
    Verdict.MISSING: "your books have sent the header BizOverBiz-Lineage before and this request has none: it comes "
    f"from an older copy or older software, which may read, not write, until {_WAY_OUT}",
}


def check(tx: Transaction, member: UUID, mark: Mark | None, created: datetime, now: datetime) -> Verdict:
    """Judge a write, and remember what that changes. Commit before refusing: doubt has to last."""
    verdict, _ = judge(_known(tx.one("copy_get", member=member)), mark, created)
    if verdict not in (Verdict.FOLLOWS, Verdict.DIVERGED, Verdict.IN_DOUBT):
        return verdict
    row = _locked(tx, member)
    before = _known(row)
    verdict, after = judge(before, mark, created)
    if after != before:
        _save(tx, member, after, since=row.in_doubt_since or now)
    if verdict is Verdict.DIVERGED:
        events.record(tx, member, "copy-in-doubt", _short(before.current, mark), now=now)
    return verdict


def recheck(tx: Transaction, member: UUID, mark: Mark | None, created: datetime) -> None:
    """Look once more in the transaction that writes; until it ends nobody finds another copy to be the live one.

    Raises `NotTheLiveCopyError`.
    """
    refuse(judge(_known(tx.one("copy_hold", member=member)), mark, created)[0])


def refuse(verdict: Verdict) -> None:
    """Raises `NotTheLiveCopyError` unless the write is taken."""
    if verdict not in TAKEN:
        raise NotTheLiveCopyError(_REFUSALS[verdict])


def confirm(
    tx: Transaction,
    member: UUID,
    *,
    mark: Mark | None,
    created: datetime,
    database: UUID,
    last_notice: int,
    answered_by: str,
    now: datetime,
) -> dict[str, Any]:
    """The copy that signs this is the live one; every other one is refuted, and notices it lacks are open again.

    `last_notice` is the last notice its books contain. Raises `MalformedError`, or `NotTheLiveCopyError` if a newer
    exchange or confirmation has overtaken this one.
    """
    own = tx.one("member_get", member=member)
    if last_notice > own.last_notice:
        raise MalformedError(
            f"last_notice is {last_notice}, but the last notice issued to you is {own.last_notice}", field="last_notice"
        )
    before = _known(_locked(tx, member))
    stands = mark is not None and before.current in (mark.previous, mark.new)
    if not stands and before.latest is not None and created < before.latest:
        refuse(Verdict.OVERTAKEN)
    _save(tx, member, confirmed(before, mark, created))
    tx.run("member_database", member=member, database=database)
    reopened = _reopen(tx, member, last_notice)
    tx.run("stored_answers_of_keys_forget", member=member)
    content = _short(mark.new if mark else None) | {
        "database": str(database),
        "last_notice": last_notice,
        "reopened": reopened,
    }
    events.record(tx, member, "copy-confirmed", content, now=now, answered_by=answered_by)
    return {"database": str(database), "last_notice": own.last_notice, "reopened": [row["number"] for row in reopened]}


def confirm_by_operator(
    tx: Transaction, member: UUID, token: str, *, last_notice: int | None, now: datetime
) -> list[int]:
    """The copy whose token begins with `token` is the live one. Returns the notices that are open again.

    Raises `NotFoundError` unless exactly one token, the standing one or one in dispute, begins so.
    """
    before = _known(_locked(tx, member))
    candidates = [one for one in {before.current, *before.disputed} if one and one.startswith(token)]
    if len(candidates) != 1:
        raise NotFoundError(f"{len(candidates)} copies have a mark that begins with {token}: see `members copies`")
    _save(tx, member, confirmed(before, Mark(None, candidates[0]), before.latest or now))
    reopened = [] if last_notice is None else _reopen(tx, member, last_notice)
    tx.run("stored_answers_of_keys_forget", member=member)
    content = _short(candidates[0]) | {"last_notice": last_notice, "reopened": reopened, "by": "operator"}
    events.record(tx, member, "copy-confirmed", content, now=now)
    return [row["number"] for row in reopened]


def forget(tx: Transaction, member: UUID) -> None:
    """The member has joined anew: no older copy can sign any more, and the first mark is taken as it comes."""
    _locked(tx, member)
    _save(tx, member, Known())


def _reopen(tx: Transaction, member: UUID, last_notice: int) -> list[dict[str, Any]]:
    # What was said of the lost bookings is kept in the event.
    reopened = [
        {"number": row.number, "acknowledged_at": events.instant(row.acknowledged_at), "booked": row.booked}
        for row in tx.all("notices_acknowledged_after", member=member, number=last_notice)
    ]
    tx.run("notices_reopen", member=member, number=last_notice)
    return reopened


def _locked(tx: Transaction, member: UUID) -> Any:
    tx.run("copy_insert", member=member)
    return tx.one("copy_lock", member=member)


def _known(row: Any) -> Known:
    if row is None:
        return Known()
    return Known(
        row.mark, row.marked_at, row.in_doubt_since is not None, frozenset(row.disputed), frozenset(row.refuted)
    )


def _save(tx: Transaction, member: UUID, known: Known, *, since: datetime | None = None) -> None:
    tx.run(
        "copy_update",
        member=member,
        mark=known.current,
        marked_at=known.latest,
        in_doubt_since=since if known.in_doubt else None,
        disputed=sorted(known.disputed),
        refuted=sorted(known.refuted),
    )


def _short(standing: str | None, newcomer: Mark | None = None) -> dict[str, Any]:
    """Enough of a token to tell copies apart, too little to pass for one."""
    told = {"mark": standing and standing[:8]}
    return told | ({"newcomer": newcomer.new[:8]} if newcomer else {})
