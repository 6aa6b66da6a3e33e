"""Invitations and joining."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_urlsafe
from typing import Any
from uuid import UUID, uuid4

from bizoverbiz.errors import (
    AlreadyAMemberError,
    InvitationInvalidError,
    InvitationUsedError,
    MisconfiguredError,
    NotFoundError,
)
from bizoverbiz.members import agreements, copies, events
from bizoverbiz.members.invitation import Invitation
from bizoverbiz.members.standing import absence
from bizoverbiz.notices import SigningKey
from bizoverbiz.store.database import Transaction


@dataclass(frozen=True, slots=True)
class Candidate:
    """A firm that asks to join; its signature has been verified with the key it brings."""

    identifier: str
    name: str
    country: str
    #: The version of the members' framework agreement it accepts.
    agreement: str
    #: The database its books are in.
    database: UUID
    keyid: str
    x: str
    #: Who accepts the agreement for it, as far as that is said.
    answered_by: str | None = None


def found_network(tx: Transaction, *, name: str, agreement: str, key: SigningKey, now: datetime) -> None:
    """Raises `MisconfiguredError` if this database serves a network already."""
    check_unfounded(tx)
    tx.run("network_insert", name=name, agreement=agreement, now=now)
    tx.run("agreement_insert", version=agreement, in_force_from=agreements.day(now), sha256=None, now=now)
    tx.run("engine_key_insert", keyid=key.keyid, x=key.x, now=now)


def check_unfounded(tx: Transaction) -> None:
    """Raises `MisconfiguredError` if this database serves a network already."""
    if (existing := tx.one("network")) is not None:
        raise MisconfiguredError(f"this database serves the network {existing.name} already")


def network(tx: Transaction) -> Any:
    row = tx.one("network")
    if row is None:
        raise MisconfiguredError("no network is founded yet: run `bizoverbiz network init`")
    return row


def key_set(tx: Transaction) -> dict[str, list[dict[str, str]]]:
    """The public keys notices are signed with, as a JWK set (RFC 7517)."""
    return {
        "keys": [
            {"kty": "OKP", "crv": "Ed25519", "x": key.x, "kid": key.keyid, "use": "sig", "alg": "Ed25519"}
            for key in tx.all("engine_keys")
        ]
    }


def invite(
    tx: Transaction,
    *,
    url: str,
    valid: timedelta,
    now: datetime,
    identifier: str | None = None,
    renews: str | None = None,
) -> Invitation:
    """Make a new invitation to join at `url`; only its secret's hash is kept.

    `identifier` is the canonical identifier of the one firm that may join with it; None lets in any firm.
    `renews` is the identifier of a member whose key was lost or whose books have moved: whoever joins with such an
    invitation speaks for that member, and its older keys no longer do. Raises `NotFoundError`.
    """
    member = tx.one("member_id", identifier=renews) if renews else None
    if renews and member is None:
        raise NotFoundError(f"there is no member {renews}")
    name = network(tx).name
    secret = token_urlsafe(32)
    tx.run(
        "invitation_insert",
        secret_hash=secret_hash(secret),
        now=now,
        expires_at=now + valid,
        identifier=identifier,
        renews=member.id if member else None,
    )
    return Invitation(url, name, [key.keyid for key in tx.all("engine_keys")], secret)


def secret_hash(secret: str) -> str:
    """How an invitation is found; 256 random bits need no slow hash."""
    return sha256(secret.encode()).hexdigest()


def join(tx: Transaction, candidate: Candidate, *, invitation: str, now: datetime) -> dict[str, Any]:
    """Make the candidate a member. `invitation` is the hash set in the transaction's scope.

    Raises `InvitationInvalidError`, `InvitationUsedError`, `AgreementDiffersError`, `AlreadyAMemberError`.
    """
    found = tx.one("invitation_lock", secret_hash=invitation)
    if found is None:
        raise InvitationInvalidError(
            "this invitation is not known here: ask the operator for a new one", field="invitation"
        )
    if found.used_at is not None:
        raise InvitationUsedError(
            "this invitation was used already: ask the operator for a new one", field="invitation"
        )
    if found.expires_at <= now:
        raise InvitationInvalidError(
            f"this invitation expired at {found.expires_at:%Y-%m-%d %H:%M} UTC: ask the operator for a new one",
            field="invitation",
        )
    if found.identifier not in (None, candidate.identifier):
        raise InvitationInvalidError(
            f"this invitation is made for another firm than {candidate.identifier}: check the identifier, or ask the "
            "operator for an invitation for this firm",
            field="invitation",
        )
    agreements.check_acceptable(tx, candidate.agreement, now)
    member = _renew(tx, found.renews, candidate, now) if found.renews else _admit(tx, candidate, now)
    if not tx.run("member_key_insert", keyid=candidate.keyid, member=member, x=candidate.x, now=now):
        raise AlreadyAMemberError("this key belongs to a member already: create a new one", field="public_key")
    agreements.accept(
        tx,
        member=member,
        version=candidate.agreement,
        answered_by=candidate.answered_by,
        keyid=candidate.keyid,
        now=now,
    )
    events.record(tx, member, "renewed" if found.renews else "joined", {"keyid": candidate.keyid}, now=now)
    tx.run("invitation_use", id=found.id, member=member, now=now)
    return describe(tx, member=member, keyid=candidate.keyid)


def _admit(tx: Transaction, candidate: Candidate, now: datetime) -> UUID:
    member = uuid4()
    tx.set("bizoverbiz.member", str(member))
    inserted = tx.run(
        "member_insert",
        id=member,
        identifier=candidate.identifier,
        name=candidate.name,
        country=candidate.country,
        agreement=candidate.agreement,
        database=candidate.database,
        now=now,
    )
    if not inserted:
        raise AlreadyAMemberError(
            f"{candidate.identifier} is a member already: if its key was lost or its books have moved, ask the "
            "operator for an invitation that renews it",
            field="identifier",
        )
    return member


def _renew(tx: Transaction, member: UUID, candidate: Candidate, now: datetime) -> UUID:
    tx.set("bizoverbiz.member", str(member))
    if tx.one("member_get", member=member).identifier != candidate.identifier:
        raise InvitationInvalidError("this invitation renews another member: ask the operator", field="invitation")
    tx.run("member_keys_revoke", member=member, now=now)
    copies.forget(tx, member)
    tx.run("member_move", member=member, database=candidate.database)
    return member


def describe(tx: Transaction, *, member: UUID, keyid: str) -> dict[str, Any]:
    """The member as it is told about itself."""
    row, copy = tx.one("member_get", member=member), tx.one("copy_get", member=member)
    return {
        "member": str(row.id),
        "identifier": row.identifier,
        "name": row.name,
        "network": network(tx).name,
        "agreement": row.agreement,
        "keyid": keyid,
        "last_notice": row.last_notice,
        "status": row.status,
        "takes_part": row.takes_part,
        "absence": absence(row),
        "in_doubt_since": events.instant(copy.in_doubt_since) if copy else None,
    }


def asked(tx: Transaction, identifiers: Mapping[str, str]) -> list[str]:
    """Which of the identifiers are members'. `identifiers` gives each one's canonical form; the scope names those."""
    found = {row.identifier for row in tx.all("members_asked", identifiers=sorted(set(identifiers.values())))}
    return [spelling for spelling, canonical in identifiers.items() if canonical in found]
