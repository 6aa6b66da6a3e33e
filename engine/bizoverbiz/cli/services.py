"""Running the engine: schema, HTTP server, worker."""

from __future__ import annotations

import signal
import threading
from typing import Annotated

import typer
import uvicorn

from bizoverbiz.api.app import create_app
from bizoverbiz.cli.context import database, now
from bizoverbiz.cli.output import console
from bizoverbiz.errors import BizoverbizError
from bizoverbiz.notices import load_signing_key
from bizoverbiz.rounds import worker as loop
from bizoverbiz.settings import load_settings
from bizoverbiz.store import migrate

db = typer.Typer(help="The engine's database.", no_args_is_help=True)


@db.callback()
def _db() -> None:
    """The engine's database."""


@db.command("upgrade")
def upgrade() -> None:
    """Bring the database to this release's schema; safe to repeat."""
    migrate.upgrade(load_settings().database_url)
    console.print("The database is up to date.")


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=0, max=65535)] = 8070,
) -> None:
    """Serve the HTTP API until stopped."""
    settings = load_settings()
    with database(settings) as store:
        app = create_app(store, base_url=settings.base_url)
        uvicorn.run(app, host=host, port=port, log_level="warning", server_header=False)


def worker(
    once: Annotated[bool, typer.Option("--once", help="Take the steps that are due, then stop.")] = False,
) -> None:
    """Match declarations and take the rounds' next steps, until stopped."""
    settings = load_settings()
    path = settings.signing_key_path()

    with database(settings) as store:
        if once:
            if not loop.work_once(store, load_key=lambda: load_signing_key(path), clock=now):
                raise BizoverbizError("a step failed: the reason is in the log above")
            return
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        loop.run(store, load_key=lambda: load_signing_key(path), clock=now, stop=stop)
