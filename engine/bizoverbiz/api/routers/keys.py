"""The keys a member signs with."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from bizoverbiz.api.calls import SignedCall, SignedRoute
from bizoverbiz.api.models import Body, PublicKey
from bizoverbiz.api.pages import Paged, Paging, paging
from bizoverbiz.api.signatures import public_key
from bizoverbiz.errors import MalformedError
from bizoverbiz.members import keys
from bizoverbiz.notices import thumbprint

router = APIRouter(tags=["members"], route_class=SignedRoute)
_INSTANT = ["2026-11-22T10:00:00Z"]


class NewKey(Body):
    """A key that is to sign for this member."""

    public_key: PublicKey
    proof: str = Field(
        min_length=86,
        max_length=86,
        description="Ed25519 signature by the new key, base64url without padding, of three lines without a line end "
        "after the last: “bizoverbiz member key”, the member's uuid, the new key's thumbprint.",
    )
    overlap_days: int = Field(
        keys.OVERLAP.days, ge=0, le=keys.LONGEST_OVERLAP.days, description="Days the older keys go on signing."
    )


class MemberKey(BaseModel):
    """A key and how long it signs."""

    keyid: str = Field(description="RFC 7638 thumbprint.")
    created_at: str = Field(examples=_INSTANT)
    expires_at: str | None = Field(description="End of its overlap with a newer key; null: none.", examples=_INSTANT)
    revoked_at: str | None = Field(examples=_INSTANT)
    revoked_by: str | None = Field(description="member, operator or renewal (by an invitation).", examples=["member"])


class MemberKeys(Paged):
    keys: list[MemberKey]


@router.get("/member/keys", response_model=MemberKeys, summary="Every key this member ever had, by thumbprint")
def member_keys(call: SignedCall, page: Annotated[Paging, Depends(paging(keyid=str))]) -> dict[str, Any]:
    rows = call.read(lambda tx: tx.all("member_keys_page", member=call.member, **page.parameters()))
    shown, following = page.cut(rows)
    return {"keys": [keys.describe(row) for row in shown], "next": following}


@router.post("/member/keys", status_code=201, response_model=MemberKey, summary="Register a new key")
def add(call: SignedCall, body: NewKey) -> JSONResponse:
    assert call.member is not None
    own, x = call.member, body.public_key.x
    try:
        key = public_key(x)
    except ValueError as error:
        raise MalformedError(str(error), field="public_key") from None
    keyid = thumbprint(x)
    keys.check_proof(key, body.proof, member=own, keyid=keyid)
    overlap = timedelta(days=body.overlap_days)
    return call.write(lambda tx: (201, keys.add(tx, member=own, keyid=keyid, x=x, overlap=overlap, now=call.now)))


@router.delete("/member/keys/{keyid}", response_model=MemberKey, summary="Revoke a key")
def revoke(call: SignedCall, keyid: Annotated[str, Path(max_length=100)]) -> JSONResponse:
    assert call.member is not None
    own = call.member
    return call.write(lambda tx: (200, keys.revoke(tx, member=own, keyid=keyid, now=call.now)))
