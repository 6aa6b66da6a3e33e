"""A client that works through kills: whatever gets no answer is sent again under its idempotency key."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from secrets import token_urlsafe
from typing import Any

import httpx
from engine.client import Member

from bizoverbiz.notices import verify_notice

from .books import Books
from .killing import Traffic

#: Seconds until a request has to be answered at last, however often it fails in between.
_PATIENCE = 90


@dataclass(frozen=True, slots=True)
class Entry:
    """A write that was answered."""

    method: str
    path: str
    body: Any
    key: str
    keyid: str
    status: int
    answer: Any
    #: Sent how often, and when for the last time.
    attempts: int
    last_sent: datetime


class Firm(threading.Thread):
    """One member: joins, then exchanges until told to stop. Keeps a journal of what was answered."""

    def __init__(
        self, base_url: str, books: Books, invitation: str, traffic: Traffic, seed: int, stop: threading.Event
    ) -> None:
        super().__init__(name=books.identifier)
        self._http = httpx.Client(timeout=15)
        self.member = Member(self._http, base_url, lambda: datetime.now(UTC), books.identifier)
        self.books, self._invitation, self._traffic, self._stop_event = books, invitation, traffic, stop
        self._random = Random(f"{seed} {books.identifier}")
        self.journal: list[Entry] = []
        self._seen: dict[str, str] = {}
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            self._write("POST", "/v1/members", self.member.joining(self._invitation))
            self._keys = self._read("/v1/keys")
            while not self._stop_event.is_set():
                self._exchange()
                time.sleep(self._random.uniform(0.05, 0.4))
            self._exchange()
        except BaseException as error:
            self.error = error
        finally:
            self._http.close()

    def _exchange(self) -> None:
        self._notices()
        last, lines = self.books.lines()
        self._write("POST", "/v1/declarations", {"full": True, "last_notice": last, "lines": lines})
        for statement in self._read("/v1/statements")["statements"]:
            self._answer(statement)

    def _notices(self) -> None:
        known = len(self.books.booked)
        for entry in self._read(f"/v1/notices?after={known}")["notices"]:
            notice = verify_notice(entry["jws"], self._keys)
            assert notice.number == entry["number"]
            self.books.book(notice, entry["jws"])
            booked = {
                "entry": f"BOB/{notice.number}",
                "date": "2026-11-22",
                "currency": "EUR",
                "amount": notice.total,
            }
            path = f"/v1/notices/{notice.number}/acknowledgement"
            status, _ = self._write("PUT", path, {"booked": [booked]})
            assert status == 200, f"{self.books.identifier}: notice {notice.number} cannot be acknowledged: {status}"

    def _answer(self, statement: dict[str, Any]) -> None:
        again = statement["id"] in self._seen
        if statement["state"] not in ("proposed", "approved") or (again and self._random.random() < 0.8):
            return
        path = f"/v1/statements/{statement['id']}/answer"
        body: dict[str, Any] = {"answer": "refuse", "answered_by": "claire@example.com", "reason": "not now"}
        if self._random.random() < (0.97 if again else 0.9):
            body = {"answer": "approve", "answered_by": "claire@example.com", "lines": self._up_to(statement)}
        self._seen[statement["id"]] = body["answer"]
        self._write("PUT", path, body)

    def _up_to(self, statement: dict[str, Any]) -> list[dict[str, Any]]:
        def amount(line: dict[str, Any]) -> int:
            most = line["ceiling"] if line["approved"] is None else line["approved"]
            return int(most * self._random.random()) if self._random.random() < 0.1 else int(most)

        return [{"id": line["id"], "approved": amount(line)} for line in statement["lines"]]

    def _read(self, path: str) -> Any:
        answer, _ = self._insist(lambda: self.member.call("GET", path))
        assert answer.status_code == 200, f"GET {path}: {answer.status_code} {answer.text}"
        return answer.json()

    def _write(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        key, sent = token_urlsafe(16), [datetime.now(UTC)]

        def call() -> httpx.Response:
            sent.append(datetime.now(UTC))
            return self.member.call(method, path, body, key=key)

        answer, attempts = self._insist(call)
        told = answer.json()
        slug = str(told.get("type", "")).rsplit("/")[-1]
        expected = answer.status_code < 300 or slug in ("too-late", "approval-raised")
        assert expected, f"{method} {path}: {answer.status_code} {answer.text}"
        if answer.status_code < 300:
            keyid = self.member.keyid
            self.journal.append(Entry(method, path, body, key, keyid, answer.status_code, told, attempts, sent[-1]))
            if self._random.random() < 0.1:
                again, _ = self._insist(call)
                assert (again.status_code, again.json()) == (answer.status_code, told), f"{method} {path} sent again"
        return answer.status_code, told

    def _insist(self, call: Callable[[], httpx.Response]) -> tuple[httpx.Response, int]:
        """Call until there is an answer other than "come again"; how often that took."""
        deadline = time.monotonic() + _PATIENCE
        attempts = 0
        while True:
            attempts += 1
            try:
                with self._traffic:
                    answer = call()
            except httpx.TransportError as error:
                failed = repr(error)
            else:
                if answer.status_code not in (429, 503):
                    return answer, attempts
                failed = answer.text
            assert time.monotonic() < deadline, f"no answer within {_PATIENCE} seconds: {failed}"
            time.sleep(self._random.uniform(0.1, 0.5))
