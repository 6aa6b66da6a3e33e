"""What every command needs: settings, the database, and errors in one line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from bizoverbiz.settings import Settings, load_settings
from bizoverbiz.store.database import WORKER, Database, Transaction


def now() -> datetime:
    return datetime.now(UTC)


@contextmanager
def database(settings: Settings | None = None) -> Iterator[Database]:
    settings = settings or load_settings()
    store = Database(settings.database_url, connections=settings.connections)
    try:
        yield store
    finally:
        store.close()


@contextmanager
def operator() -> Iterator[Transaction]:
    """One transaction in the operator's role."""
    with database() as store, store.transaction(WORKER) as tx:
        yield tx
