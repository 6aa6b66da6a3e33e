"""Where the HTTP API is put together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from fastapi import FastAPI
from limits import RateLimitItem

from bizoverbiz import __version__
from bizoverbiz.api import problems
from bizoverbiz.api.document import complete
from bizoverbiz.api.limiting import Kind, Limiter
from bizoverbiz.api.problems import Problem
from bizoverbiz.api.routers import (
    agreements,
    candidates,
    commitments,
    contacts,
    copies,
    declarations,
    directory,
    discrepancies,
    invoices,
    keys,
    mandates,
    members,
    notices,
    preview,
    profile,
    rounds,
    service,
    statements,
)
from bizoverbiz.api.watching import Watched
from bizoverbiz.store.counting import PostgresStorage
from bizoverbiz.store.database import Database

#: A request is held against one after the other: what every exchange asks for stands first.
ROUTERS = (
    notices,
    statements,
    declarations,
    discrepancies,
    commitments,
    service,
    members,
    candidates,
    keys,
    agreements,
    copies,
    invoices,
    mandates,
    preview,
    rounds,
    profile,
    directory,
    contacts,
)


def utc_now() -> datetime:
    return datetime.now(UTC)


def create_app(
    store: Database,
    *,
    base_url: str,
    clock: Callable[[], datetime] = utc_now,
    worker_silence: timedelta = timedelta(minutes=5),
    limits: Mapping[Kind, Sequence[RateLimitItem]] | None = None,
) -> FastAPI:
    """The API over one database; `base_url` is the address members sign for.

    Without a worker's look for longer than `worker_silence` the engine is not ready. Without `limits` anybody may ask
    as often as it likes.
    """
    app = FastAPI(
        title="BizOverBiz engine",
        version=__version__,
        description="Multilateral set-off of what firms owe each other. What each call means: docs/protocol.md. Every "
        "call but those tagged `service` carries an HTTP Message Signature (RFC 9421), every write an Idempotency-Key.",
        responses={"default": {"model": Problem, "description": "Problem details (RFC 9457)"}},
        redirect_slashes=False,
        # Their pages load scripts from elsewhere; the document itself is at /openapi.json.
        docs_url=None,
        redoc_url=None,
    )
    app.state.store, app.state.base_url, app.state.clock = store, base_url.rstrip("/"), clock
    app.state.worker_silence = worker_silence
    app.state.limiter = Limiter(PostgresStorage(store, clock), limits) if limits else None
    problems.install(app)
    app.add_middleware(Watched)
    for module in ROUTERS:
        app.include_router(module.router, prefix="/v1")
    plain = app.openapi

    @cache
    def openapi() -> dict[str, Any]:
        return complete(plain())

    app.openapi = openapi  # type: ignore[method-assign]
    return app
