"""The members' framework agreement, and accepting a version of it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from bizoverbiz.api.calls import SignedCall, SignedRoute
from bizoverbiz.api.models import Body, text
from bizoverbiz.api.pages import Paged, Paging, paging
from bizoverbiz.api.routers.members import MemberOut
from bizoverbiz.members import agreements, joining
from bizoverbiz.store.database import Transaction

router = APIRouter(tags=["members"], route_class=SignedRoute)


class Version(BaseModel):
    """A version of the framework agreement, and this member's acceptance of it."""

    version: str = Field(examples=["2026-11"])
    in_force_from: str = Field(description="From 00:00 UTC of this day.", examples=["2026-11-01"])
    sha256: str | None = Field(description="Hash of its text, in hex, if the operator gave it.")
    state: Literal["past", "in-force", "next", "announced"] = Field(
        description="in-force and next can be accepted; announced only once it is the next."
    )
    accepted_at: str | None = Field(description="null: not accepted by this member.", examples=["2026-11-22T10:00:00Z"])
    answered_by: str | None = Field(description="Who accepted it, as far as that was said.")


class Versions(Paged):
    agreements: list[Version]


class Acceptance(Body):
    version: text(40) = Field(examples=["2026-11"])  # type: ignore[valid-type]
    answered_by: text(200) = Field(  # type: ignore[valid-type]
        description="Who accepts it for the member, kept for good.", examples=["claire@morin.example"]
    )


@router.get("/agreements", response_model=Versions, summary="Versions of the framework agreement, oldest first")
def versions(call: SignedCall, page: Annotated[Paging, Depends(paging(since=str))]) -> dict[str, Any]:
    def read(tx: Transaction) -> dict[str, Any]:
        rows, following = page.cut(tx.all("agreements_page", member=call.member, **page.parameters()))
        known = agreements.current_and_next(tx, call.now)
        return {"agreements": [agreements.describe(row, *known) for row in rows], "next": following}

    return call.read(read)


@router.put("/member/agreement", response_model=MemberOut, summary="Accept a version of the framework agreement")
def accept(call: SignedCall, body: Acceptance) -> JSONResponse:
    assert call.member is not None
    own, keyid = call.member, call.signer.keyid

    def work(tx: Transaction) -> tuple[int, dict[str, Any]]:
        agreements.accept_own(tx, own, version=body.version, answered_by=body.answered_by, keyid=keyid, now=call.now)
        return 200, joining.describe(tx, member=own, keyid=keyid)

    return call.write(work)
