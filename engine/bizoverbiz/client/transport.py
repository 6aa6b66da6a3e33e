"""One signed request over HTTP (RFC 9421), tried again as long as nobody has answered."""

from __future__ import annotations

import time
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from secrets import token_bytes
from typing import Any
from urllib.parse import urlsplit

import httpx
from http_message_signatures import HTTPMessageSigner, HTTPSignatureKeyResolver
from http_message_signatures.algorithms import ED25519

from bizoverbiz.client.errors import ClientError, NoAnswerError, RefusedByEngineError
from bizoverbiz.client.keys import MemberKey, base64url

#: Seconds between one try and the next, and the longest the engine may ask to wait.
PAUSES = (0.5, 1.0, 2.0)
_LONGEST_PAUSE = 15.0
_AGAIN = frozenset((408, 425, 429, 500, 502, 503, 504))
_LOOPBACK = frozenset(("127.0.0.1", "::1", "localhost"))
#: In the order in which the protocol wants them covered.
_COVERED = ("content-digest", "idempotency-key", "if-match", "bizoverbiz-lineage", "bizoverbiz-database")


@dataclass
class Outgoing:
    """A request as it is signed and sent."""

    method: str
    url: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: dict[str, Any]
    headers: httpx.Headers


class _OneKey(HTTPSignatureKeyResolver):
    def __init__(self, key: MemberKey) -> None:
        self._key = key

    def resolve_private_key(self, key_id: str) -> Any:
        return self._key.private


def sign(outgoing: Outgoing, key: MemberKey) -> None:
    """Add a signature made now; a request that is sent again is signed again, for a nonce is good once."""
    headers = outgoing.headers
    if outgoing.body:
        headers["Content-Digest"] = f"sha-256=:{b64encode(sha256(outgoing.body).digest()).decode()}:"
    present = {name.lower() for name in headers}
    for name in ("Signature", "Signature-Input"):
        headers.pop(name, None)
    HTTPMessageSigner(signature_algorithm=ED25519, key_resolver=_OneKey(key)).sign(
        outgoing,
        key_id=key.keyid,
        created=datetime.now(UTC),
        nonce=base64url(token_bytes(16)),
        label="sig",
        covered_component_ids=["@method", "@target-uri", *(name for name in _COVERED if name in present)],
        use_existing_digest=bool(outgoing.body),
    )


class Transport:
    """Calls one engine. Raises `ClientError` if its address is not one to send secrets to."""

    def __init__(
        self,
        url: str,
        *,
        sleep: Callable[[float], None] = time.sleep,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
            raise ClientError(
                f"the engine's address {url} is not encrypted (https): ask the operator for a new invitation"
            )
        self.url = url.rstrip("/")
        self._sleep = sleep
        self._http = httpx.Client(timeout=httpx.Timeout(120, connect=10), transport=transport)

    def close(self) -> None:
        self._http.close()

    def call(self, method: str, path: str, *, key: MemberKey | None, body: bytes = b"", **headers: str) -> Answer:
        """Send one request until it is answered.

        Raises `RefusedByEngineError`, or `NoAnswerError` if it is unknown whether the engine did what was asked.
        """
        return _answer(self._send(method, path, key=key, body=body, **headers))

    def download(self, path: str, *, key: MemberKey, kind: str, **headers: str) -> bytes:
        """Fetch a file of this media type. Raises `RefusedByEngineError`, `NoAnswerError`."""
        response = self._send("GET", path, key=key, body=b"", **headers)
        if not response.is_success or response.headers.get("Content-Type") != kind:
            _answer(response)
            raise NoAnswerError(f"the engine's answer to {path} is no {kind}: its release may be older than this one")
        return response.content

    def _send(
        self, method: str, path: str, *, key: MemberKey | None, body: bytes = b"", **headers: str
    ) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        outgoing = Outgoing(method, self.url + path, named, body)
        if body:
            outgoing.headers["Content-Type"] = "application/json"
        reason = ""
        for pause in (*PAUSES, None):
            if key is not None:
                sign(outgoing, key)
            try:
                response = self._http.request(method, outgoing.url, headers=outgoing.headers, content=body)
            except httpx.TransportError as error:
                reason, wait = f"no connection: {error}", 0.0
            else:
                if response.status_code not in _AGAIN:
                    return response
                reason, wait = _told(response), _retry_after(response)
            if pause is None or wait > _LONGEST_PAUSE:
                break
            self._sleep(max(pause, wait))
        raise NoAnswerError(f"the engine at {urlsplit(self.url).netloc} gave no answer ({reason}): try again later")


def _answer(response: httpx.Response) -> Answer:
    body = _json(response)
    if body is None:
        raise NoAnswerError(
            f"something else than the engine answered at {response.url.host} (HTTP {response.status_code})"
        )
    if not response.is_success:
        raise RefusedByEngineError(response.status_code, body)
    return Answer(response.status_code, body, response.headers)


def _json(response: httpx.Response) -> dict[str, Any] | None:
    try:
        body = response.json()
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def _told(response: httpx.Response) -> str:
    return str((_json(response) or {}).get("detail") or f"HTTP {response.status_code}")


def _retry_after(response: httpx.Response) -> float:
    try:
        return max(0.0, float(response.headers.get("Retry-After", "0")))
    except ValueError:
        return 0.0
