"""The address Prometheus reads: apart from the API, for the operator only."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import prometheus_client
import structlog
from prometheus_client import CollectorRegistry, multiprocess
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from bizoverbiz.errors import MisconfiguredError

_log = structlog.get_logger()
#: Read by prometheus-client when it is imported: set before processes are started, never within one.
_SHARED = "PROMETHEUS_MULTIPROC_DIR"


@contextmanager
def published(port: int | None, *, host: str, registry: CollectorRegistry | None = None) -> Iterator[None]:
    """Publish metrics on `host`:`port` while inside; no port, no metrics. Raises `MisconfiguredError`."""
    if port is None:
        yield
        return
    chosen = registry or prometheus_client.REGISTRY
    try:
        server, thread = prometheus_client.start_http_server(port, host, registry=chosen)
    except OSError as error:
        raise MisconfiguredError(f"metrics cannot be published on {host}:{port}: {error.strerror}") from None
    _log.info("metrics published", host=host, port=port)
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def shared_by_processes() -> Iterator[CollectorRegistry]:
    """A registry that sums what the processes started inside count, each in a file of a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="bizoverbiz-metrics-") as folder:
        os.environ[_SHARED] = folder
        try:
            registry = CollectorRegistry()
            registry.register(_Processes(folder))
            yield registry
        finally:
            del os.environ[_SHARED]


class _Processes(Collector):
    """What all processes counted together; a dead one's counts stay, what it was doing does not."""

    def __init__(self, folder: str) -> None:
        self._folder = Path(folder)
        self._files = multiprocess.MultiProcessCollector(None, path=folder)  # type: ignore[no-untyped-call]

    def collect(self) -> Iterator[Metric]:
        for file in self._folder.glob("gauge_live*_*.db"):
            pid = int(file.stem.rpartition("_")[2])
            if not Path(f"/proc/{pid}").exists():
                multiprocess.mark_process_dead(pid, str(self._folder))  # type: ignore[no-untyped-call]
        yield from self._files.collect()  # type: ignore[no-untyped-call]
