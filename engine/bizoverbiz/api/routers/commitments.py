"""Agreed sales that are not invoiced yet."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal, NamedTuple, Self

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field, model_validator

from bizoverbiz.api.calls import SignedCall, SignedRoute
from bizoverbiz.api.models import Amount, Body, CommitmentReference, Currency, Day, Identifier, text
from bizoverbiz.api.pages import Paged, Paging, paging
from bizoverbiz.currencies import format_amount
from bizoverbiz.errors import NotFoundError
from bizoverbiz.matching.commitments import limits
from bizoverbiz.matching.references import CommitmentReferenceError, canonical_reference
from bizoverbiz.rounds import committing
from bizoverbiz.store.database import Transaction

router = APIRouter(tags=["commitments"], route_class=SignedRoute)
_Page = Annotated[Paging, Depends(paging(reference=str, creditor=str, debtor=str))]


class CommitmentBody(Body):
    """One side's registration; the other side registers the same under the same reference."""

    reference: CommitmentReference | None = Field(
        None, description="As the other side gave it; null: the engine makes one, to be passed on to the other side."
    )
    side: Literal["receivable", "payable"] = Field(description="receivable: the member sells; payable: it buys.")
    counterpart: Identifier
    currency: Currency
    amount: Amount = Field(description="With taxes, minor units; 1,000 to 999,999 units of the currency.")
    agreed_on: Day = Field(description="When the sale was agreed.")
    due_date: Day = Field(description="When its invoice will be due.")
    expires_on: Day | None = Field(
        None, description="The last day it counts without an invoice, at most due_date; null: due_date."
    )
    description: text(200, 0) | None = Field(  # type: ignore[valid-type]
        None, description="What is sold, in this side's words.", examples=["40 pumps, delivery in March"]
    )
    nettable: bool = Field(False, description="May it be set off before it is invoiced? Both sides have to say so.")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        smallest, largest = limits(self.currency)
        if not smallest <= self.amount <= largest:
            shown = " to ".join(format_amount(amount, self.currency) for amount in (smallest, largest))
            raise ValueError(f"amount: a commitment is over {shown}")
        if not self.agreed_on <= (self.expires_on or self.due_date) <= self.due_date:
            raise ValueError("expires_on lies between agreed_on and due_date")
        return self


class Registered(BaseModel):
    """What one side has registered."""

    currency: str
    amount: int = Field(description="Minor units.")
    agreed_on: date
    due_date: date
    expires_on: date
    description: str | None
    nettable: bool
    registered_at: datetime


class CommitmentShown(BaseModel):
    """A commitment as this member and its counterpart have registered it."""

    reference: CommitmentReference
    creditor: str = Field(examples=["552100554"])
    debtor: str = Field(examples=["433455678"])
    side: Literal["receivable", "payable"] = Field(description="This member's.")
    counterpart: str = Field(examples=["433455678"])
    state: Literal["one-sided", "differs", "matched", "fulfilled", "expired"]
    differences: list[str] = Field(description="Fields in which the two sides differ.", examples=[["amount"]])
    matched_amount: int = Field(description="What may be set off of it, minor units.")
    own: Registered | None = Field(description="What this member has registered.")
    theirs: Registered | None = Field(description="What the counterpart has registered.")


class Commitments(Paged):
    commitments: list[CommitmentShown]


@router.post("/commitments", status_code=201, summary="Register an agreed sale", response_model=CommitmentShown)
def register(call: SignedCall, body: CommitmentBody) -> JSONResponse:
    """Registering again under the same reference corrects what was registered."""
    return call.write(lambda tx: (201, _register(tx, call, body)), asked=body.counterpart)


def _register(tx: Transaction, call: SignedCall, body: CommitmentBody) -> dict[str, Any]:
    assert call.member is not None
    content = body.model_dump(exclude={"reference", "counterpart"}) | {"expires_on": body.expires_on or body.due_date}
    found = committing.register(
        tx,
        member=call.member,
        reference=body.reference,
        counterpart=body.counterpart,
        content=content,
        now=call.now,
    )
    return CommitmentShown(**found).model_dump(mode="json")


class _Row(NamedTuple):
    reference: str
    creditor: str
    debtor: str
    shown: dict[str, Any]


@router.get("/commitments", summary="This member's commitments, and those it is asked to confirm")
def commitments(call: SignedCall, page: _Page) -> Commitments:
    assert call.member is not None
    member = call.member
    found = call.read(lambda tx: committing.commitments(tx, member=member, now=call.now, **page.parameters()))
    rows, after = page.cut([_Row(one["reference"], one["creditor"], one["debtor"], one) for one in found])
    return Commitments(commitments=[CommitmentShown(**row.shown) for row in rows], next=after)


class Withdrawn(BaseModel):
    reference: CommitmentReference
    withdrawn: bool = Field(examples=[True])


@router.put("/commitments/{reference}/withdrawal", summary="Take a registration back", response_model=Withdrawn)
def withdraw(call: SignedCall, reference: str) -> JSONResponse:
    """The counterpart's registration stays, and counts no more than it did alone."""
    try:
        known = canonical_reference(reference)
    except CommitmentReferenceError as error:
        raise NotFoundError(str(error)) from None
    return call.write(lambda tx: (200, _withdraw(tx, call, known)))


def _withdraw(tx: Transaction, call: SignedCall, reference: str) -> dict[str, Any]:
    assert call.member is not None
    committing.withdraw(tx, member=call.member, reference=reference)
    return {"reference": reference, "withdrawn": True}
