"""What members declare of their books, and what became of it."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal, Self

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field, model_validator

from bizoverbiz.api.calls import SignedCall, SignedRoute
from bizoverbiz.api.lines import DeclarationLine, LineKey, judge
from bizoverbiz.api.models import Body, text
from bizoverbiz.api.pages import Paged, Paging, paging
from bizoverbiz.api.problems import Problem, problem
from bizoverbiz.rounds.collection import Part
from bizoverbiz.rounds.collection import declare as keep_declaration
from bizoverbiz.store.database import Transaction

router = APIRouter(tags=["declarations"], route_class=SignedRoute)
_AT_ONCE = 10_000
_DeclarationPage = Annotated[
    Paging, Depends(paging(default=None, maximum=_AT_ONCE, side=str, counterpart=str, number=str, currency=str))
]


class Declaration(Body):
    """A batch of lines; each is judged by itself."""

    full: bool = Field(description="Lines declared before and absent now are withdrawn.")
    last_notice: int = Field(ge=0, le=2**31 - 1, description="Number of the last notice the books contain; 0: none.")
    lines: list[Any] = Field(
        max_length=_AT_ONCE,
        json_schema_extra={"items": DeclarationLine.model_json_schema()},
        description="At most 10,000.",
    )
    withdraw: list[LineKey] = Field(
        [], max_length=_AT_ONCE, description="With full false: lines declared before that are open no more."
    )
    sequence: int | None = Field(
        None,
        ge=0,
        le=2**53 - 1,
        description="The client's own count. A declaration with a lower number than one that is here is refused.",
        examples=[41],
    )
    declaration: text(64) | None = Field(  # type: ignore[valid-type]
        None,
        description="With full true: names the declaration this is one part of.",
        examples=["2026-11-22T09:00Z"],
    )
    part: int = Field(1, ge=1, le=1000, description="Which part this is; they may come in any order.")
    parts: int = Field(1, ge=1, le=1000, description="How many there are. Nothing is withdrawn before all are here.")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.part > self.parts:
            raise ValueError(f"part {self.part} of {self.parts}: part is at most parts")
        if self.declaration is None and self.parts > 1:
            raise ValueError("parts of one declaration share a name: give it in declaration")
        if self.declaration is not None and not self.full:
            raise ValueError("only a full declaration has parts: declare lines one by one without declaration")
        if self.full and self.withdraw:
            raise ValueError("a full declaration withdraws what it leaves out: withdraw goes with full false")
        return self


class LineReport(BaseModel):
    """What became of one line."""

    index: int = Field(description="The line's place in `lines`, from 0.")
    status: Literal["accepted", "refused"]
    reference: str | None = Field(None, description="Of a refused line: the member's own mark.")
    field: str | None = Field(None, description="Of a refused line: the field that is wrong.", examples=["amount_open"])
    reason: str | None = Field(None, description="Of a refused line: why.")


class DeclarationReport(BaseModel):
    """What became of a batch."""

    accepted: int = Field(description="Lines kept.")
    refused: int = Field(description="Lines refused.")
    withdrawn: int = Field(description="Lines declared before that are withdrawn.")
    missing: list[int] = Field(description="Parts of the declaration that have not come yet.", examples=[[2, 3]])
    lines: list[LineReport]


class RefusedLines(Problem, DeclarationReport):
    """The problem `lines-refused`: the other lines are kept."""


@router.post(
    "/declarations",
    summary="Declare what is open in the books",
    response_model=DeclarationReport,
    responses={422: {"model": RefusedLines | Problem, "description": "Some lines, or all of it, refused"}},
)
def declare(call: SignedCall, body: Declaration) -> JSONResponse:
    return call.write(lambda tx: _declare(tx, call, body))


def _declare(tx: Transaction, call: SignedCall, body: Declaration) -> tuple[int, dict[str, Any]]:
    assert call.member is not None
    judged = judge(body.lines, own=tx.one("member_get", member=call.member).identifier)
    kept = keep_declaration(
        tx,
        member=call.member,
        lines=judged.accepted,
        keep=judged.refused,
        full=body.full,
        last_notice=body.last_notice,
        now=call.now,
        withdraw=[line.model_dump(mode="json") for line in body.withdraw],
        part=Part(body.declaration, body.part, body.parts) if body.declaration else None,
        sequence=body.sequence,
    )
    result = {
        "accepted": len(judged.accepted),
        "refused": len(judged.refused),
        "withdrawn": kept.withdrawn,
        "missing": list(kept.missing),
        "lines": judged.report,
    }
    if not judged.refused:
        return 200, result
    detail = (
        f"{len(judged.refused)} of {len(judged.report)} lines were refused, the others are kept: "
        "correct those and declare them again"
    )
    return 422, problem("lines-refused", detail) | result


class DeclaredLine(BaseModel):
    """A line as it is declared, and what became of it."""

    side: str = Field(examples=["receivable"])
    counterpart: str = Field(examples=["433455678"])
    number: str = Field(examples=["INV/2026/00012"])
    currency: str = Field(examples=["EUR"])
    amount_total: int = Field(description="Minor units.")
    amount_open: int = Field(description="Minor units.")
    amount_disputed: int = Field(description="Minor units.")
    dispute_code: str | None
    dispute_reason: str | None
    encumbrance: str | None
    amount_encumbered: int | None = Field(description="Minor units; null: all of it.")
    commitment: str | None
    issue_date: date
    due_date: date | None
    reference: str | None
    state: Literal["matched", "unmatched", "counterpart-not-member", "discrepancy", "disputed", "excluded", "settled"]
    matched_amount: int = Field(description="What may be set off of it, minor units.")
    reason: str | None = Field(description="Why it is not more, for the owner of the line.")


class DeclaredLines(Paged):
    lines: list[DeclaredLine]


@router.get("/declarations", summary="This member's declared lines and what became of them")
def declarations(call: SignedCall, page: _DeclarationPage) -> DeclaredLines:
    """All of them, or as many as `limit` says."""
    found = call.read(lambda tx: tx.all("declarations_own", member=call.member, **page.parameters()))
    rows, after = page.cut(found)
    return DeclaredLines(lines=[DeclaredLine(**row._asdict()) for row in rows], next=after)
