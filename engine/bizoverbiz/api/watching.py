"""Around every request: its id, its time, its log line, and an end to bodies that never end."""

from __future__ import annotations

import asyncio
from secrets import token_hex
from time import perf_counter
from typing import Any

import structlog
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bizoverbiz.api import problems
from bizoverbiz.observing import metrics

_log = structlog.get_logger()
#: Seconds for a request's whole body to come in: 10 MiB at 1.4 Mbit/s.
BODY_SECONDS = 60.0
#: Asked by machines every few seconds: counted, not logged.
_QUIET = {"/v1/health", "/v1/ready"}
_PREFIX = "/v1"


class Watched:
    """ASGI middleware; what nobody else has turned into an answer, it does."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request, began, status = token_hex(8), perf_counter(), 0
        scope.setdefault("state", {})["request_id"] = request

        async def answered(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = request
                # Nobody between the engine and the member keeps what it was told.
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        with structlog.contextvars.bound_contextvars(request=request), metrics.requests_in_progress.track_inprogress():
            try:
                await self._app(scope, _bounded(receive), answered)
            except Exception as error:
                _log.error("failed", route=_template(scope), error=type(error).__name__, exc_info=error)
                if status:
                    raise
                await problems.failure(request)(scope, receive, answered)
            finally:
                _tell(scope, status or 500, perf_counter() - began)


def _tell(scope: Scope, status: int, seconds: float) -> None:
    # A method nobody has heard of is the caller's own text: neither a label nor a line is made of it.
    method = scope["method"] if scope["method"] in ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD") else "other"
    route = _template(scope)
    metrics.requests.labels(method, route, str(status)).inc()
    metrics.request_seconds.labels(method, route).observe(seconds)
    if route in _QUIET and status < 400:
        return
    call = scope["state"].get("call")
    member = {"member": str(call.member)} if call is not None and call.member else {}
    told = member | scope["state"].get("refused", {})
    _log.info("request", method=method, route=route, status=status, milliseconds=round(seconds * 1000, 1), **told)


def _template(scope: Scope) -> str:
    """The route's path as it was written, such as /v1/statements/{statement}/answer: few, whatever is asked for."""
    path: Any = getattr(scope.get("route"), "path", None)
    if not isinstance(path, str):
        return "none"
    # Depending on FastAPI's version a router's own path comes without the prefix it was included with.
    return _PREFIX + path.removeprefix(_PREFIX)


def _bounded(receive: Receive) -> Receive:
    """Wait for a request's body only so long, all its parts together."""
    begun: float | None = None
    over = False

    async def bounded() -> Message:
        nonlocal begun, over
        if over:
            return await receive()
        begun = begun or asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout_at(begun + BODY_SECONDS):
                message = await receive()
        except TimeoutError:
            raise HTTPException(
                408, f"the body did not come in within {BODY_SECONDS:.0f} seconds: send it again"
            ) from None
        over = message["type"] != "http.request" or not message.get("more_body", False)
        return message

    return bounded
