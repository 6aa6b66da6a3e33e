"""A signed call: who makes it, and the one transaction it runs in."""

from __future__ import annotations

import json
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Annotated, Any, TypeVar
from uuid import UUID

from fastapi import Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from bizoverbiz.api.limiting import Kind, Limiter
from bizoverbiz.api.signatures import LINEAGE, FindKey, SignedRequest, Signer, public_key, verify_request
from bizoverbiz.api.versions import etag
from bizoverbiz.errors import (
    IdempotencyConflictError,
    MalformedError,
    NotTheLiveCopyError,
    ReplayedError,
    SignatureRefusedError,
)
from bizoverbiz.members import copies
from bizoverbiz.members.events import instant
from bizoverbiz.members.keys import may_sign
from bizoverbiz.members.lineage import Mark, Verdict
from bizoverbiz.notices import thumbprint
from bizoverbiz.store.database import Database, Transaction, api_scope

BODY_LIMIT = 10 * 1024 * 1024
#: Whoever joins is nobody yet: what it sends is read before anything can be known of it.
_JOINING_LIMIT = 64 * 1024
_KEY_LENGTH = 200
_GZIP = b"\x1f\x8b"
#: Headers that mean something here, in lower case.
_ONCE = ("signature-input", "signature", "content-digest", "idempotency-key", "bizoverbiz-database", "if-match")
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Call:
    """A request whose signature holds."""

    store: Database
    request: SignedRequest
    signer: Signer
    #: None while joining.
    member: UUID | None
    database: UUID
    now: datetime
    #: Which exchange of the books it belongs to, if the client says so.
    mark: Mark | None = None
    #: Whether a copy of the books that is not the live one may write this.
    from_any_copy: bool = False

    def read(self, work: Callable[[Transaction], _T], **scope: str) -> _T:
        """Run `work` in one transaction that sees this member's rows."""
        with self.store.transaction(self._scope(scope)) as tx:
            return work(tx)

    @property
    def if_match(self) -> str | None:
        """Which version of a thing the caller means to change; see `api.versions`."""
        return self.request.header("if-match")

    def write(
        self, work: Callable[[Transaction], tuple[int, dict[str, Any]]], *, versioned: bool = False, **scope: str
    ) -> JSONResponse:
        """Run `work` once for this idempotency key, and keep its answer (status and body) with what it wrote.

        With `versioned` the answer is the changed thing as a GET gives it, and carries its `ETag`.
        Raises `IdempotencyConflictError` if the key was used for another request.
        """
        key = self.request.header("idempotency-key")
        if not key or len(key) > _KEY_LENGTH or not all("!" <= char <= "~" for char in key):
            raise MalformedError(
                "a write needs the header Idempotency-Key: 1 to 200 visible ASCII characters", field="Idempotency-Key"
            )
        fingerprint = sha256(
            b"\0".join((self.request.method.encode(), self.request.url.encode(), self.request.body))
        ).hexdigest()
        with self.store.transaction(self._scope(scope)) as tx:
            if self.member is None:
                _note(tx, self.signer, self.now)
            elif not self.from_any_copy:
                # Between the look at the copy and this, another copy may have been found to be the live one.
                copies.recheck(tx, self.member, self.mark, self.signer.created)
            tx.one("idempotency_lock", keyid=self.signer.keyid, key=key)
            stored = tx.one("stored_answer", keyid=self.signer.keyid, key=key)
            if stored is not None:
                if stored.request_hash != fingerprint:
                    raise IdempotencyConflictError(
                        "this idempotency key was used for another request: use a new one", field="Idempotency-Key"
                    )
                return _answer(stored.status, stored.body, versioned=versioned)
            status, body = work(tx)
            tx.run(
                "stored_answer_insert",
                keyid=self.signer.keyid,
                key=key,
                request_hash=fingerprint,
                status=status,
                body=json.dumps(body),
                now=self.now,
            )
        return _answer(status, body, versioned=versioned)

    def _scope(self, extra: dict[str, str]) -> Any:
        member = {"member": self.member} if self.member else {}
        return api_scope(keyid=self.signer.keyid, **member, **extra)


