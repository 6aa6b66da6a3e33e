"""A store whose transactions crash before or after they commit, and between which others get their turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from bizoverbiz.store.database import Scope, Transaction

from .store.translate import tables_written


class Crash(BaseException):  # nothing may take it for an error it knows
    """The process died here."""


class ChaosStore:
    """Wraps a store: in memory, or PostgreSQL's."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner
        #: Asked at the end of each transaction with its label: None, "before" or "after" the commit.
        self.crash: Callable[[str], str | None] = lambda label: None
        #: Called before each transaction: another's turn.
        self.between: Callable[[], None] = lambda: None
        #: Called after each commit, with the tables that may have changed.
        self.committed: Callable[[str, set[str]], None] = lambda label, tables: None

    @contextmanager
    def transaction(self, scope: Scope) -> Iterator[Transaction]:
        self.between()
        with self.inner.transaction(scope) as tx:
            watched = _Watched(tx)
            yield watched  # type: ignore[misc]
            label = watched.label(scope)
            when = self.crash(label) if watched.tables else None
            if when == "before":
                raise Crash(label)
        if watched.tables:
            self.committed(label, watched.tables)
        if when == "after":
            raise Crash(label)


class _Watched:
    """Passes every query on, and remembers what was written."""

    def __init__(self, tx: Transaction) -> None:
        self._tx, self.set = tx, tx.set
        self.last = ""
        self.tables: set[str] = set()

    def _note(self, name: str) -> None:
        if written := tables_written(name):
            self.last = name
            self.tables |= written

    def __getattr__(self, method: str) -> Any:
        run = getattr(self._tx, method)

        def noted(name: str, /, *arguments: Any, **parameters: Any) -> Any:
            self._note(name)
            return run(name, *arguments, **parameters)

        return noted

    def label(self, scope: Scope) -> str:
        return f"{scope.role.removeprefix('bizoverbiz_')}:{self.last}"
