"""What a member would get if the round were cut off now, roughly and not often."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from bizoverbiz.api.calls import SignedCall, SignedRoute
from bizoverbiz.rounds import previewing

router = APIRouter(tags=["preview"], route_class=SignedRoute)


class PreviewOut(BaseModel):
    """In one currency."""

    currency: str = Field(examples=["EUR"])
    set_off: int = Field(
        description="About how much of the receivables, and of the payables, minor units; two significant digits, "
        "rounded down.",
        examples=[4500000],
    )
    computed_at: str = Field(description="By the worker, at most once a day.", examples=["2026-11-22T10:00:00Z"])


class Previews(BaseModel):
    preview: list[PreviewOut] = Field(description="Empty before the first computation, and where nothing is to be had.")


@router.get("/preview", response_model=Previews, summary="About what this member would get if the round were cut off")
def preview(call: SignedCall) -> dict[str, list[dict[str, Any]]]:
    assert call.member is not None
    own = call.member
    return {"preview": call.read(lambda tx: previewing.preview(tx, member=own))}
