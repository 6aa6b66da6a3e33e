"""The engine's real HTTP application, called in this thread: no socket, no other thread, no waiting."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from unittest.mock import patch

import anyio.to_thread
from fastapi import FastAPI

from bizoverbiz.api import calls
from bizoverbiz.api.signatures import FindKey, SignedRequest, Signer
from bizoverbiz.errors import SignatureRefusedError


@dataclass(frozen=True, slots=True)
class Message:
    """A request as it goes over the wire."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name), None)


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: Any
    #: The token that the engine confirms to have taken.
    lineage: str | None = field(default=None, compare=False)

    @property
    def slug(self) -> str | None:
        """The problem's type, if this is one."""
        return str(self.body.get("type", "")).rsplit("/", 1)[-1] if self.status >= 400 else None


def deliver(app: FastAPI, message: Message) -> Answer:
    """Let the application answer. Whatever it raises comes through."""
    path, _, query = message.url.partition("://")[2].partition("/")[2].partition("?")
    raw = f"/{path}".encode()
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": message.method,
        "scheme": "http",
        "path": raw.decode(),
        "raw_path": raw,
        "root_path": "",
        "query_string": query.encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in message.headers],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8070),
    }
    status, parts, headers = 0, [], []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": message.body, "more_body": False}

    async def send(event: Any) -> None:
        nonlocal status
        if event["type"] == "http.response.start":
            status = event["status"]
            headers.extend(event["headers"])
        else:
            parts.append(event.get("body", b""))

    _run(app(scope, receive, send))
    content = next((value for name, value in headers if name == b"content-type"), b"")
    lineage = next((value.decode() for name, value in headers if name == b"bizoverbiz-lineage"), None)
    raw_body = b"".join(parts)
    return Answer(status, json.loads(raw_body or b"null") if b"json" in content else raw_body, lineage)


@cache
def _loop(depth: int) -> asyncio.AbstractEventLoop:
    return asyncio.new_event_loop()


def _run(work: Coroutine[Any, Any, None]) -> None:
    """To its end, also while another request is being answered, which asyncio itself does not let happen."""
    outer = asyncio._get_running_loop()
    depth = 0 if outer is None else _DEPTH[outer] + 1
    loop = _loop(depth)
    _DEPTH[loop] = depth
    asyncio._set_running_loop(None)
    try:
        loop.run_until_complete(work)
    finally:
        asyncio._set_running_loop(outer)


#: How many requests wait below the one that a loop answers.
_DEPTH: dict[asyncio.AbstractEventLoop, int] = {}


async def _at_once(work: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    options = {name: value for name, value in options.items() if name not in ("abandon_on_cancel", "limiter")}
    return work(*arguments, **options)


@contextmanager
def in_this_thread(*, signatures: bool) -> Iterator[None]:
    """What would go to another thread is done at once.

    Without `signatures`, a request's signature is believed if its parameters are in order: the real check costs as
    much as all the rest of a request, and every run with signatures makes it a thousand times.
    """
    with patch.object(anyio.to_thread, "run_sync", _at_once):
        if signatures:
            yield
        else:
            with patch.object(calls, "verify_request", _believe):
                yield


def _believe(request: SignedRequest, find_key: FindKey, *, now: datetime) -> Signer:
    parameters = dict(
        part.partition("=")[::2] for part in (request.header("signature-input") or "").partition(")")[2].split(";")[1:]
    )
    keyid = parameters["keyid"].strip('"')
    created = datetime.fromtimestamp(int(parameters["created"]), UTC)
    # In the order of the real check: looking up a key is a transaction, before which another process may get its turn.
    if abs(created - now.replace(microsecond=0)) > timedelta(seconds=300):
        raise SignatureRefusedError("the clock is off")
    if find_key(keyid) is None:
        raise SignatureRefusedError(f"no member has the key {keyid}")
    return Signer(keyid, parameters["nonce"].strip('"'), created)
