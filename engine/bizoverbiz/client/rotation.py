"""A new key for a member, so that a lost answer or a crash never leaves it without one."""

from __future__ import annotations

import json
from secrets import token_urlsafe

from bizoverbiz.client.errors import RefusedByEngineError
from bizoverbiz.client.home import Unsent
from bizoverbiz.client.keys import MemberKey, base64url
from bizoverbiz.client.member import Client


def proof(key: MemberKey, member: str) -> str:
    """The new key's word that it is to sign for this member (docs/protocol.md, member keys)."""
    return base64url(key.private.sign("\n".join(("bizoverbiz member key", member, key.keyid)).encode()))


def rotate(client: Client, overlap_days: int) -> str:
    """Register a new key and sign with it from now on; may be repeated until it succeeds. Returns its name."""
    home = client.home
    new, old = MemberKey.load_or_create(home.new_key), MemberKey.load(home.key)
    body = {"public_key": new.jwk, "proof": proof(new, client.membership.member), "overlap_days": overlap_days}
    for key in (old, new):
        request = Unsent(
            what="rotating the key",
            method="POST",
            path="/v1/member/keys",
            body=json.dumps(body),
            idempotency_key=token_urlsafe(16),
        )
        try:
            client.send(request, key=key)
        except RefusedByEngineError as error:
            # the answer to an earlier try may have been lost, and the old key may be past its overlap since
            if key is old and error.status == 401:
                continue
            raise
        break
    home.promote_key()
    return new.keyid