def _answer(status: int, body: dict[str, Any], *, versioned: bool) -> JSONResponse:
    kind = "application/json" if status < 400 else "application/problem+json"
    headers = {"ETag": etag(body)} if versioned and status < 400 else None
    return JSONResponse(body, status, headers, media_type=kind)


def _note(tx: Transaction, signer: Signer, now: datetime) -> None:
    if not tx.run("nonce_insert", keyid=signer.keyid, nonce=signer.nonce, now=now):
        raise ReplayedError("a request with this nonce was seen before: sign again with a new nonce")


class _LimitedRequest(Request):
    """Refuses a body over the limit while reading it, whatever its Content-Length says."""

    def __init__(self, request: Request, limit: int) -> None:
        super().__init__(request.scope, request.receive)
        self._limit = limit

    async def body(self) -> bytes:
        if not hasattr(self, "_body"):
            chunks, size = [], 0
            async for chunk in self.stream():
                size += len(chunk)
                if size > self._limit:
                    raise HTTPException(
                        413, f"the body is larger than {self._limit // 1024} KiB: declare in several batches"
                    )
                chunks.append(chunk)
            self._body = b"".join(chunks)
        return self._body


class SignedRoute(APIRoute):
    """A route that verifies the signature before anything else looks at the body."""

    #: Bytes of body that are read at most.
    body_limit = BODY_LIMIT
    #: Whether a copy of the books that is not the live one may write here.
    from_any_copy = False

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def verified(request: Request) -> Response:
            for name in ("Signature-Input", "Signature"):
                if name not in request.headers:
                    raise SignatureRefusedError(f"the header {name} is missing: sign the request (RFC 9421)")
            limited = _LimitedRequest(request, self.body_limit)
            body = await limited.body()
            call = limited.state.call = await run_in_threadpool(self.authenticate, limited, body)
            if request.method != "GET":
                _check_encoding(body)
            response = await handle(limited)
            if call.mark is not None and call.member is not None and request.method != "GET":
                # What the client may take for confirmed.
                response.headers[LINEAGE] = call.mark.new
            return response

        return verified

    def authenticate(self, request: Request, body: bytes) -> Call:
        """A member's request: its key is known, its nonce new, its copy of the books the live one if it writes."""
        store: Database = request.app.state.store
        now: datetime = request.app.state.clock()
        signed = _signed(request, body)
        found: dict[str, Any] = {}

        def find_key(keyid: str) -> str | None:
            with store.transaction(api_scope(keyid=keyid)) as tx:
                row = tx.one("key_lookup", keyid=keyid)
            if row is None:
                return None
            found["member"], found["key"] = row.member_id, row
            return str(row.x)

        signer = verify_request(signed, find_key, now=now)
        _check_in_force(found["key"], signer.keyid, now)
        _count(request, "read" if signed.method == "GET" else "write", str(found["member"]))
        database, mark = _database(signed), _mark(signed)
        live, verdict = database, Verdict.UNMARKED
        with store.transaction(api_scope(keyid=signer.keyid, member=found["member"])) as tx:
            _note(tx, signer, now)
            if signed.method != "GET" and not self.from_any_copy:
                live = tx.one("member_get", member=found["member"]).database
                if database == live:
                    verdict = copies.check(tx, found["member"], mark, signer.created, now)
        if database != live:
            raise NotTheLiveCopyError(
                f"this request comes from the database {database}, the books of this member are in {live}: a copy may "
                "read, not write; disconnect it, or confirm it as the live one (POST /v1/member/copy)"
            )
        copies.refuse(verdict)
        return Call(store, signed, signer, found["member"], database, now, mark, self.from_any_copy)


