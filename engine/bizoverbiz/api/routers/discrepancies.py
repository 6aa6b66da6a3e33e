"""Where a member and its partners disagree, and the pairs of numbers that may be one."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from bizoverbiz.api.calls import SignedCall, SignedRoute
from bizoverbiz.api.models import Body, text
from bizoverbiz.api.pages import Paged, Paging, paging
from bizoverbiz.errors import NotFoundError
from bizoverbiz.matching import Kind
from bizoverbiz.matching.ways_out import Role, way_out
from bizoverbiz.rounds import suggesting
from bizoverbiz.store.database import Transaction

router = APIRouter(tags=["discrepancies"], route_class=SignedRoute)
_DiscrepancyPage = Annotated[Paging, Depends(paging(default=None, maximum=10_000, number=str, kind=str, id=str))]
_SuggestionPage = Annotated[Paging, Depends(paging(creditor_number=str, id=str))]


class WayOut(BaseModel):
    """What one side can do next."""

    code: str = Field(examples=["ask-debtor"])
    text: str = Field(examples=["Ask the debtor whether the invoice has arrived and under which number it is entered."])


class WaysOut(BaseModel):
    """What each side can do next; the member reading this is one of them."""

    creditor: WayOut
    debtor: WayOut


class DiscrepancyShown(BaseModel):
    """A disagreement, as both sides see it."""

    id: str
    kind: Literal["missing-at-debtor", "missing-at-creditor", "amounts-differ", "disputed", "ambiguous"]
    creditor: str = Field(examples=["552100554"])
    debtor: str = Field(examples=["433455678"])
    number: str = Field(examples=["INV/2026/00012"])
    currency: str = Field(examples=["EUR"])
    creditor_amount: int | None = Field(description="Open in the creditor's books, minor units; null: not declared.")
    debtor_amount: int | None = Field(description="Open in the debtor's books, minor units; null: not declared.")
    issue_date: date
    due_date: date | None
    reason: str
    disputed_by: Literal["creditor", "debtor", "both"] | None = Field(description="Of a dispute: whose it is.")
    dispute_code: str | None = Field(description="Of a dispute: its code, if one was given.", examples=["QUA"])
    reference: str | None = Field(description="The member's own mark on its line.")
    suggestion: str | None = Field(description="The suggestion that may settle it, if one is open.")
    way_out: WaysOut


class Discrepancies(Paged):
    discrepancies: list[DiscrepancyShown]


@router.get("/discrepancies", summary="Where this member and its partners disagree")
def discrepancies(call: SignedCall, page: _DiscrepancyPage) -> Discrepancies:
    """All of them, or as many as `limit` says."""
    found = call.read(lambda tx: tx.all("discrepancies_own", member=call.member, **page.parameters()))
    rows, after = page.cut(found)
    shown = [DiscrepancyShown(**row._asdict(), way_out=_ways_out(row)) for row in rows]
    return Discrepancies(discrepancies=shown, next=after)


def _ways_out(row: Any) -> WaysOut:
    def way(role: Role) -> WayOut:
        found = way_out(Kind(row.kind), role, disputed_by=row.disputed_by, suggested=row.suggestion is not None)
        return WayOut(code=found.code, text=found.text)

    return WaysOut(creditor=way("creditor"), debtor=way("debtor"))


class SuggestionShown(BaseModel):
    """Two lines that may be one obligation, one of them with a mistyped number."""

    id: str
    creditor: str = Field(examples=["552100554"])
    debtor: str = Field(examples=["433455678"])
    currency: str = Field(examples=["EUR"])
    creditor_number: str = Field(description="As the creditor declares it.", examples=["INV/2026/00012"])
    debtor_number: str = Field(description="As the debtor declares it.", examples=["INV/2026/00021"])
    amount_total: int = Field(description="The invoice's total, the same on both sides, minor units.")
    issue_date: date = Field(description="As the creditor declares it.")
    due_date: date | None = Field(description="As the creditor declares it.")
    state: Literal["open", "confirmed", "rejected"] = Field(
        description="confirmed once both sides have confirmed it, rejected once one has rejected it."
    )
    answer: Literal["confirm", "reject"] | None = Field(description="What this member has answered.")
    answered_by: str | None = Field(description="Who has answered for this member.")


class Suggestions(Paged):
    suggestions: list[SuggestionShown]


@router.get("/suggestions", summary="Pairs of numbers that may be one invoice")
def suggestions(
    call: SignedCall,
    page: _SuggestionPage,
    state: Annotated[Literal["open", "confirmed", "rejected"] | None, Query(description="Only those.")] = None,
) -> Suggestions:
    found = call.read(lambda tx: tx.all("suggestions_own", member=call.member, state=state, **page.parameters()))
    rows, after = page.cut(found)
    return Suggestions(suggestions=[SuggestionShown(**row._asdict()) for row in rows], next=after)


class SuggestionAnswer(Body):
    """Whether the two numbers mean one invoice."""

    answer: Literal["confirm", "reject"]
    answered_by: text(200) = Field(examples=["claire@morin.example"])  # type: ignore[valid-type]


@router.put("/suggestions/{id}/answer", summary="Confirm or reject a suggestion", response_model=SuggestionShown)
def answer(call: SignedCall, id: str, body: SuggestionAnswer) -> JSONResponse:
    try:
        suggestion = UUID(id)
    except ValueError:
        raise NotFoundError(f"there is no suggestion {id} of yours") from None
    return call.write(lambda tx: (200, _answer(tx, call, suggestion, body)))


def _answer(tx: Transaction, call: SignedCall, suggestion: UUID, body: SuggestionAnswer) -> dict[str, Any]:
    assert call.member is not None
    row = suggesting.answer(
        tx,
        member=call.member,
        suggestion=suggestion,
        verdict=body.answer,
        answered_by=body.answered_by,
        now=call.now,
    )
    return SuggestionShown(**row._asdict()).model_dump(mode="json")
