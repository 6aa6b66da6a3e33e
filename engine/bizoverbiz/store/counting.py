"""Requests counted in PostgreSQL, so that every process that serves counts the same ones (`limits`' storage)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg2
from limits.storage import SlidingWindowCounterSupport, Storage

from bizoverbiz.errors import EngineUnavailableError
from bizoverbiz.store.database import API_ROLE, WORKER, Database, Scope, Transaction

#: Milliseconds: a request does not wait for its counting longer than this.
_PATIENCE = 2_000
#: What counting a request raises when it fails.
UNCOUNTED = (psycopg2.Error, EngineUnavailableError)


class PostgresStorage(Storage, SlidingWindowCounterSupport):
    """One row a key: the count of its current window and of the one before.

    Counting is one statement that also decides, so that two processes never let in one request too many.
    """

    STORAGE_SCHEME = None

    def __init__(self, store: Database, clock: Callable[[], datetime]) -> None:
        super().__init__()
        self._store, self._clock = store, clock

    @property
    def base_exceptions(self) -> tuple[type[Exception], ...]:
        return UNCOUNTED

    def acquire_sliding_window_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        if amount > limit:
            return False
        slot, passed = self._position(expiry)
        with self._store.transaction(self._scope(key)) as tx:
            counted = tx.one(
                "request_count",
                key=key,
                slot=slot,
                amount=amount,
                limit=limit,
                left=1 - passed / expiry,
                expires_at=self._clock() + timedelta(seconds=2 * expiry),
            )
        return counted is not None

    def get_sliding_window(self, key: str, expiry: int) -> tuple[int, float, int, float]:
        """Requests of the window before and what is left of its weight, those of the current one and of its time."""
        slot, passed = self._position(expiry)
        with self._store.transaction(self._scope(key)) as tx:
            row = self._row(tx, key)
        if row is None or row.slot < slot - 1:
            return 0, 0.0, 0, 0.0
        left = expiry - passed
        if row.slot < slot:
            return row.count, left, 0, 0.0
        return row.previous, left, row.count, left

    def clear_sliding_window(self, key: str, expiry: int) -> None:
        self.clear(key)

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count without a limit."""
        self.acquire_sliding_window_entry(key, 2**62, expiry, amount)
        return self.get(key)

    def get(self, key: str) -> int:
        with self._store.transaction(self._scope(key)) as tx:
            row = self._row(tx, key)
        return row.count if row is not None and row.expires_at > self._clock() else 0

    def get_expiry(self, key: str) -> float:
        with self._store.transaction(self._scope(key)) as tx:
            row = self._row(tx, key)
        return float((row.expires_at if row is not None else self._clock()).timestamp())

    def check(self) -> bool:
        try:
            self.get("")
        except self.base_exceptions:
            return False
        return True

    def clear(self, key: str) -> None:
        with self._store.transaction(WORKER) as tx:
            tx.run("request_count_clear", key=key)

    def reset(self) -> int:
        with self._store.transaction(WORKER) as tx:
            return tx.run("request_counts_forget", before=datetime.max.replace(tzinfo=UTC))

    def _position(self, expiry: int) -> tuple[int, float]:
        """The number of the current window of `expiry` seconds, and how many of them have passed."""
        slot, passed = divmod(self._clock().timestamp(), expiry)
        return int(slot), passed

    @staticmethod
    def _scope(key: str) -> Scope:
        return Scope(API_ROLE, {"bizoverbiz.counted": key}, _PATIENCE, lock_timeout=_PATIENCE)

    @staticmethod
    def _row(tx: Transaction, key: str) -> Any:
        return tx.one("request_count_get", key=key)