class SearchRoute(SignedRoute):
    """What costs the engine more than other reads, and could tell much to whoever asks very often."""

    def authenticate(self, request: Request, body: bytes) -> Call:
        """A member's request that is counted a second time, as a search."""
        call = super().authenticate(request, body)
        _count(request, "search", str(call.member))
        return call


def _check_encoding(body: bytes) -> None:
    """Raises `MalformedError` for what is packed, and for JSON in UTF-16 or with a byte order mark: no guessing."""
    if body.startswith(_GZIP):
        raise MalformedError("the body is packed with gzip: send it as it is", field="body")
    if body.startswith((BOM_UTF8, BOM_UTF16_LE, BOM_UTF16_BE)) or b"\0" in body:
        raise MalformedError(
            "the body is not plain UTF-8: it has a byte order mark or is in UTF-16; write it in UTF-8 without one",
            field="body",
        )
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedError(
            f"the body is not UTF-8: byte {error.start + 1} belongs to no character; write it in UTF-8", field="body"
        ) from None


class AnyCopyRoute(SignedRoute):
    """What a copy of the books may write that is not, or not yet, the live one."""

    from_any_copy = True


class JoinRoute(SignedRoute):
    """Joining: the signature is made with the key that the body brings (proof of possession)."""

    body_limit = _JOINING_LIMIT

    def authenticate(self, request: Request, body: bytes) -> Call:
        now: datetime = request.app.state.clock()
        signed = _signed(request, body)
        _count(request, "join", request.client.host if request.client else "")
        signer = verify_request(signed, _brought_key(body), now=now)
        return Call(request.app.state.store, signed, signer, None, _database(signed), now)


def _count(request: Request, kind: Kind, who: str) -> None:
    limiter: Limiter | None = request.app.state.limiter
    if limiter is not None:
        limiter.check(kind, who)


def _check_in_force(key: Any, keyid: str, now: datetime) -> None:
    # Only after the signature holds: whoever merely names a key learns nothing of it.
    if not may_sign(key, now):
        ended = f"was revoked at {instant(key.revoked_at)}" if key.revoked_at else f"ended at {instant(key.expires_at)}"
        raise SignatureRefusedError(f"the key {keyid} {ended}: sign with the member's newer key")


def _brought_key(body: bytes) -> FindKey:
    try:
        x = json.loads(body)["public_key"]["x"]
        public_key(x)
        own = thumbprint(x)
    except (ValueError, TypeError, KeyError, RecursionError):
        raise MalformedError("the body brings no Ed25519 public key as a JWK", field="public_key") from None

    def find_key(keyid: str) -> str | None:
        return str(x) if keyid == own else None

    return find_key


def _signed(request: Request, body: bytes) -> SignedRequest:
    path = request.scope.get("raw_path") or request.url.path.encode()
    query = request.scope["query_string"]
    names = [name for name, _ in request.headers.items()]
    for once in _ONCE:
        # The signature is made over all of them joined, the engine and what stands before it might look at one.
        if names.count(once) > 1:
            raise SignatureRefusedError(f"the header {once} stands there {names.count(once)} times: send it once")
    url = request.app.state.base_url + path.decode("latin-1") + (f"?{query.decode('latin-1')}" if query else "")
    return SignedRequest(request.method, url, tuple(request.headers.items()), body)


def _database(signed: SignedRequest) -> UUID:
    try:
        return UUID(signed.header("bizoverbiz-database") or "")
    except ValueError:
        raise SignatureRefusedError("the header BizOverBiz-Database has to hold the database's uuid") from None


def _mark(signed: SignedRequest) -> Mark | None:
    text = signed.header(LINEAGE)
    try:
        return None if text is None else Mark.parse(text)
    except ValueError as error:
        raise MalformedError(str(error), field="BizOverBiz-Lineage") from None


def current_call(request: Request) -> Call:
    call: Call = request.state.call
    return call


#: What an endpoint asks for to get the verified call.
SignedCall = Annotated[Call, Depends(current_call)]
