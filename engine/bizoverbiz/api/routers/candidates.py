"""Firms that a member puts forward: they ask to join, the network's operator answers."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from bizoverbiz.api.calls import SignedCall, SignedRoute
from bizoverbiz.api.models import Body, Email, Identifier, text
from bizoverbiz.api.pages import Paged, Paging, paging
from bizoverbiz.members import candidates
from bizoverbiz.store.database import Transaction

router = APIRouter(tags=["members"], route_class=SignedRoute)


class CandidateBody(Body):
    """What a firm said of itself when it asked a member to put it forward."""

    identifier: Identifier
    name: text(200) = Field(description="The firm's name.", examples=["Papeterie Lys"])  # type: ignore[valid-type]
    country: str = Field(pattern="^[A-Z]{2}$", description="ISO 3166-1 alpha-2.", examples=["FR"])
    contact_name: text(200) = Field(  # type: ignore[valid-type]
        description="Who asks for the firm; told to the operator only.", examples=["Inès Lys"]
    )
    contact_email: Email = Field(description="Where the operator reaches that person; told to the operator only.")
    language: str | None = Field(
        None, pattern="^[a-z]{2}$", description="In which to answer, ISO 639-1; null: not said.", examples=["fr"]
    )


class CandidateOut(BaseModel):
    """A firm that this member has put forward, and the operator's answer."""

    id: UUID
    identifier: str = Field(examples=["383474814"])
    name: str = Field(examples=["Papeterie Lys"])
    state: Literal["pending", "accepted", "refused"] = Field(
        description="accepted: the operator has made an invitation for it; GET /v1/members tells whether it has joined."
    )
    reason: str | None = Field(description="Why it was refused, in the operator's words.", examples=["not in business"])
    asked_at: str = Field(description="When it was put forward first.", examples=["2026-11-22T10:00:00Z"])
    settled_at: str | None = Field(
        description="When the operator answered; null: not yet.", examples=["2026-11-23T09:00:00Z"]
    )


class CandidatesOut(Paged):
    candidates: list[CandidateOut] = Field(description="By identifier.")


@router.post(
    "/candidates", status_code=201, response_model=CandidateOut, summary="Put a firm forward that asks to join"
)
def put_forward(call: SignedCall, body: CandidateBody) -> JSONResponse:
    """It joins with the invitation that the operator hands to it, not with this. Again: the contact is corrected as
    long as the operator has not answered.
    """
    assert call.member is not None
    own, request = call.member, candidates.Request(**body.model_dump())
    return call.write(
        lambda tx: (201, candidates.put_forward(tx, member=own, request=request, now=call.now)), asked=body.identifier
    )


@router.get("/candidates", response_model=CandidatesOut, summary="Firms this member has put forward")
def own_candidates(call: SignedCall, page: Annotated[Paging, Depends(paging(identifier=str))]) -> dict[str, Any]:
    """With the operator's answers. Who else puts whom forward is told to nobody."""

    def read(tx: Transaction) -> dict[str, Any]:
        rows, following = page.cut(tx.all("candidates_page", member=call.member, **page.parameters()))
        return {"candidates": [candidates.describe(row) for row in rows], "next": following}

    return call.read(read)
