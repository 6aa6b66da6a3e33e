"""What every command needs: settings, the database, and errors in one line."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import structlog

from bizoverbiz.settings import Settings, load_settings
from bizoverbiz.store.database import WORKER, Database, Transaction


def now() -> datetime:
    return datetime.now(UTC)


@contextmanager
def database(settings: Settings | None = None) -> Iterator[Database]:
    store = Database((settings or load_settings()).database_url)
    try:
        yield store
    finally:
        store.close()


@contextmanager
def operator() -> Iterator[Transaction]:
    """One transaction in the operator's role."""
    with database() as store, store.transaction(WORKER) as tx:
        yield tx


def configure_logging() -> None:
    """One JSON object a line on stderr: events, numbers of things and reasons; never amounts or names of members."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
