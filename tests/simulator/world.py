"""One run: firms, a network between them and the engine, an operator, workers, faults; all from one seed."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256
from random import Random
from typing import Any

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from fastapi import FastAPI

from bizoverbiz.api.app import create_app
from bizoverbiz.members import joining
from bizoverbiz.notices import SigningKey
from bizoverbiz.rounds import worker
from bizoverbiz.rounds.verifying import verify_round
from bizoverbiz.store.database import WORKER

from . import invariants
from .chaos import ChaosStore, Crash
from .firm import Firm
from .sender import URL, Exchange, Unreachable, Wish
from .store import values
from .transport import Answer, Message, deliver

START = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


@dataclass
class Sending:
    """A request on its way, and who waits for the answer (nobody, if it has given up)."""

    message: Message
    firm: Firm
    waiting: Exchange | None


@cache
def _application() -> FastAPI:
    """One a process, for one run at a time: putting it together takes as long as a quarter of a run."""
    return create_app(None, base_url=URL)  # type: ignore[arg-type]


class World:
    """The engine, behind a store that crashes, and everything that is watched."""

    def __init__(self, store: Any, rng: Random) -> None:
        self.rng, self.inner, self.now = rng, store, START
        self.store = ChaosStore(store)
        self.tally: Counter[str] = Counter()
        self.trace = sha256()
        self.faults = False
        self.key = SigningKey(
            Ed25519PrivateKey.from_private_bytes(rng.randbytes(32)).private_bytes(
                Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
            )
        )
        with self.store.transaction(WORKER) as tx:
            joining.found_network(tx, name="Simulated", agreement="2026-11", key=self.key, now=self.now)
            self.engine_keys = joining.key_set(tx)
        self.app = _application()
        self.app.state.store, self.app.state.clock = self.store, lambda: self.now
        self.failures: list[str] = []
        self.violation: invariants.ViolationError | None = None
        self.rows = {table: self.inner.rows(table) for table in invariants.TABLES}
        self.store.committed, self.store.crash = self._committed, self._crash
        self.answers: dict[tuple[str, str], Answer] = {}
        #: Signatures of requests that were answered: none is taken twice.
        self.taken: set[str | None] = set()
        #: Rounds whose approval the operator has closed early.
        self.closed_early: set[int] = set()

    # -- watching

    def note(self, *what: Any) -> None:
        """Part of the trace that two runs of one seed have in common."""
        self.trace.update(repr(what).encode())

    def _committed(self, label: str, tables: set[str]) -> None:
        self.note(label)
        changed = tables & invariants.TABLES
        if not changed:
            return
        before, self.rows = self.rows, self.rows | {table: self.inner.rows(table) for table in changed}
        try:
            invariants.check(before, self.rows)
        except invariants.ViolationError as violation:
            # The engine answers 500 to it, or logs it: here it is said first, and as what it is.
            self.violation = self.violation or violation
            raise
        self._count_decisions(before)

    def _count_decisions(self, before: invariants.Rows) -> None:
        states = {one["number"]: one["state"] for one in before["round"]}
        for one in self.rows["round"]:
            if states.get(one["number"]) != one["state"]:
                if one["state"] == "decided" and one["number"] not in self.closed_early:
                    self._check_ripe(before, one)
                self.tally[f"rounds {one['state']}"] += 1
        new = len(self.rows["set_off"]) - len(before["set_off"])
        if new:
            self.tally["set-offs"] += new
            total = sum(one["amount"] for one in self.rows["set_off"]) - sum(one["amount"] for one in before["set_off"])
            self.tally["set off, minor units"] += total
            self.note("decided", total)

    def _check_ripe(self, before: invariants.Rows, one: dict[str, Any]) -> None:
        """Decided by itself, a round has waited for every answer or for its deadline."""
        silent = [row for row in before["statement"] if row["round"] == one["number"] and row["state"] == "proposed"]
        over = self.now >= values.out(one["deadline"])
        invariants.require(over or not silent, f"round {one['number']} is decided before {len(silent)} have answered")

    def _crash(self, label: str) -> str | None:
        if not self.faults or self.rng.random() > (0.05 if label.startswith("worker") else 0.01):
            return None
        when = self.rng.choice(("before", "after"))
        self.tally[f"crash {when} {label}"] += 1
        self.tally[f"crashes {when} a commit"] += 1
        return when

    def failed(self, told: str) -> None:
        self.failures.append(told)

    # -- the engine's processes

    def answer(self, message: Message) -> Answer | None:
        """None if the process died meanwhile."""
        try:
            answer = deliver(self.app, message)
        except Crash:
            return None
        invariants.require(
            answer.status < 500 or answer.slug == "engine-unavailable", f"{message.method} {message.url}: {answer}"
        )
        self._check_repeated(message, answer)
        signature = message.header("signature")
        if signature in self.taken:
            invariants.require(answer.status == 401, f"{message.url}: a replayed request is answered {answer.status}")
        elif answer.status not in (401, 503):
            self.taken.add(signature)
        self.tally[f"answered {answer.status}"] += 1
        return answer

    def _check_repeated(self, message: Message, answer: Answer) -> None:
        key = message.header("idempotency-key")
        if key is None or answer.status >= 400:
            return
        first = self.answers.setdefault((message.url + key, str(message.body)), answer)
        invariants.require(first == answer, f"{message.url}: answered once {first}, then {answer}")

    def confirm(self, firm: Firm) -> None:
        """An administrator says that these books are the live copy."""
        answer = self.send(firm, firm.confirming())
        self.tally["copies confirmed"] += answer.status == 200
        if answer.status == 200:
            firm.heard(answer)
            firm.confirmed(answer.body["reopened"])
            self.tally["notices open again"] += len(answer.body["reopened"])
            # What was answered to another copy is no answer to this one.
            self.answers.clear()
        else:
            invariants.require(
                answer.slug in ("not-the-live-copy", "signature-invalid", "suspended"),
                f"a live copy is refused: {answer}",
            )
            firm.needs_invitation = firm.needs_invitation or answer.slug == "signature-invalid"

    def work(self) -> None:
        """A look of one of the workers."""
        try:
            worker.work_once(self.store, load_key=lambda: self.key, clock=lambda: self.now)
        except Crash:
            self.tally["workers killed"] += 1

    def operate(self, step: Callable[[Any], object]) -> bool:
        """A command of the operator's; False if it died."""
        try:
            with self.store.transaction(WORKER) as tx:
                step(tx)
        except Crash:
            self.tally["commands killed"] += 1
            return False
        return True

    def verify_rounds(self) -> None:
        """The engine's own verification of every round that was proposed."""
        for one in sorted(self.rows["round"], key=lambda row: row["number"]):
            if one["state"] in ("decided", "closed"):
                with self.inner.transaction(WORKER) as tx:
                    verify_round(tx, one["number"])

    # -- firms

    def invite(self, firm: Firm, *, renews: bool = False) -> str:
        with self.inner.transaction(WORKER) as tx:
            invitation = joining.invite(
                tx,
                url=URL,
                valid=timedelta(days=14),
                now=self.now,
                renews=firm.identifier if renews else None,
            )
        return invitation.secret

    def send(self, firm: Firm, wish: Wish) -> Answer:
        """At once and without any fault."""
        faults, self.faults = self.faults, False
        between, self.store.between = self.store.between, lambda: None
        try:
            answer = self.answer(firm.message(wish, self.now.timestamp()))
        finally:
            self.faults, self.store.between = faults, between
        assert answer is not None, "without faults nothing dies"
        return answer


@contextmanager
def watched(world: World) -> Iterator[None]:
    """What the engine logs as a failure fails the run."""

    def look(_: Any, level: str, event: dict[str, Any]) -> Any:
        if event["event"] in ("step failed", "failed"):
            error = sys.exc_info()[1] if event.get("exc_info") is True else event.get("exc_info")
            if not isinstance(error, Crash):
                world.failed(f"{event.get('step') or event.get('route')}: {error!r} {event.get('reason', '')}")
        raise structlog.DropEvent

    kept = structlog.get_config()
    structlog.configure(processors=[look], cache_logger_on_first_use=False)
    try:
        yield
    finally:
        structlog.configure(**kept)


__all__ = ["START", "Sending", "Unreachable", "World", "watched"]
