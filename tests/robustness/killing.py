"""Kills parts of the stack at random moments, starts them again, and counts what was under way each time."""

from __future__ import annotations

import threading
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from random import Random

import psycopg2

from .stack import WORKERS, Stack, until

_TARGETS = ("api", "worker", "postgres")


@dataclass(frozen=True, slots=True)
class Kill:
    #: Seconds since the start.
    at: float
    name: str
    #: Transactions that had written something and were not committed, of the part killed (all of them: PostgreSQL).
    writing: int
    #: Requests of clients that waited for an answer.
    waiting: int


class Traffic:
    """How many requests are under way."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.under_way = 0

    def __enter__(self) -> None:
        with self._lock:
            self.under_way += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self.under_way -= 1


class Killer(threading.Thread):
    """The one who kills and the supervisor who starts again, until `seconds` are over."""

    def __init__(self, stack: Stack, traffic: Traffic, *, seed: int, seconds: float) -> None:
        super().__init__(name="killer")
        self._stack, self._traffic, self._random, self._seconds = stack, traffic, Random(seed), seconds
        self.kills: list[Kill] = []
        self.error: BaseException | None = None

    def run(self) -> None:
        began = time.monotonic()
        try:
            # A little longer if one of the parts has not been caught in the middle of work yet.
            while (elapsed := time.monotonic() - began) < self._seconds * (1 if self._caught_all() else 2):
                self._one(elapsed)
        except BaseException as error:
            self.error = error

    def _one(self, elapsed: float) -> None:
        # Each kind in turn in random order, so that a short run has all of them.
        done = Counter(kill.name.partition("-")[0] for kill in self.kills)
        fewest = min(done[kind] for kind in _TARGETS)
        kind = self._random.choice([kind for kind in _TARGETS if done[kind] == fewest])
        name = self._random.choice(WORKERS) if kind == "worker" else kind
        time.sleep(self._random.uniform(0.2, 2.5))
        aimed = kind not in self.in_work() or self._random.random() < 0.6
        writing = self._wait_for_work(name) if aimed else self._writing(name)
        waiting = self._traffic.under_way
        self._stack.kill(name)
        self.kills.append(Kill(elapsed, name, writing, waiting))
        time.sleep(self._random.choice((0, 0, 0.5, 1.5)))
        self._stack.start(name)
        # Now and then the next one falls before this one is up.
        if self._random.random() < 0.8:
            until(f"{name} is back after being killed", self._all_up)

    def in_work(self) -> Counter[str]:
        """How often each kind of part was killed with something written and not committed."""
        return Counter(kill.name.partition("-")[0] for kill in self.kills if kill.writing)

    def _caught_all(self) -> bool:
        return set(self.in_work()) == set(_TARGETS)

    def _all_up(self) -> bool:
        return self._stack.healthy() and all(map(self._stack.alive, WORKERS))

    def _wait_for_work(self, name: str) -> int:
        """Some milliseconds into a transaction that has written something; how many there are."""
        deadline = time.monotonic() + 4
        pause = self._random.uniform(0, 0.02)
        while time.monotonic() < deadline:
            if self._writing(name):
                time.sleep(pause)
                if writing := self._writing(name):
                    return writing
            time.sleep(0.002)
        return 0

    def _writing(self, name: str) -> int:
        try:
            if not hasattr(self, "_connection") or self._connection.closed:
                self._connection = self._stack.superuser()
            with self._connection.cursor() as cursor:
                cursor.execute(
                    "SELECT count(*) FROM pg_stat_activity WHERE backend_xid IS NOT NULL"
                    " AND (application_name = %(name)s OR %(name)s = 'postgres')",
                    {"name": name},
                )
                return int(cursor.fetchone()[0])
        except psycopg2.Error:
            with closing(self._connection):
                return 0
