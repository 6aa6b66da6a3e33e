"""Joining with an invitation, so that a lost answer or a crash changes nothing but when."""

from __future__ import annotations

import json
from secrets import token_urlsafe
from uuid import uuid4

from bizoverbiz.client.errors import ClientError
from bizoverbiz.client.home import Home, Membership
from bizoverbiz.client.keys import MemberKey
from bizoverbiz.client.transport import Transport
from bizoverbiz.matching import canonical_identifier
from bizoverbiz.members.invitation import Invitation
from bizoverbiz.notices import thumbprint


def join(
    home: Home,
    text: str,
    *,
    identifier: str,
    name: str,
    country: str,
    agreement: str,
    answered_by: str,
    again: bool = False,
) -> Membership:
    """Join with the invitation `text`; may be repeated with the same one until it succeeds.

    With `again` it is an invitation that renews the membership kept in this folder: its key changes, and what the
    folder knows of notices stays.
    Raises `InvitationError`, `IdentifierError`, `ClientError`, `NoAnswerError`, `RefusedByEngineError`.
    """
    invitation = Invitation.from_string(text)
    if home.is_joined() and not again:
        raise ClientError(
            f"{home.folder} is the folder of a member already: name another one with --home, or, if the operator gave "
            "you an invitation that renews the membership, add --again"
        )
    known = home.membership() if home.is_joined() else None
    body = {
        "invitation": invitation.secret,
        "identifier": canonical_identifier(identifier),
        "name": name,
        "country": country,
        "agreement": agreement,
        "answered_by": answered_by,
    }
    key = MemberKey.load_or_create(home.new_key)
    request = _request(home, body, key, known)
    transport = Transport(invitation.url)
    try:
        keys = pinned_keys(transport, invitation)
        told = transport.call(
            "POST",
            "/v1/members",
            key=key,
            body=str(request["body"]).encode(),
            Idempotency_Key=str(request["key"]),
            BizOverBiz_Database=json.loads(request["body"])["database"],
        ).body
    finally:
        transport.close()
    membership = Membership(
        url=invitation.url,
        network=str(told["network"]),
        keys=keys,
        member=str(told["member"]),
        identifier=str(told["identifier"]),
        name=str(told["name"]),
        database=json.loads(request["body"])["database"],
        booked=known.booked if known else [],
    )
    home.joined(membership)
    return membership


def _request(home: Home, body: dict[str, str], key: MemberKey, known: Membership | None) -> dict[str, str]:
    """The request as it was kept, if it asks for the same, or a new one, kept before it is sent."""
    kept = home.joining()
    if kept is not None and json.loads(kept["body"]).items() >= (body | {"public_key": key.jwk}).items():
        return {"body": kept["body"], "key": kept["key"]}
    database = known.database if known else str(uuid4())
    request = {
        "body": json.dumps(body | {"public_key": key.jwk, "database": database}),
        "key": token_urlsafe(16),
    }
    home.keep_joining(request)
    return request


def pinned_keys(transport: Transport, invitation: Invitation) -> list[dict[str, str]]:
    """The engine's published keys, as far as the invitation vouches for them. Raises `ClientError` if none is left."""
    published = transport.call("GET", "/v1/keys", key=None).body.get("keys", [])
    pinned = [
        {name: str(jwk[name]) for name in ("kty", "crv", "x", "kid")}
        for jwk in published
        if jwk.get("kid") in invitation.keys and _is_named(jwk)
    ]
    if not pinned:
        raise ClientError(
            f"{invitation.url} does not have the keys this invitation names: it is not the engine of "
            f"{invitation.network}; ask the operator for a new invitation by another way"
        )
    return pinned


def _is_named(jwk: dict[str, str]) -> bool:
    """Whether its name is the thumbprint of the key that stands there."""
    try:
        return jwk.get("crv") == "Ed25519" and thumbprint(str(jwk.get("x"))) == jwk.get("kid")
    except ValueError:
        return False
