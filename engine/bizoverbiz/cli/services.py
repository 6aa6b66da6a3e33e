"""Running the engine: schema, HTTP server, worker."""

from __future__ import annotations

import signal
import threading
from typing import Annotated, Any

import typer
import uvicorn
from prometheus_client import REGISTRY

from bizoverbiz.cli.context import database, now
from bizoverbiz.cli.terminal import console
from bizoverbiz.errors import BizoverbizError
from bizoverbiz.notices import load_signing_key
from bizoverbiz.observing import exporter, logs, metrics
from bizoverbiz.observing.figures import Figures
from bizoverbiz.rounds import worker as loop
from bizoverbiz.rounds.state import RoundState
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


@db.command("roles")
def roles() -> None:
    """Create the two inner roles alone: before a dump is restored into an empty database."""
    migrate.create_roles(load_settings().database_url)
    console.print("The roles are there: restore the dump, then run `bizoverbiz db upgrade`.")


MetricsPort = Annotated[int | None, typer.Option(help="Port for Prometheus metrics; none without.", min=0, max=65535)]
MetricsHost = Annotated[str, typer.Option(help="Address for the metrics: one only the operator reaches.")]


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=0, max=65535)] = 8070,
    workers: Annotated[
        int, typer.Option(help="Processes that serve; each has its own connections.", min=1, max=64)
    ] = 1,
    trusted_proxy: Annotated[
        str, typer.Option(help="Addresses whose X-Forwarded-For is believed, with commas; * for any.")
    ] = "127.0.0.1",
    keep_alive: Annotated[int, typer.Option(help="Seconds an idle connection stays open.", min=1)] = 15,
    grace: Annotated[int, typer.Option(help="Seconds requests get to finish when stopped.", min=1)] = 60,
    metrics_port: MetricsPort = None,
    metrics_host: MetricsHost = "127.0.0.1",
) -> None:
    """Serve the HTTP API until stopped; what has begun is finished."""
    load_settings()  # what is missing is told in one line, not by every process
    logs.adopt_libraries()
    options: Any = {
        "host": host,
        "port": port,
        "factory": True,
        "forwarded_allow_ips": trusted_proxy,
        "timeout_keep_alive": keep_alive,
        "timeout_graceful_shutdown": grace,
        "log_config": None,
        "log_level": "warning",
        "access_log": False,
        "server_header": False,
        "ws": "none",
        # A busy machine may take long to start a process; uvicorn would kill it after five seconds, again and again.
        "timeout_worker_healthcheck": 60,
    }
    application = "bizoverbiz.api.serving:from_environment"
    if workers == 1:
        with exporter.published(metrics_port, host=metrics_host):
            uvicorn.run(application, **options)
    else:
        with (
            exporter.shared_by_processes() as registry,
            exporter.published(metrics_port, host=metrics_host, registry=registry),
        ):
            uvicorn.run(application, workers=workers, **options)


def worker(
    once: Annotated[bool, typer.Option("--once", help="Take the steps that are due, then stop.")] = False,
    metrics_port: MetricsPort = None,
    metrics_host: MetricsHost = "127.0.0.1",
) -> None:
    """Match declarations and take the rounds' next steps, until stopped."""
    settings = load_settings()
    path = settings.signing_key_path()

    with database(settings) as store:
        if once:
            if not loop.work_once(store, load_key=lambda: load_signing_key(path), clock=now):
                raise BizoverbizError("a step failed: the reason is in the log above")
            return
        logs.adopt_libraries()
        metrics.watch_pool(store)
        REGISTRY.register(Figures(store, now, tuple(RoundState)))
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        with exporter.published(metrics_port, host=metrics_host):
            loop.run(store, load_key=lambda: load_signing_key(path), clock=now, stop=stop)
