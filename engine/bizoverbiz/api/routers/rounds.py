"""What is published of a round: its state, its times, its hash, the head of its log; nobody's amounts."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from bizoverbiz.api.calls import SignedCall, SignedRoute
from bizoverbiz.rounds.report import publish

router = APIRouter(tags=["rounds"], route_class=SignedRoute)
_LAST = 2**31 - 1


class RoundOut(BaseModel):
    number: int = Field(description="The round's number.", examples=[7])
    kind: Literal["netting", "reversal"] = Field(description="A reversal opens again what another round set off.")
    reverses: int | None = Field(description="The round that this one reverses.", examples=[6])
    state: Literal["collection", "frozen", "proposed", "decided", "closed", "abandoned"] = Field(
        description="Where the round stands.", examples=["decided"]
    )
    opened_at: str = Field(description="When the round began, RFC 3339, UTC.", examples=["2026-11-15T10:00:00Z"])
    cut_at: str | None = Field(
        description="When the calendar cuts it off, RFC 3339, UTC; null where the operator does.",
        examples=["2026-11-19T10:00:00Z"],
    )
    frozen_at: str | None = Field(description="Cut-off, RFC 3339, UTC.", examples=["2026-11-19T10:00:00Z"])
    proposed_at: str | None = Field(description="The proposal, RFC 3339, UTC.", examples=["2026-11-19T10:01:00Z"])
    deadline: str | None = Field(description="Until when to answer, RFC 3339, UTC.", examples=["2026-11-22T10:01:00Z"])
    decided_at: str | None = Field(description="The decision, RFC 3339, UTC.", examples=["2026-11-22T10:02:00Z"])
    ended_at: str | None = Field(description="When it was closed or abandoned, RFC 3339, UTC.", examples=[None])
    root: str | None = Field(
        description="The round's published hash, hexadecimal: `round_root` of every notice; null where nothing is set "
        "off.",
        examples=["71ab" * 16],
    )
    audit_head: str | None = Field(
        description="Head of the audit log at the decision: `audit_head` of every notice.", examples=["9f2c" * 16]
    )
    log_entries: int = Field(description="How many entries the audit log has now.", examples=[41])
    log_head: str = Field(
        description="Hash of the last of them, hexadecimal; it covers all before.", examples=["9f2c" * 16]
    )


@router.get("/rounds/{number}", response_model=RoundOut, summary="What is published of a round")
def round_(
    call: SignedCall,
    number: Annotated[int, Path(ge=0, le=_LAST, description="The round's number.", examples=[7])],
) -> dict[str, Any]:
    """Members that compare these hashes with their notices know that all were told of the same decision."""
    return call.read(lambda tx: publish(tx, number))
