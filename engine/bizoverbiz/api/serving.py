"""A process that serves the API: made from the environment, so that several can be started alike."""

from __future__ import annotations

from datetime import timedelta

from fastapi import FastAPI
from limits import parse_many

from bizoverbiz.api.app import create_app
from bizoverbiz.nomenclatures import naf, territories
from bizoverbiz.observing import logs, metrics
from bizoverbiz.settings import load_settings
from bizoverbiz.store.database import Database


def from_environment() -> FastAPI:
    """The application of one serving process, with its own pool of connections."""
    logs.configure()
    logs.adopt_libraries()
    settings = load_settings()
    store = Database(settings.database_url, connections=settings.connections)
    metrics.watch_pool(store)
    # Now, not by the first members that type a commune: asked for at once, each of them would load the tables.
    territories().starting_with("a", 1)
    naf()
    return create_app(
        store,
        base_url=settings.base_url,
        worker_silence=timedelta(seconds=settings.worker_silence),
        limits={
            "read": parse_many(settings.limit_reads),
            "write": parse_many(settings.limit_writes),
            "join": parse_many(settings.limit_joining),
            "search": parse_many(settings.limit_searches),
        },
    )
