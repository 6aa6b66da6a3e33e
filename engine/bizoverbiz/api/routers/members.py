"""Joining, and what a member may know of membership."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse
from pydantic import BaseModel, BeforeValidator, Field

from bizoverbiz.api.calls import JoinRoute, SignedCall, SignedRoute
from bizoverbiz.api.models import Body, Identifier, PublicKey, text
from bizoverbiz.errors import MalformedError, SignatureRefusedError
from bizoverbiz.matching import IdentifierError, canonical_identifier
from bizoverbiz.members import joining, leaving
from bizoverbiz.store.database import Transaction

router = APIRouter(tags=["members"], route_class=SignedRoute)
_joining = APIRouter(tags=["members"], route_class=JoinRoute)
_ASKED_AT_ONCE = 500


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
    answered_by: text(200) | None = Field(  # type: ignore[valid-type]
        None, description="Who accepts it for the firm, kept for good.", examples=["claire@morin.example"]
    )


class MemberOut(BaseModel):
    """A member as it is told about itself."""

    member: UUID
    identifier: str = Field(description="SIREN, or VAT number.", examples=["552100554"])
    name: str = Field(examples=["Atelier Morin"])
    network: str
    agreement: str = Field(description="The version of the framework agreement it accepted last.", examples=["2026-11"])
    keyid: str = Field(description="RFC 7638 thumbprint of the key that signed this request.")
    last_notice: int = Field(description="Number of the last notice issued to it; 0 is none.", examples=[3])
    status: Literal["active", "suspended", "left"]
    takes_part: bool = Field(description="Whether its obligations are netted.")
    absence: Literal["left", "suspended", "insolvent", "agreement"] | None = Field(
        description="Why not, if it does not."
    )
    in_doubt_since: str | None = Field(
        description="Since when two copies of its books write here: nobody's are taken until one is confirmed.",
        examples=["2026-11-22T10:00:00Z"],
    )


class Asked(BaseModel):
    members: list[str] = Field(description="Those of the identifiers asked for, as spelt, that are members.")


class Leaving(Body):
    """Leaving the network."""

    answered_by: text(200) = Field(  # type: ignore[valid-type]
        description="Who decides to leave, kept with the membership.", examples=["claire@morin.example"]
    )
    reason: text(500, 0) | None = None  # type: ignore[valid-type]


@_joining.post("/members", status_code=201, response_model=MemberOut, summary="Join with an invitation")
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
        answered_by=body.answered_by,
    )
    return call.write(lambda tx: (201, joining.join(tx, candidate, invitation=hashed, now=call.now)), invitation=hashed)


@router.get("/member", response_model=MemberOut, summary="This member, as the engine knows it")
def member(call: SignedCall) -> dict[str, Any]:
    assert call.member is not None
    own = call.member
    return call.read(lambda tx: joining.describe(tx, member=own, keyid=call.signer.keyid))


@router.post("/member/leaving", response_model=MemberOut, summary="Leave the network")
def leave(call: SignedCall, body: Leaving) -> JSONResponse:
    assert call.member is not None
    own = call.member

    def work(tx: Transaction) -> tuple[int, dict[str, Any]]:
        leaving.leave(tx, own, answered_by=body.answered_by, reason=body.reason, now=call.now)
        return 200, joining.describe(tx, member=own, keyid=call.signer.keyid)

    return call.write(work)


@router.get("/members", response_model=Asked, summary="Which of these are members")
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
