"""What anyone may ask: whether the engine is there, and with which keys it signs."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from bizoverbiz.members.joining import key_set
from bizoverbiz.store.database import Database, api_scope

router = APIRouter(tags=["service"])


@router.get("/health", summary="Is the engine there, with its database?")
def health(request: Request) -> dict[str, str]:
    keys(request)
    return {"status": "ok"}


@router.get("/keys", summary="Public keys notices are signed with, a JWK set (RFC 7517)")
def keys(request: Request) -> dict[str, list[dict[str, Any]]]:
    store: Database = request.app.state.store
    with store.transaction(api_scope()) as tx:
        return key_set(tx)
