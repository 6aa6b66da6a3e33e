"""A simulated firm on the wire: its books, its key, its clock, and what it makes of a refusal; see docs/protocol.md."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Generator
from dataclasses import dataclass
from hashlib import sha256
from random import Random
from typing import Any, Literal
from uuid import UUID

from .books import Books, Paper
from .signing import Key, base64url
from .transport import Answer, Message

URL = "http://engine.example"


class Unreachable(Exception):  # noqa: N818  # what a client calls it
    """No answer came; whether the request did is not known."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A request to be signed and sent."""

    method: str
    path: str
    body: Any = None
    #: What the idempotency key is kept under in the books; None for a new one.
    same: str | None = None


Exchange = Generator[Wish, Answer, None]


class Sender:
    """Signs and sends what the firm wishes, and remembers what a copy of its books has to."""

    """Honest; `liars` has the others."""
    honest = True

    def __init__(self, identifier: str, rng: Random, paper: Paper, keys: dict[str, Any]) -> None:
        self.identifier, self.rng, self.paper, self.engine_keys = identifier, rng, paper, keys
        self.books = Books(identifier, str(UUID(bytes=rng.randbytes(16), version=4)))
        self.key = Key(rng.randbytes(32))
        #: Not every client lowers approvals its books no longer support: the engine has to look at them again itself.
        self.lowers = rng.random() < 0.5
        #: Seconds this firm's clock is ahead of the engine's.
        self.skew = 0
        self.backups: list[tuple[Books, Key]] = []
        #: By line: the most it ever approved, and the least the engine has confirmed.
        self.approved_most: dict[str, int] = {}
        self.approved_least: dict[str, int] = {}
        self.needs_invitation = False
        #: Another copy of its books may have written: an administrator has to say which is the live one.
        self.doubted = False
        #: The mark of the exchange going on; see docs/protocol.md, Copies of the books.
        self.mark: str | None = None
        #: Once faults have stopped: nothing is said twice, nothing is only looked at.
        self.quiet = False
        #: Rules of every mandate it ever sent, whichever arrived; rules to be sent, or that it is to be ended.
        self.mandates: list[dict[str, Any]] = []
        self.mandate: dict[str, Any] | Literal["end"] | None = None
        #: Lines of statements that its people have answered, in whatever way.
        self.answered: set[str] = set()
        #: A key registered, or about to be, in place of the one it signs with.
        self.next_key: Key | None = None
        self._declared: tuple[str, dict[str, Any]] | None = None
        self.member = ""

    def message(self, wish: Wish, now: float, *, nonce: str | None = None, key: str | None = None) -> Message:
        """The wish as a signed request (RFC 9421)."""
        content = b"" if wish.body is None else json.dumps(wish.body).encode()
        headers = {"bizoverbiz-database": self.books.database}
        if content:
            headers["content-type"] = "application/json"
            headers["content-digest"] = f"sha-256=:{b64encode(sha256(content).digest()).decode()}:"
        if wish.method != "GET":
            headers["idempotency-key"] = key or self._idempotency(wish)
        url = URL + wish.path
        covered = {"@method": wish.method, "@target-uri": url}
        covered |= {name: headers[name] for name in ("content-digest", "idempotency-key") if name in headers}
        if self.mark is not None:
            headers["bizoverbiz-lineage"] = covered["bizoverbiz-lineage"] = self.mark
        covered["bizoverbiz-database"] = headers["bizoverbiz-database"]
        names = " ".join(f'"{name}"' for name in covered)
        parameters = (
            f'({names});created={int(now) + self.skew};keyid="{self.key.keyid}";alg="ed25519"'
            f';nonce="{nonce or base64url(self.rng.randbytes(16))}"'
        )
        base = "".join(f'"{name}": {value}\n' for name, value in covered.items()) + f'"@signature-params": {parameters}'
        headers["signature-input"] = f"sig={parameters}"
        headers["signature"] = f"sig=:{self.key.sign(base)}:"
        return Message(wish.method, url, tuple(headers.items()), content)

    def _idempotency(self, wish: Wish) -> str:
        fresh = base64url(self.rng.randbytes(12))
        if wish.same is None:
            return fresh
        return self.books.keys.setdefault(f"{wish.same} {sha256(repr(wish.body).encode()).hexdigest()}", fresh)

    def joining(self, secret: str) -> Wish:
        body = {
            "invitation": secret,
            "identifier": self.identifier,
            "name": f"Firm {self.identifier}",
            "country": "FR",
            "public_key": self.key.jwk,
            "database": self.books.database,
            "agreement": "2026-11",
        }
        return Wish("POST", "/v1/members", body, f"join {secret}")

    def begin_mark(self) -> None:
        """A token is kept before it is sent, and stays until an answer has echoed it."""
        if self.books.pending is None:
            self.books.pending = base64url(self.rng.randbytes(16))
            self.books.booked_before = self.books.last_booked
        self.mark = f"{self.books.token}.{self.books.pending}"

    def heard(self, answer: Answer) -> None:
        """What an answer says to whoever waits for it."""
        if answer.lineage is not None and answer.lineage == self.books.pending:
            self.books.token, self.books.pending = answer.lineage, None

    def confirming(self) -> Wish:
        self.begin_mark()
        body = {"answered_by": "claire@example.com", "last_notice": self.books.last_booked}
        return Wish("POST", "/v1/member/copy", body)

    def confirmed(self, reopened: list[int]) -> None:
        self.doubted = False
        self.books.acknowledged -= set(reopened)
        self.books.keys.clear()

    def _told(self, answer: Answer) -> bool:
        """Is this a refusal that happens to the honest too? What it takes, is done before the next exchange."""
        if answer.slug in ("signature-invalid", "replayed"):
            if abs(self.skew) > 290:
                self.skew = 0
            elif answer.slug == "signature-invalid":
                self.needs_invitation = "no member has the key" in answer.body.get("detail", "")
            return True
        if answer.slug == "not-the-live-copy":
            # What has only been overtaken goes on by itself.
            self.doubted = "send it again in a new exchange" not in answer.body["detail"]
            return True
        if answer.slug == "malformed" and answer.body.get("field") == "last_notice":
            return False
        return answer.slug in ("suspended", "left", "too-many-requests", "engine-unavailable")
