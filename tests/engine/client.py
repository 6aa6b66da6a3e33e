"""A member as the engine sees it: signs with the library, shares no code with the server."""

from __future__ import annotations

import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from secrets import token_bytes, token_urlsafe
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from http_message_signatures import HTTPMessageSigner, MappingKeyResolver
from http_message_signatures.algorithms import ED25519


def base64url(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode("ascii").rstrip("=")


@dataclass
class Outgoing:
    method: str
    url: str
    headers: dict[str, str]


class Member:
    """One firm with its key and its database."""

    def __init__(self, http: httpx.Client, base_url: str, clock: Callable[[], datetime], identifier: str) -> None:
        self.http, self.base_url, self.clock, self.identifier = http, base_url, clock, identifier
        self.database = str(uuid4())
        self.adopt(Ed25519PrivateKey.generate())

    def adopt(self, private: Ed25519PrivateKey) -> None:
        """Sign with this key from now on."""
        self.private = private
        self.x = base64url(self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))
        self.jwk = {"kty": "OKP", "crv": "Ed25519", "x": self.x}
        self.keyid = base64url(sha256(json.dumps(self.jwk, sort_keys=True, separators=(",", ":")).encode()).digest())

    def sign(self, outgoing: Outgoing, body: bytes, **changes: Any) -> None:
        """Add the signature's headers; `changes` bends the rules for a test."""
        covered = ["@method", "@target-uri"]
        covered += ["content-digest"] if body else []
        covered += ["idempotency-key"] if "Idempotency-Key" in outgoing.headers else []
        covered += ["if-match"] if "If-Match" in outgoing.headers else []
        covered += ["bizoverbiz-lineage"] if "BizOverBiz-Lineage" in outgoing.headers else []
        covered += ["bizoverbiz-database"]
        covered = [name for name in covered if name not in changes.get("uncovered", ())]
        signer = HTTPMessageSigner(
            signature_algorithm=ED25519,
            key_resolver=MappingKeyResolver(public_keys={}, private_keys={self.keyid: self.private}),
        )
        if body and "content-digest" in covered:
            outgoing.headers["Content-Digest"] = f"sha-256=:{b64encode(sha256(body).digest()).decode()}:"
        signer.sign(
            outgoing,
            key_id=self.keyid,
            created=changes.get("created", self.clock()),
            nonce=changes.get("nonce", base64url(token_bytes(16))),
            label=changes.get("label", "sig"),
            covered_component_ids=covered,
            use_existing_digest="Content-Digest" in outgoing.headers,
        )

    def prepare(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        key: str | None = None,
        raw: bytes | None = None,
        **changes: Any,
    ) -> tuple[Outgoing, bytes]:
        content = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
        headers = {"BizOverBiz-Database": changes.get("database", self.database)}
        if content:
            headers["Content-Type"] = "application/json"
        if method != "GET":
            headers["Idempotency-Key"] = key or token_urlsafe(16)
        outgoing = Outgoing(method, self.base_url + path, headers | changes.get("headers", {}))
        self.sign(outgoing, content, **changes)
        return outgoing, content

    def send(self, outgoing: Outgoing, content: bytes) -> httpx.Response:
        return self.http.request(outgoing.method, outgoing.url, headers=outgoing.headers, content=content)

    def call(self, method: str, path: str, body: Any = None, **options: Any) -> httpx.Response:
        return self.send(*self.prepare(method, path, body, **options))

    def get(self, path: str, **query: Any) -> Any:
        answer = self.call("GET", path + (f"?{urlencode(query, doseq=True)}" if query else ""))
        assert answer.status_code == 200, answer.text
        return answer.json()

    def joining(self, secret: str) -> dict[str, Any]:
        return {
            "invitation": secret,
            "identifier": self.identifier,
            "name": f"Firm {self.identifier}",
            "country": "FR",
            "public_key": self.jwk,
            "database": self.database,
            "agreement": "2026-11",
        }

    def join(self, secret: str, **options: Any) -> httpx.Response:
        return self.call("POST", "/v1/members", self.joining(secret), **options)

    def line(self, side: str, counterpart: Member, number: str, amount: int, **more: Any) -> dict[str, Any]:
        return {
            "side": side,
            "counterpart": counterpart.identifier,
            "number": number,
            "currency": "EUR",
            "amount_total": amount,
            "amount_open": amount,
            "amount_disputed": 0,
            "dispute_reason": None,
            "issue_date": "2026-09-01",
            "due_date": "2026-10-31",
            "reference": f"{self.identifier}:{number}",
        } | more

    def declare(
        self, *lines: dict[str, Any], full: bool = True, last_notice: int = 0, **options: Any
    ) -> httpx.Response:
        body = {"full": full, "last_notice": last_notice, "lines": list(lines)}
        return self.call("POST", "/v1/declarations", body, **options)

    def statement(self) -> dict[str, Any]:
        """The newest one."""
        found: dict[str, Any] = self.get("/v1/statements")["statements"][0]
        return found

    def approve(self, statement: dict[str, Any], amounts: Sequence[int] | None = None) -> httpx.Response:
        """Approve each line for what is proposed, or for the amounts given in the lines' order."""
        wanted = [line["proposed"] for line in statement["lines"]] if amounts is None else amounts
        lines = [
            {"id": line["id"], "approved": amount} for line, amount in zip(statement["lines"], wanted, strict=True)
        ]
        body = {"answer": "approve", "answered_by": "claire@example.com", "lines": lines}
        return self.call("PUT", f"/v1/statements/{statement['id']}/answer", body)

    def refuse(self, statement: dict[str, Any]) -> httpx.Response:
        body = {"answer": "refuse", "answered_by": "claire@example.com", "reason": "not now"}
        return self.call("PUT", f"/v1/statements/{statement['id']}/answer", body)
