"""Whether a member takes part, and if not, why."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from bizoverbiz.directory import listing
from bizoverbiz.errors import (
    AgreementNotAcceptedError,
    InsolventError,
    LeftError,
    NotFoundError,
    RefusedError,
    SuspendedError,
    WrongInputError,
)
from bizoverbiz.matching import Absence
from bizoverbiz.members import events
from bizoverbiz.store.database import Transaction

_REFUSALS: dict[Absence, tuple[type[RefusedError], str]] = {
    Absence.LEFT: (LeftError, "you have left the network: ask its operator for an invitation that renews"),
    Absence.SUSPENDED: (SuspendedError, "your membership is suspended: ask the network's operator"),
    Absence.INSOLVENT: (
        InsolventError,
        "the network's operator has noted insolvency proceedings against you: ask the operator if that is wrong",
    ),
    Absence.AGREEMENT: (
        AgreementNotAcceptedError,
        "you have not accepted the framework agreement in force (GET /v1/agreements): PUT /v1/member/agreement",
    ),
}
#: With these a member's lines are not even kept; the others' are, and match again once the reason is gone.
_SILENT = (Absence.LEFT, Absence.SUSPENDED)


def absence(member: Any) -> Absence | None:
    """Why this row of `member` takes no part; None if it does. The first reason that a member cannot lift itself."""
    if member.takes_part:
        return None
    if member.status != "active":
        return Absence(member.status)
    return Absence.INSOLVENT if member.insolvent_since else Absence.AGREEMENT


def check_belongs(member: Any) -> None:
    """Raises `LeftError`."""
    if absence(member) is Absence.LEFT:
        _refuse(Absence.LEFT, "nothing can be changed")


def check_may_declare(member: Any) -> None:
    """Raises `SuspendedError` or `LeftError`."""
    reason = absence(member)
    if reason in _SILENT:
        _refuse(reason, "nothing is declared")


def check_may_approve(member: Any) -> None:
    """Raises what `check_may_declare` raises, `InsolventError` or `AgreementNotAcceptedError`."""
    reason = absence(member)
    if reason is not None:
        _refuse(reason, "you may refuse this statement, not approve it")


def _refuse(reason: Absence, consequence: str) -> None:
    error, words = _REFUSALS[reason]
    raise error(f"{words}; until then {consequence}")


def set_standing(tx: Transaction, identifier: str, *, status: str, now: datetime | None = None) -> None:
    """Suspend a member or take it back; what concerns it is matched again. Raises `NotFoundError`."""
    row = tx.one("member_set_status", identifier=identifier, status=status)
    if row is None:
        raise NotFoundError(f"there is no member {identifier} that is not {status} already, or it has left")
    _follow(tx, row.id)
    _changed(tx, row.id, "suspended" if status == "suspended" else "resumed", now)


def set_insolvent(tx: Transaction, identifier: str, since: date | None, *, now: datetime | None = None) -> list[int]:
    """Note that insolvency proceedings against a member were opened on a day, or with None that there are none.

    Returns the numbers of the member's notices decided from that day on (UTC): a court or its administrator may
    question them. Raises `NotFoundError`, or `WrongInputError` for a day that has not come.
    """
    moment = now or datetime.now(UTC)
    if since and since > moment.astimezone(UTC).date():
        raise WrongInputError(f"{since} has not come yet: note the proceedings from the day they are opened")
    row = tx.one("member_set_insolvent", identifier=identifier, since=since)
    if row is None:
        said = f"in insolvency proceedings since {since}" if since else "not in insolvency proceedings"
        raise NotFoundError(f"there is no member {identifier}, or it is {said} already")
    content = {"since": since.isoformat()} if since else {}
    _follow(tx, row.id)
    _changed(tx, row.id, "insolvent" if since else "insolvency-lifted", moment, content)
    if since is None:
        return []
    begin = datetime(since.year, since.month, since.day, tzinfo=UTC)
    return [notice.number for notice in tx.all("notices_decided_since", member=row.id, since=begin)]


def _follow(tx: Transaction, member: UUID) -> None:
    """Nobody finds who is suspended or in insolvency proceedings; who has only to accept an agreement is found."""
    own = tx.one("member_get", member=member)
    reason = absence(own)
    listing.follow(tx, own, found=reason in (None, Absence.AGREEMENT))


def _changed(
    tx: Transaction, member: UUID, kind: str, now: datetime | None, content: dict[str, Any] | None = None
) -> None:
    tx.run("change_insert", member=member)
    events.record(tx, member, kind, content, now=now or datetime.now(UTC))
