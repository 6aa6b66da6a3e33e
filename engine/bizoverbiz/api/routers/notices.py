"""Delivery of notices: fetch, book, commit, acknowledge."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Query
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field

from bizoverbiz.api.calls import Call, SignedCall, SignedRoute
from bizoverbiz.api.models import Body, Currency, Day, text
from bizoverbiz.errors import NotFoundError
from bizoverbiz.evidence import collect, write
from bizoverbiz.notices import keyid_of, read_notice
from bizoverbiz.notices.rendering import Document, document, render_pdf, render_text
from bizoverbiz.rounds import answering
from bizoverbiz.store.database import Transaction

router = APIRouter(tags=["notices"], route_class=SignedRoute)
_LAST = 2**31 - 1
_PAGE = 200
#: Characters after which no further notice begins in one answer; a notice of 10,000 lines has some millions.
_PAGE_SIZE = 8 * 1024 * 1024
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


class Notice(BaseModel):
    """A signed notice."""

    number: int = Field(description="Numbered per member without gaps, from 1.", examples=[4])
    round: int = Field(description="The round that decided it.", examples=[7])
    jws: str = Field(description="The notice itself, a compact JWS (RFC 7515).", examples=["eyJhbGciOiJFZDI1NTE5Iiwi…"])
    acknowledged: bool = Field(description="Whether this member has said that it is booked.")


class Notices(BaseModel):
    """A page of notices in order."""

    notices: list[Notice]
    next: int | None = Field(description="What to give as `after` for the next page; null at the end.", examples=[204])


class Acknowledged(BaseModel):
    number: int = Field(description="The notice's number.", examples=[4])
    acknowledged: bool = Field(description="Always true.", examples=[True])


Number = Annotated[int, Path(ge=0, le=_LAST, description="The notice's number.", examples=[4])]
Language = Annotated[Literal["fr", "en"], Query(description="The language of the rendering.", examples=["fr"])]


@router.get("/notices", summary="Notices in order of their number, at most 200 at once")
def notices(
    call: SignedCall,
    after: Annotated[int, Query(ge=0, le=_LAST, description="The last number known.", examples=[3])] = 0,
    limit: Annotated[int, Query(ge=1, le=_PAGE, description="How many at most.", examples=[200])] = _PAGE,
) -> Notices:
    """One of many lines fills an answer by itself: `next` tells whether there is more."""
    rows = call.read(lambda tx: tx.all("notices_own", member=call.member, after=after, limit=limit, size=_PAGE_SIZE))
    page = [Notice(number=row.number, round=row.round, jws=row.jws, acknowledged=row.acknowledged) for row in rows]
    return Notices(notices=page, next=rows[-1].number if rows and rows[-1].more else None)


@router.get(
    "/notices/{number}.pdf",
    summary="A notice to read and to print",
    response_class=Response,
    responses={200: {"description": "The notice's rendering.", "content": {"application/pdf": {}}}},
)
def pdf(call: SignedCall, number: Number, language: Language = "fr") -> Response:
    content = render_pdf(_document(call, number, language))
    return Response(content, media_type="application/pdf", headers=_file_name(number, language, "pdf"))


@router.get(
    "/notices/{number}.txt",
    summary="A notice as plain text",
    response_class=Response,
    responses={200: {"description": "The notice's rendering.", "content": {"text/plain": {}}}},
)
def txt(call: SignedCall, number: Number, language: Language = "fr") -> Response:
    content = render_text(_document(call, number, language))
    return Response(content, media_type="text/plain; charset=utf-8", headers=_file_name(number, language, "txt"))


@router.get(
    "/notices/{number}/evidence",
    summary="All this member can show of the notice's round, as one archive",
    response_class=Response,
    responses={200: {"description": "A zip archive.", "content": {"application/zip": {}}}},
)
def evidence(call: SignedCall, number: Number) -> Response:
    assert call.member is not None
    own = call.member
    core = call.read(lambda tx: collect(tx, _own(tx, own, number).round, own))
    name = {"Content-Disposition": f'attachment; filename="evidence-{number}.zip"'}
    return Response(write(core), media_type="application/zip", headers=name)


def _own(tx: Transaction, member: UUID, number: int) -> Any:
    row = tx.one("notice_own", member=member, number=number)
    if row is None:
        raise NotFoundError(f"there is no notice {number} of yours")
    return row


def _document(call: Call, number: int, language: str) -> Document:
    assert call.member is not None
    own = call.member
    row = call.read(lambda tx: _own(tx, own, number))
    return document(read_notice(row.jws), row.jws, keyid_of(row.jws), language)


def _file_name(number: int, language: str, suffix: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="notice-{number}.{language}.{suffix}"'}


@router.put("/notices/{number}/acknowledgement", summary="A notice is booked", response_model=Acknowledged)
def acknowledge(call: SignedCall, number: Number, body: Acknowledgement) -> JSONResponse:
    assert call.member is not None
    own = call.member
    booked = [entry.model_dump(mode="json") for entry in body.booked]

    def work(tx: Any) -> tuple[int, dict[str, Any]]:
        answering.acknowledge(tx, member=own, number=number, booked=booked, now=call.now)
        return 200, {"number": number, "acknowledged": True}

    return call.write(work)
