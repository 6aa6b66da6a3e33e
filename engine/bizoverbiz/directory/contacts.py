"""Members ask each other for a contact; it is given by consent, and may be taken back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from bizoverbiz.errors import NotFoundError, TooLateError, TooManyContactRequestsError
from bizoverbiz.members.events import instant
from bizoverbiz.members.standing import check_may_declare
from bizoverbiz.store.database import Transaction

#: That one member may have waiting for an answer.
MOST_OPEN = 100
#: Before a firm that has declined may be asked again.
PAUSE = timedelta(days=90)
#: How long an answered request, or one nobody answers, is kept.
KEPT = timedelta(days=365)


def ask(
    tx: Transaction, *, member: UUID, identifier: str, message: str, asked_by: str, now: datetime
) -> dict[str, Any]:
    """Ask a member that is in the directory; again, the message of the open request is changed.

    The scope asks for `identifier`. Raises `NotFoundError`, `TooManyContactRequestsError`, `TooLateError`.
    """
    own = tx.one("member_get", member=member)
    check_may_declare(own)
    entry = tx.one("listing_get", identifier=identifier)
    asked = tx.one("member_id", identifier=identifier)
    if entry is None or asked is None or asked.id == member:
        raise NotFoundError(f"{identifier} is not in the directory as a member: only who is can be asked")
    tx.one("contact_requests_lock", member=member)
    last = tx.one("contact_request_last", member=member, asked=asked.id)
    if last is not None and last.state == "open":
        tx.run("contact_request_say", id=last.id, member=member, message=message, asked_by=asked_by)
        return describe(tx.one("contact_request_get", id=last.id, member=member), member)
    if last is not None and last.state == "declined" and now < last.answered_at + PAUSE:
        raise TooLateError(
            f"{identifier} declined on {last.answered_at:%Y-%m-%d}: ask again after {last.answered_at + PAUSE:%Y-%m-%d}"
        )
    if tx.one("contact_requests_count", member=member).count >= MOST_OPEN:
        raise TooManyContactRequestsError(f"{MOST_OPEN} requests of yours wait for an answer: wait for some of them")
    key = uuid4()
    tx.run(
        "contact_request_insert",
        id=key,
        member=member,
        asked_id=asked.id,
        asker=own.identifier,
        asker_name=own.name,
        asked=identifier,
        asked_name=entry.name,
        message=message,
        asked_by=asked_by,
        now=now,
    )
    return describe(tx.one("contact_request_get", id=key, member=member), member)


def answer(
    tx: Transaction,
    request: UUID,
    *,
    member: UUID,
    accept: bool,
    answered_by: str,
    contact: Mapping[str, Any] | None,
    now: datetime,
) -> dict[str, Any]:
    """Give a contact, the profile's if none is named, or give none. Raises `NotFoundError`."""
    row = tx.one("contact_request_get", id=request, member=member)
    if row is None or row.asked_id != member:
        raise NotFoundError(f"nobody asks you for a contact under {request}: GET /v1/contact-requests?side=received")
    if accept and contact is None:
        own = tx.one("profile_own", member=member)
        contact = own.content.get("contact") if own else None
    tx.run(
        "contact_request_answer",
        id=request,
        member=member,
        state="accepted" if accept else "declined",
        answered_by=answered_by,
        contact=json.dumps(dict(contact)) if accept and contact else None,
        now=now,
    )
    return describe(tx.one("contact_request_get", id=request, member=member), member)


def describe(row: Any, member: UUID) -> dict[str, Any]:
    """A request as this side of it is told."""
    sent = row.asker_id == member
    return {
        "id": str(row.id),
        "side": "sent" if sent else "received",
        "counterpart": row.asked if sent else row.asker,
        "counterpart_name": row.asked_name if sent else row.asker_name,
        "message": row.message,
        "asked_by": row.asked_by,
        "asked_at": instant(row.asked_at),
        "state": row.state,
        "answered_at": instant(row.answered_at),
        "contact": row.contact,
    }
