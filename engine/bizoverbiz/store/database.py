"""One transaction at a time, in one role, for one member."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import psycopg2
import psycopg2.extras
from psycopg2 import errors
from sqlalchemy import Engine, create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionLeft

from bizoverbiz.errors import EngineUnavailableError
from bizoverbiz.store.queries import QUERIES

psycopg2.extras.register_uuid()

API_ROLE = "bizoverbiz_api"
WORKER_ROLE = "bizoverbiz_worker"

#: A server that does not answer, or a network that is gone, would hold a request for minutes or for ever. Seconds, and
#: for the last milliseconds; what DATABASE_URL says comes first.
_PATIENCE = {
    "connect_timeout": "5",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "tcp_user_timeout": "60000",
}


@dataclass(frozen=True, slots=True)
class Scope:
    """Who a transaction acts as. Everything in it ends with the transaction."""

    role: str
    #: What row-level security lets through, by setting; see the policies in the first migration.
    settings: Mapping[str, str] = field(default_factory=dict)
    #: Milliseconds a statement, or waiting for a lock, may take; 0 is without end.
    statement_timeout: int = 0
    lock_timeout: int = 0


#: Matching, netting and the operator's commands: sees every member. No API request ever uses it.
WORKER = Scope(WORKER_ROLE)


def api_scope(**settings: str | UUID) -> Scope:
    """An API request's scope: of `member`, or of who names a `keyid`, an `invitation` hash or `asked` identifiers."""
    return Scope(
        API_ROLE, {f"bizoverbiz.{name}": str(value) for name, value in settings.items()}, 60_000, lock_timeout=20_000
    )


class Transaction:
    """Runs named queries on one open transaction. Never commits: `Database.transaction` does, once."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor

    def enter(self, scope: Scope) -> None:
        self._cursor.execute(
            "SELECT set_config('role', %s, true), set_config('statement_timeout', %s, true),"
            " set_config('lock_timeout', %s, true)",
            (scope.role, str(scope.statement_timeout), str(scope.lock_timeout)),
        )
        for name, value in scope.settings.items():
            self.set(name, value)

    def set(self, name: str, value: str) -> None:
        """Widen the scope for what follows in this transaction, for instance to a member that has just joined."""
        self._cursor.execute("SELECT set_config(%s, %s, true)", (name, value))

    def _execute(self, name: str, parameters: Mapping[str, Any]) -> None:
        self._cursor.execute(QUERIES[name].text, parameters)

    def all(self, name: str, /, **parameters: Any) -> list[Any]:
        self._execute(name, parameters)
        return list(self._cursor.fetchall())

    def one(self, name: str, /, **parameters: Any) -> Any:
        """The only row, or None."""
        self._execute(name, parameters)
        row = self._cursor.fetchone()
        assert self._cursor.rowcount <= 1, f"{name} gave {self._cursor.rowcount} rows instead of one"
        return row

    def run(self, name: str, /, **parameters: Any) -> int:
        """For a query that returns nothing: the number of rows it touched."""
        self._execute(name, parameters)
        return int(self._cursor.rowcount)

    def bulk(self, name: str, rows: Iterable[Mapping[str, Any]], /, **parameters: Any) -> int:
        """Run one query over many rows, which it reads with `json_to_recordset(%(rows)s)`."""
        return self.run(name, rows=json.dumps(list(rows), default=str), **parameters)

    def copy_out(self, name: str, sink: Any, /, **parameters: Any) -> None:
        """Write what a query of the form `COPY (SELECT …) TO STDOUT` gives into `sink`, piece by piece."""
        self._cursor.copy_expert(self._cursor.mogrify(QUERIES[name].text, parameters), sink)

    def copy_in(self, name: str, source: Any, /) -> None:
        """Read rows for a query of the form `COPY … FROM STDIN` from `source`."""
        self._cursor.copy_expert(QUERIES[name].text, source)

    def bulk_one(self, name: str, rows: Iterable[Mapping[str, Any]], /, **parameters: Any) -> Any:
        """Run one query over many rows, as `bulk` does, that answers with one."""
        return self.one(name, rows=json.dumps(list(rows), default=str), **parameters)


class Database:
    """The pool of connections, and the unit of work."""

    def __init__(self, url: str, *, connections: int = 40) -> None:
        """`connections` is the most that are opened at once; a quarter of them is kept open."""
        kept = max(1, connections // 4)
        #: The most connections there are at once.
        self.connections = connections
        #: Only to be watched: queries go through `transaction`.
        self.engine = engine_for(
            url, pool_size=kept, max_overflow=connections - kept, pool_pre_ping=True, pool_timeout=20
        )

    @contextmanager
    def transaction(self, scope: Scope) -> Iterator[Transaction]:
        """Everything done inside is committed together at the end, or not at all.

        Raises `EngineUnavailableError` when the database is out of reach or was never set up.
        """
        with _translated():
            connection = self.engine.raw_connection()
        try:
            with _translated():
                transaction = Transaction(connection.cursor(cursor_factory=psycopg2.extras.NamedTupleCursor))
                transaction.enter(scope)
                yield transaction
                connection.commit()
        finally:
            _release(connection)

    def close(self) -> None:
        self.engine.dispose()


def engine_for(url: str, **options: Any) -> Engine:
    """SQLAlchemy gives the pool, and Alembic its connection; queries never pass through it."""
    address = make_url(url)
    return create_engine(
        address.set(drivername="postgresql+psycopg2", query=_PATIENCE | dict(address.query)), **options
    )


def _release(connection: Any) -> None:
    try:
        connection.rollback()
    except (psycopg2.Error, DBAPIError):
        connection.invalidate()
    connection.close()


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (errors.UndefinedTable, errors.InvalidParameterValue, errors.UndefinedObject) as error:
        raise EngineUnavailableError(
            f"the database is not set up ({_first_line(error)}): run `bizoverbiz db upgrade`"
        ) from error
    except NoConnectionLeft as error:
        raise EngineUnavailableError("every connection to the database is in use") from error
    except (psycopg2.OperationalError, psycopg2.InterfaceError, DBAPIError) as error:
        raise EngineUnavailableError(f"the engine's database does not answer: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)
