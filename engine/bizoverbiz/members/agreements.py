"""The members' framework agreement: its versions, and who accepted which."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from bizoverbiz.errors import AgreementDiffersError, WrongInputError
from bizoverbiz.members import events
from bizoverbiz.members.standing import check_belongs
from bizoverbiz.store.database import Transaction

_SHA256 = re.compile("[0-9a-f]{64}")


def day(now: datetime) -> date:
    """A version comes into force at 00:00 UTC of its date."""
    return now.astimezone(UTC).date()


def current_and_next(tx: Transaction, now: datetime) -> tuple[Any, Any]:
    """The version in force, by its date, and the one announced after it (or None)."""
    versions = tx.all("agreements")
    past = [one for one in versions if one.in_force_from <= day(now)]
    assert past, "the network is founded with a version in force"
    coming = versions[len(past) :]
    return past[-1], coming[0] if coming else None


def publish(tx: Transaction, version: str, *, in_force_from: date, sha256: str | None, now: datetime) -> bool:
    """Announce a version; from its date on, whoever has not accepted it takes no part. Returns whether it is new.

    `sha256` is the hash of the text members accept, in hex. Raises `WrongInputError`.
    """
    if sha256 is not None and not _SHA256.fullmatch(sha256):
        raise WrongInputError("--sha256 has to be 64 hex digits, as sha256sum prints them")
    tx.one("agreement_lock")
    versions = {one.version: one for one in tx.all("agreements")}
    if (known := versions.get(version)) is not None:
        if (known.in_force_from, known.sha256) == (in_force_from, sha256):
            return False
        raise WrongInputError(
            f"version {version} is published already, in force from {known.in_force_from}: members may have accepted "
            "it as it is; publish another version"
        )
    if in_force_from < day(now):
        raise WrongInputError(f"{in_force_from} is past: nobody can have accepted {version} by then")
    if (last := max(one.in_force_from for one in versions.values())) >= in_force_from:
        raise WrongInputError(f"a version is in force from {last} already: a newer one needs a later date")
    tx.run("agreement_insert", version=version, in_force_from=in_force_from, sha256=sha256, now=now)
    put_in_force(tx, now=now)
    return True


def put_in_force(tx: Transaction, *, now: datetime) -> bool:
    """Once a version's date has come, whoever has not accepted it takes no part. Returns whether one has come."""
    due = tx.one("agreement_due", day=day(now))
    if due is None:
        return False
    # Nobody accepts meanwhile: the next statement sees every acceptance there is.
    tx.one("agreement_lock")
    tx.run("agreement_put_in_force", version=due.version)
    tx.run("members_lapse", version=due.version)
    return True


def accept(tx: Transaction, *, member: UUID, version: str, answered_by: str | None, keyid: str, now: datetime) -> None:
    """Keep that the member accepts a version, the one in force or the next; again, it changes nothing.

    Raises `AgreementDiffersError`.
    """
    tx.one("agreement_lock_shared")
    check_acceptable(tx, version, now)
    tx.run("acceptance_insert", member=member, version=version, answered_by=answered_by, keyid=keyid, now=now)
    current, _ = current_and_next(tx, now)
    tx.run("member_agree", member=member, in_force=current.version)
    tx.run("change_insert", member=member)


def accept_own(tx: Transaction, member: UUID, *, version: str, answered_by: str, keyid: str, now: datetime) -> None:
    """A member accepts. Raises `AgreementDiffersError`, and `LeftError` once it has left."""
    check_belongs(tx.one("member_get", member=member))
    accept(tx, member=member, version=version, answered_by=answered_by, keyid=keyid, now=now)


def check_acceptable(tx: Transaction, version: str, now: datetime) -> None:
    """Raises `AgreementDiffersError` unless the version is in force or the next to come."""
    current, following = current_and_next(tx, now)
    acceptable = [one.version for one in (current, following) if one is not None]
    if version in acceptable:
        return
    words = f"version {current.version} is in force" + (
        f", version {following.version} from {following.in_force_from}" if following else ""
    )
    raise AgreementDiffersError(
        f"version {version} of the framework agreement cannot be accepted: in this network {words}",
        acceptable=acceptable,
    )


def describe(row: Any, current: Any, following: Any) -> dict[str, Any]:
    """A version, and when the member accepted it."""
    if row.version == current.version:
        state = "in-force"
    elif following and row.version == following.version:
        state = "next"
    else:
        state = "past" if row.in_force_from < current.in_force_from else "announced"
    return {
        "version": row.version,
        "in_force_from": row.in_force_from.isoformat(),
        "sha256": row.sha256,
        "state": state,
        "accepted_at": events.instant(row.accepted_at),
        "answered_by": row.answered_by,
    }
