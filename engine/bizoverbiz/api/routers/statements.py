"""What members are proposed, and their answers."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, BeforeValidator, Field

from bizoverbiz.api.calls import SignedCall, SignedRoute
from bizoverbiz.api.models import Amount, Body, CommitmentReference, text
from bizoverbiz.api.versions import check_unchanged, etag
from bizoverbiz.errors import MalformedError, NotFoundError
from bizoverbiz.rounds import answering

router = APIRouter(tags=["statements"], route_class=SignedRoute)


def _uuid(value: Any) -> Any:
    return UUID(value) if isinstance(value, str) else value


class ApprovedLine(Body):
    id: Annotated[UUID, BeforeValidator(_uuid)]
    approved: Amount = Field(description="The most that may be set off, minor units; 0 to the line's ceiling.")


class Answer(Body):
    """Approve, up to an amount a line, or refuse."""

    answer: Literal["approve", "refuse"]
    answered_by: text(200) = Field(  # type: ignore[valid-type]
        description="Who answers, for the audit log.", examples=["claire@morin.example"]
    )
    reason: text(500, 0) | None = None  # type: ignore[valid-type]
    lines: list[ApprovedLine] = Field([], max_length=100_000, description="Approving only; not named is 0.")


class StatementLine(BaseModel):
    """One obligation of the member; amounts in minor units."""

    id: UUID
    side: Literal["receivable", "payable"]
    counterpart: str = Field(description="SIREN, or VAT number.", examples=["433455678"])
    counterpart_name: str
    number: str = Field(description="As the creditor spells it.", examples=["INV/2026/00012"])
    reference: str | None = Field(description="The member's own mark.")
    commitment: CommitmentReference | None = Field(
        description="The reference of the commitment this is; null: it is an invoice.", examples=["7K2MW9RB41QXC"]
    )
    description: str | None = Field(
        description="Of a commitment: what is sold, in the seller's words; null: not said.", examples=["40 pumps"]
    )
    issue_date: str = Field(examples=["2026-09-01"])
    due_date: str | None = Field(examples=["2026-10-31"])
    amount_open: int = Field(description="Open in the member's books, minor units.", examples=[5000000])
    ceiling: int = Field(description="The most that may be approved, minor units.", examples=[5000000])
    proposed: int = Field(description="Minor units.", examples=[4500000])
    approved: int | None = Field(description="Minor units; null: not answered.", examples=[4500000])
    set_off: int | None = Field(description="Minor units; null before the decision.", examples=[4500000])


class StatementOut(BaseModel):
    """What a round proposes to this member in one currency."""

    id: UUID
    round: int = Field(examples=[7])
    kind: Literal["netting", "reversal"] = Field(description="A reversal opens again what was set off.")
    state: Literal["proposed", "approved", "refused", "decided", "abandoned"]
    currency: str = Field(examples=["EUR"])
    proposed_at: str = Field(examples=["2026-11-22T09:00:00Z"])
    deadline: str = Field(examples=["2026-11-25T09:00:00Z"])
    receivable: int = Field(description="Proposed in all, minor units; as much as `payable`.", examples=[4500000])
    payable: int = Field(examples=[4500000])
    answered_by: str | None
    reason: str | None
    remind_at: str | None = Field(description="When the next reminder is made, if nobody answers.")
    reminders: list[str] = Field(description="When reminders were made.")
    lines: list[StatementLine]


class Statements(BaseModel):
    statements: list[StatementOut]


@router.get("/statements", response_model=Statements, summary="The last 50 statements, newest first")
def statements(call: SignedCall) -> dict[str, list[dict[str, Any]]]:
    assert call.member is not None
    own = call.member
    return {"statements": call.read(lambda tx: answering.statements(tx, own))}


@router.get("/statements/{statement}", response_model=StatementOut, summary="One statement, with its ETag")
def statement(call: SignedCall, statement: str, response: Response) -> dict[str, Any]:
    wanted = _wanted(statement)
    found = call.read(lambda tx: answering.statement(tx, wanted))
    response.headers["ETag"] = etag(found)
    return found


def _wanted(statement: str) -> UUID:
    try:
        return UUID(statement)
    except ValueError:
        raise NotFoundError(f"there is no statement {statement[:40]} of yours") from None


@router.put("/statements/{statement}/answer", response_model=StatementOut, summary="Approve or refuse a statement")
def answer(call: SignedCall, statement: str, body: Answer) -> JSONResponse:
    assert call.member is not None
    own = call.member
    wanted = _wanted(statement)
    approved = {line.id: line.approved for line in body.lines}
    if len(approved) != len(body.lines):
        raise MalformedError("a line is named twice", field="lines")
    if body.answer == "refuse" and body.lines:
        raise MalformedError("a refusal approves no lines: leave them out, or approve", field="lines")
    return call.write(
        lambda tx: (
            200,
            answering.answer(
                tx,
                member=own,
                statement=wanted,
                verdict=body.answer,
                answered_by=body.answered_by,
                reason=body.reason,
                approved=approved,
                check=lambda before: check_unchanged(call.if_match, before, what="this statement"),
                now=call.now,
            ),
        ),
        versioned=True,
    )
