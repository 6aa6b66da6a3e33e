"""Joining, and what a member may know of membership."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse
from pydantic import BeforeValidator, Field

from bizoverbiz.api.calls import JoinRoute, SignedCall, SignedRoute
from bizoverbiz.api.models import Body, Identifier, text
from bizoverbiz.errors import MalformedError, SignatureRefusedError
from bizoverbiz.matching import IdentifierError, canonical_identifier
from bizoverbiz.members import joining

router = APIRouter(tags=["members"], route_class=SignedRoute)
_joining = APIRouter(tags=["members"], route_class=JoinRoute)
_ASKED_AT_ONCE = 500


class PublicKey(Body):
    """A JWK (RFC 8037)."""

    kty: Literal["OKP"]
    crv: Literal["Ed25519"]
    x: str = Field(min_length=43, max_length=43, description="32 bytes in base64url.")


def _uuid(value: Any) -> Any:
    return UUID(value) if isinstance(value, str) else value


class Joining(Body):
    """What a firm says of itself to join."""

    invitation: str = Field(min_length=1, max_length=200, description="The invitation's secret.")
    identifier: Identifier
    name: text(200) = Field(examples=["Atelier Morin"])  # type: ignore[valid-type]
    country: str = Field(pattern="^[A-Z]{2}$", description="ISO 3166-1 alpha-2.", examples=["FR"])
    public_key: PublicKey
    database: Annotated[UUID, BeforeValidator(_uuid)] = Field(description="The database that holds its books.")
    agreement: text(40) = Field(  # type: ignore[valid-type]
        description="Version of the framework agreement it accepts.", examples=["2026-11"]
    )


@_joining.post("/members", status_code=201, summary="Join with an invitation")
def join(call: SignedCall, body: Joining) -> JSONResponse:
    if body.database != call.database:
        raise SignatureRefusedError(
            "the header BizOverBiz-Database names another database than the body", field="database"
        )
    hashed = joining.secret_hash(body.invitation)
    candidate = joining.Candidate(
        identifier=body.identifier,
        name=body.name,
        country=body.country,
        agreement=body.agreement,
        database=body.database,
        keyid=call.signer.keyid,
        x=body.public_key.x,
    )
    return call.write(lambda tx: (201, joining.join(tx, candidate, invitation=hashed, now=call.now)), invitation=hashed)


@router.get("/member", summary="This member, as the engine knows it")
def member(call: SignedCall) -> dict[str, Any]:
    assert call.member is not None
    own = call.member
    return call.read(lambda tx: joining.describe(tx, member=own, keyid=call.signer.keyid))


@router.get("/members", summary="Which of these are members")
def members(
    call: SignedCall,
    identifier: Annotated[list[str], Query(max_length=_ASKED_AT_ONCE, description="At most 500.")],
) -> dict[str, list[str]]:
    canonical = {}
    for spelling in identifier:
        try:
            canonical[spelling] = canonical_identifier(spelling)
        except IdentifierError as error:
            raise MalformedError(str(error), field="identifier") from None
    asked = ",".join(sorted(set(canonical.values())))
    return {"members": call.read(lambda tx: joining.asked(tx, canonical), asked=asked)}


router.include_router(_joining)
