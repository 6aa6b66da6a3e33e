"""What members are proposed, and their answers."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import BeforeValidator, Field

from bizoverbiz.api.calls import SignedCall, SignedRoute
from bizoverbiz.api.models import Amount, Body, text
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


@router.get("/statements", summary="The last 50 statements, newest first")
def statements(call: SignedCall) -> dict[str, list[dict[str, Any]]]:
    assert call.member is not None
    own = call.member
    return {"statements": call.read(lambda tx: answering.statements(tx, own))}


@router.put("/statements/{statement}/answer", summary="Approve or refuse a statement")
def answer(call: SignedCall, statement: str, body: Answer) -> JSONResponse:
    assert call.member is not None
    own = call.member
    try:
        wanted = UUID(statement)
    except ValueError:
        raise NotFoundError(f"there is no statement {statement[:40]} of yours") from None
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
                now=call.now,
            ),
        )
    )
