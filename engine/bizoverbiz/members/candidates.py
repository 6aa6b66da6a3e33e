"""Firms that members put forward: each asked to join, and joins only once the operator has accepted it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from bizoverbiz.errors import AlreadyAMemberError, NotFoundError, TooLateError, TooManyCandidatesError
from bizoverbiz.members import joining, standing
from bizoverbiz.members.events import instant
from bizoverbiz.members.invitation import Invitation
from bizoverbiz.store.database import Transaction

#: That one member may have waiting for the operator's answer.
MOST_PENDING = 1000


@dataclass(frozen=True, slots=True)
class Request:
    """What a firm said of itself when it asked to join."""

    identifier: str
    name: str
    country: str
    #: Who asked for it, and where the operator reaches that person.
    contact_name: str
    contact_email: str
    #: ISO 639-1, for the operator's answer; None if it was not said.
    language: str | None


def put_forward(tx: Transaction, *, member: UUID, request: Request, now: datetime) -> dict[str, Any]:
    """Keep a firm's request to join. The same firm again corrects the contact as long as nobody has answered.

    The scope asks for `request.identifier`. Raises `AlreadyAMemberError`, `TooManyCandidatesError`, or `SuspendedError`
    and `LeftError` of the member that puts it forward.
    """
    standing.check_may_declare(tx.one("member_get", member=member))
    if tx.all("members_asked", identifiers=[request.identifier]):
        raise AlreadyAMemberError(f"{request.identifier} is a member already: nobody needs to join", field="identifier")
    tx.one("candidates_lock", member=member)
    known = tx.one("candidate_own", member=member, identifier=request.identifier)
    if known is None and tx.one("candidates_count", member=member).count >= MOST_PENDING:
        raise TooManyCandidatesError(
            f"{MOST_PENDING} firms you have put forward wait for the operator's answer: wait for some of them"
        )
    tx.run(
        "candidate_put_forward",
        id=uuid4(),
        member=member,
        identifier=request.identifier,
        name=request.name,
        country=request.country,
        contact_name=request.contact_name,
        contact_email=request.contact_email,
        language=request.language,
        now=now,
    )
    return describe(tx.one("candidate_own", member=member, identifier=request.identifier))


def describe(row: Any) -> dict[str, Any]:
    """A candidate as the member that put it forward is told; where it is reached is the operator's to know."""
    return {
        "id": str(row.id),
        "identifier": row.identifier,
        "name": row.name,
        "state": row.state,
        "reason": row.reason,
        "asked_at": instant(row.asked_at),
        "settled_at": instant(row.settled_at),
    }


def accept(tx: Transaction, candidate: UUID, *, url: str, valid: timedelta, now: datetime) -> tuple[Any, Invitation]:
    """Accept a candidate: its row, and a new invitation for it alone, for the operator to hand over.

    Also a second time, should the first invitation have expired, and after a refusal.
    Raises `NotFoundError`, `AlreadyAMemberError`.
    """
    row = _locked(tx, candidate)
    if tx.one("member_id", identifier=row.identifier) is not None:
        raise AlreadyAMemberError(
            f"{row.identifier} is a member already, or was: bizoverbiz invitation create --renew {row.identifier}"
        )
    tx.run("candidate_settle", id=candidate, state="accepted", reason=None, now=now)
    return row, joining.invite(tx, url=url, valid=valid, now=now, identifier=row.identifier)


def refuse(tx: Transaction, candidate: UUID, *, reason: str, now: datetime) -> Any:
    """Refuse a candidate; `reason` is told to whoever put it forward, and its contact is forgotten.

    Raises `NotFoundError`, and `TooLateError` once it was accepted: its invitation may be in its hands.
    """
    row = _locked(tx, candidate)
    if row.state == "accepted":
        raise TooLateError(f"{row.identifier} was accepted at {instant(row.settled_at)} and may have joined")
    tx.run("candidate_settle", id=candidate, state="refused", reason=reason, now=now)
    return row


def _locked(tx: Transaction, candidate: UUID) -> Any:
    row = tx.one("candidate_lock", id=candidate)
    if row is None:
        raise NotFoundError(f"there is no candidate {candidate}: bizoverbiz candidates list")
    return row
