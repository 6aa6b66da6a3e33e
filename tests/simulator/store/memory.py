"""The store in memory, with the interface of `bizoverbiz.store.database`."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

from psycopg2 import errors

from bizoverbiz.store.database import Scope, Transaction
from bizoverbiz.store.queries import QUERIES, named

from . import schema, values
from .forms import from_csv, to_csv
from .functions import install
from .snapshot import Snapshot
from .translate import SCRATCH, Prepared, Translator

#: Queries that stand in other words in `portable.sql`.
PORTABLE = named(Path(__file__).with_name("portable.sql").read_text(encoding="utf-8").partition("\n\n")[2])
_ERRORS: Mapping[str, type[Exception]] = {
    "UNIQUE": errors.UniqueViolation,
    "CHECK": errors.CheckViolation,
    "FOREIGN": errors.ForeignKeyViolation,
    "NOT": errors.NotNullViolation,
}


class MemoryStoreError(Exception):
    """The store in memory cannot do what PostgreSQL could."""


class Blueprint:
    """What all databases of one schema share: the empty database, and the queries as translated so far."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self._translator = Translator(snapshot)
        self._prepared: dict[tuple[str, str], Prepared] = {}
        self.tables = sorted({table for table, *_ in snapshot.columns} - {"alembic_version"})
        made = sqlite3.connect(":memory:")
        install(made, settings=dict, new_uuid=lambda: None, lock=lambda key: True)
        for statement in schema.statements(snapshot):
            made.execute(statement)
        for table, columns in SCRATCH.items():
            made.execute(f"CREATE TABLE {table} ({', '.join(columns)})")
        self.empty = made.serialize()
        made.close()

    def prepared(self, name: str, role: str) -> Prepared:
        text = (PORTABLE.get(name) or QUERIES[name]).text
        found = self._prepared.get((text, role))
        if found is None:
            found = self._prepared[text, role] = self._translator.prepare(name, text, role)
        return found


class MemoryTransaction(Transaction):
    """Runs the named queries on SQLite."""

    def __init__(self, database: MemoryDatabase, scope: Scope) -> None:
        self._database, self._role = database, scope.role
        #: What row-level security lets through.
        self.settings = {name.removeprefix("bizoverbiz."): value for name, value in scope.settings.items()}
        self._failed = False
        self._rows: list[Any] = []
        self._count = 0
        #: Temporary tables in use.
        self.scratch: set[str] = set()

    def set(self, name: str, value: str) -> None:
        self.settings[name.removeprefix("bizoverbiz.")] = value

    def _execute(self, name: str, parameters: Mapping[str, Any]) -> None:
        if self._failed:
            raise errors.InFailedSqlTransaction("the transaction has failed: nothing more can be done in it")
        prepared = self._database.blueprint.prepared(name, self._role)
        given = {key: values.into(value) for key, value in parameters.items()}
        try:
            self._rows, self._count = self._run(prepared, given)
        except sqlite3.IntegrityError as error:
            self._failed = True
            raise _ERRORS.get(str(error).split(" ")[0], errors.IntegrityError)(f"{name}: {error}") from None
        except sqlite3.Error as error:
            self._failed = True
            raise MemoryStoreError(f"{name} cannot be run in memory: {error}\n{prepared.text}") from error

    def _run(self, prepared: Prepared, given: dict[str, Any]) -> tuple[list[Any], int]:
        connection = self._database.turn_of(self, writes=prepared.writes)
        if prepared.denied:
            self._failed = True
            raise errors.InsufficientPrivilege(prepared.denied)
        for alias, write in prepared.before:
            rows, _ = self._run(write, given)
            given = given | {alias: json.dumps([{k: values.into(v) for k, v in row._asdict().items()} for row in rows])}
        for table in prepared.empties:
            connection.execute(f"DELETE FROM {table}")
            self.scratch.add(table)
        cursor = connection.execute(prepared.text, given)
        if not prepared.returns:
            # Of a statement that begins with WITH, sqlite3 does not count the rows.
            counted = cursor.rowcount >= 0
            return [], cursor.rowcount if counted else connection.execute("SELECT changes()").fetchone()[0]
        raw = cursor.fetchall()
        if prepared.checked:
            if not all(row[-1] for row in raw):
                self._failed = True
                raise errors.InsufficientPrivilege(f"{prepared.name}: new row violates row-level security policy")
            raw = [row[:-1] for row in raw]
        if prepared.row is None or not prepared.row._fields:
            return [], len(raw)
        make, decoders = prepared.row._make, prepared.decoders
        return [make([decode(value) for decode, value in zip(decoders, row)]) for row in raw], len(raw)  # noqa: B905

    def all(self, name: str, /, **parameters: Any) -> list[Any]:
        self._execute(name, parameters)
        return self._rows

    def one(self, name: str, /, **parameters: Any) -> Any:
        self._execute(name, parameters)
        assert len(self._rows) <= 1, f"{name} gave {len(self._rows)} rows instead of one"
        return self._rows[0] if self._rows else None

    def run(self, name: str, /, **parameters: Any) -> int:
        self._execute(name, parameters)
        return self._count

    def copy_out(self, name: str, sink: Any, /, **parameters: Any) -> None:
        self._execute(name, parameters)
        sink.write(to_csv(self._rows))

    def copy_in(self, name: str, source: Any, /) -> None:
        (table,) = (one for one in SCRATCH if name == f"{one}_copy")
        self._execute(name, {"rows": from_csv(source.read(), SCRATCH[table])})


