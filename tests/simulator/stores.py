"""Where a run finds an empty store: in memory, or in PostgreSQL."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import psycopg2
import psycopg2.extras

from bizoverbiz.store import migrate
from bizoverbiz.store.database import WORKER_ROLE, Database, Scope, Transaction

from .postgres import ROOT, Server
from .store import snapshot
from .store.memory import Blueprint, MemoryDatabase

#: Where the schema is kept between runs; `make clean` takes it away.
FOLDER = ROOT / "var" / "simulator"


class MemoryStores:
    """Each run gets a database of its own in memory."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self.blueprint = Blueprint(snapshot.load(folder))

    @classmethod
    @cache
    def of_this_process(cls) -> MemoryStores:
        return cls()

    @contextmanager
    def new(self) -> Iterator[MemoryDatabase]:
        store = MemoryDatabase(self.blueprint)
        try:
            yield store
        finally:
            store.close()


class PostgresStore:
    """The engine's own store, and an eye on its tables."""

    def __init__(self, url: str) -> None:
        self._database = Database(url)
        self._eye = psycopg2.connect(url)
        self._eye.autocommit = True
        with self._eye.cursor() as cursor:
            cursor.execute(f"SET ROLE {WORKER_ROLE}")

    def transaction(self, scope: Scope) -> Any:
        return self._database.transaction(scope)

    def rows(self, table: str) -> list[dict[str, Any]]:
        with self._eye.cursor(cursor_factory=psycopg2.extras.RealDictCursor) as cursor:
            cursor.execute(f"SELECT * FROM {table} ORDER BY ctid")
            return [dict(row) for row in cursor.fetchall()]

    def close(self) -> None:
        self._eye.close()
        self._database.close()


class PostgresStores:
    """Each run gets a database of its own on one server."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._numbers = count(1)

    def prepare(self) -> PostgresStores:
        """Once a server: the empty database that each run gets a copy of."""
        migrate.upgrade(self._server.create("template_of_runs"))
        return self

    @contextmanager
    def new(self) -> Iterator[PostgresStore]:
        name = f"run_{os.getpid()}_{next(self._numbers)}"
        store = PostgresStore(self._server.create(name, template="template_of_runs"))
        try:
            yield store
        finally:
            store.close()
            self._server.drop(name)


class Recorder:
    """Passes on to a store, and writes down what every query answers, identities by the order of their appearance."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self.rows = inner.rows
        self.answers: list[tuple[str, Any]] = []

    @contextmanager
    def transaction(self, scope: Scope) -> Iterator[Transaction]:
        with self._inner.transaction(scope) as tx:
            yield _Recorded(tx, self.answers)  # type: ignore[misc]


class _Recorded:
    def __init__(self, tx: Transaction, answers: list[tuple[str, Any]]) -> None:
        self._tx, self._answers, self.set = tx, answers, tx.set

    def __getattr__(self, method: str) -> Any:
        run = getattr(self._tx, method)

        def recorded(name: str, /, *arguments: Any, **parameters: Any) -> Any:
            answer = run(name, *arguments, **parameters)
            self._answers.append((name, answer))
            return answer

        return recorded
