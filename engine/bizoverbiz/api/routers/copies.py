"""Saying which copy of the books is the live one."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from bizoverbiz.api.calls import AnyCopyRoute, SignedCall
from bizoverbiz.api.models import Body, text
from bizoverbiz.members import copies
from bizoverbiz.store.database import Transaction

router = APIRouter(tags=["members"], route_class=AnyCopyRoute)


class LiveCopy(Body):
    """The copy that signs this is the live one."""

    answered_by: text(200) = Field(  # type: ignore[valid-type]
        description="The administrator who confirms it, kept for good.", examples=["claire@morin.example"]
    )
    last_notice: int = Field(
        ge=0, le=2**31 - 1, description="Number of the last notice this copy's books contain; 0 is none.", examples=[3]
    )


class Confirmed(BaseModel):
    database: str = Field(description="The live copy's database, the only one to write from.")
    last_notice: int = Field(description="Number of the last notice issued to the member.", examples=[5])
    reopened: list[int] = Field(
        description="Notices that another copy had acknowledged: fetch, book and acknowledge them.", examples=[[4, 5]]
    )


@router.post("/member/copy", response_model=Confirmed, summary="This copy of the books is the live one")
def confirm(call: SignedCall, body: LiveCopy) -> JSONResponse:
    """End the doubt about two copies of the books; every other copy is refused from now on.

    Signed by the copy that is to be the live one, from whatever database, with its lineage mark if it has one. Notices
    that another copy had acknowledged and this one lacks are handed out again.
    """
    assert call.member is not None
    own = call.member

    def work(tx: Transaction) -> tuple[int, dict[str, Any]]:
        return 200, copies.confirm(
            tx,
            own,
            mark=call.mark,
            created=call.signer.created,
            database=call.database,
            last_notice=body.last_notice,
            answered_by=body.answered_by,
            now=call.now,
        )

    return call.write(work)
