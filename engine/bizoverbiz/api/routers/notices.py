"""Delivery of notices: fetch, book, commit, acknowledge."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from fastapi.responses import JSONResponse
from pydantic import Field

from bizoverbiz.api.calls import SignedCall, SignedRoute
from bizoverbiz.api.models import Body, Currency, Day, text
from bizoverbiz.rounds import answering

router = APIRouter(tags=["notices"], route_class=SignedRoute)
_LAST = 2**31 - 1
#: One entry may book a whole notice, and that is of many lines: the largest total netting gives.
_LARGEST = 2**53 - 1


class Booked(Body):
    """One journal entry."""

    entry: text(100) = Field(examples=["BOB/2026/0001"])  # type: ignore[valid-type]
    date: Day
    currency: Currency
    amount: int = Field(ge=0, le=_LARGEST, description="The receivables this entry sets off, minor units.")


class Acknowledgement(Body):
    booked: list[Booked] = Field(max_length=100, description="The entries that book this notice.")


@router.get("/notices", summary="Notices in order of their number, at most 200 at once")
def notices(
    call: SignedCall, after: Annotated[int, Query(ge=0, le=_LAST, description="The last number known.")] = 0
) -> dict[str, list[dict[str, Any]]]:
    rows = call.read(lambda tx: tx.all("notices_own", member=call.member, after=after))
    return {"notices": [row._asdict() for row in rows]}


@router.put("/notices/{number}/acknowledgement", summary="A notice is booked")
def acknowledge(call: SignedCall, number: Annotated[int, Path(ge=0, le=_LAST)], body: Acknowledgement) -> JSONResponse:
    assert call.member is not None
    own = call.member
    booked = [entry.model_dump(mode="json") for entry in body.booked]

    def work(tx: Any) -> tuple[int, dict[str, Any]]:
        answering.acknowledge(tx, member=own, number=number, booked=booked, now=call.now)
        return 200, {"number": number, "acknowledged": True}

    return call.write(work)
