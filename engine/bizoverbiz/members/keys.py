"""The keys a member speaks with: a new one before the old one ends, and revocation."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from binascii import Error as Base64Error
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from bizoverbiz.errors import KeyTakenError, LastKeyError, NotFoundError, ProofInvalidError, TooManyKeysError
from bizoverbiz.members import events
from bizoverbiz.store.database import Transaction

OVERLAP = timedelta(days=7)
LONGEST_OVERLAP = timedelta(days=30)
#: Keys that still sign, of one member.
MAX_KEYS = 10


def proof_text(member: UUID, keyid: str) -> bytes:
    """What a new key signs to prove that its private part is at hand, and meant for this member."""
    return f"bizoverbiz member key\n{member}\n{keyid}".encode()


def check_proof(key: Ed25519PublicKey, proof: str, *, member: UUID, keyid: str) -> None:
    """Raises `ProofInvalidError` unless `proof` (base64url) is `key`'s signature of `proof_text`."""
    try:
        key.verify(urlsafe_b64decode(proof + "=" * (-len(proof) % 4)), proof_text(member, keyid))
    except (InvalidSignature, Base64Error, ValueError):
        raise ProofInvalidError(
            f"the proof is not the new key's signature of the three lines “bizoverbiz member key”, {member}, {keyid}: "
            "sign them with the new private key",
            field="proof",
        ) from None


def may_sign(key: Any, now: datetime) -> bool:
    """Whether this row of `member_key` signs requests at `now`."""
    return key.revoked_at is None and (key.expires_at is None or now < key.expires_at)


def add(tx: Transaction, *, member: UUID, keyid: str, x: str, overlap: timedelta, now: datetime) -> dict[str, Any]:
    """Register a new key; every other one ends after `overlap` at the latest. Again with the same key, it tells of it.

    Raises `KeyTakenError` if the key was anybody's before, `TooManyKeysError`.
    """
    tx.all("member_keys_lock", member=member)
    known = {key.keyid: key for key in tx.all("member_keys", member=member)}
    if keyid in known and may_sign(known[keyid], now):
        return describe(known[keyid])
    if sum(may_sign(key, now) for key in known.values()) >= MAX_KEYS:
        raise TooManyKeysError(f"{MAX_KEYS} keys sign for you already: revoke one, or wait until an overlap ends")
    if not tx.run("member_key_insert", keyid=keyid, member=member, x=x, now=now):
        raise KeyTakenError("this key was registered before: create a new one", field="public_key")
    tx.run("member_keys_end", member=member, keyid=keyid, expires_at=now + overlap, now=now)
    events.record(tx, member, "key-added", {"keyid": keyid, "overlap_days": overlap.days}, now=now)
    return describe(tx.one("member_key", member=member, keyid=keyid))


def revoke(tx: Transaction, *, member: UUID, keyid: str, now: datetime, by_operator: bool = False) -> dict[str, Any]:
    """From now on the key signs nothing; what it has signed stays verifiable. Again, it changes nothing.

    Raises `NotFoundError`, or `LastKeyError` if no lasting key would be left; the operator may revoke that too, and
    the member then needs an invitation that renews.
    """
    tx.all("member_keys_lock", member=member)
    keys = {key.keyid: key for key in tx.all("member_keys", member=member)}
    if keyid not in keys:
        raise NotFoundError(f"there is no key {keyid} of {'this member' if by_operator else 'yours'}")
    if keys[keyid].revoked_at is not None:
        return describe(keys[keyid])
    lasting = [key for key in keys.values() if key.keyid != keyid and key.revoked_at is None and key.expires_at is None]
    if not lasting and not by_operator:
        raise LastKeyError("no key would be left that has no end: register a new one first (POST /v1/member/keys)")
    by = "operator" if by_operator else "member"
    tx.run("member_key_revoke", member=member, keyid=keyid, by=by, now=now)
    events.record(tx, member, "key-revoked", {"keyid": keyid, "by": by}, now=now)
    return describe(tx.one("member_key", member=member, keyid=keyid))


def describe(key: Any) -> dict[str, Any]:
    return {
        "keyid": key.keyid,
        "created_at": events.instant(key.created_at),
        "expires_at": events.instant(key.expires_at),
        "revoked_at": events.instant(key.revoked_at),
        "revoked_by": key.revoked_by,
    }
