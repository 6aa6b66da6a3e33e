"""A member's profile: what it says of itself, and whether anybody finds it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from bizoverbiz.directory import listing
from bizoverbiz.errors import NotFoundError
from bizoverbiz.matching import Absence
from bizoverbiz.members import events
from bizoverbiz.members.events import instant
from bizoverbiz.members.standing import absence, check_may_declare
from bizoverbiz.store.database import Transaction


def profile(tx: Transaction, *, member: UUID) -> dict[str, Any]:
    """The member's own profile in the protocol's words. Raises `NotFoundError` before there is one."""
    row = tx.one("profile_own", member=member)
    if row is None:
        raise NotFoundError("you have no profile yet: PUT /v1/profile")
    own = tx.one("member_get", member=member)
    return {
        **row.content,
        "published": row.published_at is not None,
        "identifier": own.identifier,
        "name": own.name,
        "edited_by": row.edited_by,
        "edited_at": instant(row.edited_at),
        "published_at": instant(row.published_at),
    }


def put(
    tx: Transaction,
    *,
    member: UUID,
    content: Mapping[str, Any],
    published: bool,
    edited_by: str,
    now: datetime,
    name: str | None = None,
) -> None:
    """Say what the member sells and buys, in place of what it said before; with `published` everybody finds it.

    `name` is what the firm is called now, if it says so. Raises `MalformedError` for what does not exist,
    `SuspendedError` and `LeftError`.
    """
    own = tx.one("member_get", member=member)
    check_may_declare(own)
    if name and tx.run("member_rename", member=member, name=name):
        events.record(tx, member, "renamed", {"from": own.name, "to": name}, now=now, answered_by=edited_by)
        own = own._replace(name=name)
    before = tx.one("profile_own", member=member)
    since = before.published_at if before else None
    # Also what is not published is looked through: a mistake is told now, not at the publication.
    entry = listing.listing(own.identifier, own.name, content, member=member)
    tx.run(
        "profile_put",
        member=member,
        content=json.dumps(dict(content)),
        edited_by=edited_by,
        now=now,
        published_at=(since or now) if published else None,
    )
    tx.run("listing_remove", identifier=own.identifier)
    if published and absence(own) is not Absence.INSOLVENT:
        listing.insert(tx, [entry])
    if not published:
        take_back(tx, member=member, by=edited_by, now=now)


def withdraw(tx: Transaction, *, member: UUID, by: str, now: datetime) -> None:
    """Nobody finds the member from now on, and what it said is forgotten; that it has withdrawn is not."""
    own = tx.one("member_get", member=member)
    tx.run("profile_put", member=member, content=None, edited_by=by, now=now, published_at=None)
    tx.run("listing_remove", identifier=own.identifier)
    take_back(tx, member=member, by=by, now=now)


def take_back(tx: Transaction, *, member: UUID, by: str, now: datetime) -> None:
    """What was given to others of the member's contact is theirs no more; who waits for an answer waits no more."""
    tx.run("contacts_take_back", member=member, edited_by=by, now=now)