class MemoryDatabase:
    """One database in memory, for one thread.

    Transactions may be open inside others as long as one of them writes: SQLite's own begins with the first write, so
    that one which holds an advisory lock only, as a worker's claim does, is in nobody's way.
    """

    def __init__(self, blueprint: Blueprint) -> None:
        self.blueprint = blueprint
        self._acting: MemoryTransaction | None = None
        self._writing: MemoryTransaction | None = None
        self._locks: dict[str, MemoryTransaction] = {}
        self._connection = sqlite3.connect(
            ":memory:", isolation_level=None, cached_statements=1024, check_same_thread=False
        )
        self._connection.deserialize(blueprint.empty)
        random = Random(0)
        install(
            self._connection,
            settings=lambda: self._acting.settings if self._acting else {},
            new_uuid=lambda: UUID(bytes=random.randbytes(16), version=4),
            lock=self._lock,
        )
        self._connection.execute("PRAGMA foreign_keys = ON")

    @contextmanager
    def transaction(self, scope: Scope) -> Iterator[MemoryTransaction]:
        tx = MemoryTransaction(self, scope)
        try:
            yield tx
            if self._writing is tx:
                for table in tx.scratch:
                    self._connection.execute(f"DELETE FROM {table}")
                try:
                    self._connection.execute("COMMIT")
                except sqlite3.IntegrityError as error:
                    raise errors.ForeignKeyViolation(str(error)) from None
        finally:
            if self._writing is tx:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                self._writing = None
            self._locks = {key: holder for key, holder in self._locks.items() if holder is not tx}

    def turn_of(self, tx: MemoryTransaction, *, writes: bool) -> sqlite3.Connection:
        """The connection, for this transaction's next query."""
        self._acting = tx
        if writes and self._writing is not tx:
            if self._writing is not None:
                raise MemoryStoreError("two transactions write at once: in memory nobody could wait for the other")
            self._connection.execute("BEGIN")
            self._writing = tx
        return self._connection

    def _lock(self, key: str) -> bool:
        """Take an advisory lock until the end of the transaction, unless another has it."""
        assert self._acting is not None
        return self._locks.setdefault(key, self._acting) is self._acting

    def rows(self, table: str) -> list[dict[str, Any]]:
        """Every row of a table, whoever it belongs to, as SQLite holds it."""
        cursor = self._connection.execute(f"SELECT * FROM {table} ORDER BY rowid")
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor]

    def explain(self, prepared: Prepared) -> None:
        """Let SQLite compile a query; a `MemoryStoreError` tells which it cannot."""
        try:
            self._connection.execute(f"EXPLAIN {prepared.text}", dict.fromkeys(re.findall(r":(\w+)", prepared.text)))
        except sqlite3.Error as error:
            raise MemoryStoreError(f"{prepared.name} cannot be run in memory: {error}\n{prepared.text}") from None

    def sql(self, text: str) -> None:
        """As the owner of the tables."""
        try:
            self._connection.execute(text)
        except sqlite3.IntegrityError as error:
            raise errors.IntegrityError(str(error)) from None

    def close(self) -> None:
        self._connection.close()
