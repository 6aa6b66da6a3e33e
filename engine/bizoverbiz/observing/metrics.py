"""What is counted and timed, for Prometheus.

NOTE: names and labels may be added here, not changed: dashboards and alarms hang on them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

from prometheus_client import Counter, Gauge, Histogram
from sqlalchemy import event

from bizoverbiz.store.database import Database

#: Seconds: most answers take milliseconds, a full declaration of 10,000 lines some seconds.
_ANSWERS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
#: Seconds: an idle look takes milliseconds, a decision on a million obligations minutes.
_STEPS = (0.01, 0.05, 0.25, 1.0, 5.0, 15.0, 60.0, 180.0, 600.0)

requests = Counter(
    "bizoverbiz_http_requests", "Requests answered, by route template and status.", ("method", "route", "status")
)
request_seconds = Histogram(
    "bizoverbiz_http_request_seconds",
    "Seconds from a request's head to the end of its answer.",
    ("method", "route"),
    buckets=_ANSWERS,
)
requests_in_progress = Gauge(
    "bizoverbiz_http_requests_in_progress", "Requests being answered now.", multiprocess_mode="livesum"
)
connections_in_use = Gauge(
    "bizoverbiz_database_connections_in_use", "Connections taken from the pool now.", multiprocess_mode="livesum"
)
connections_most = Gauge(
    "bizoverbiz_database_connections_most", "Connections the pool may open.", multiprocess_mode="livesum"
)
steps = Counter(
    "bizoverbiz_worker_steps",
    "Steps of the worker; outcome: done, failed, or taken (by another worker).",
    ("step", "outcome"),
)
step_seconds = Histogram("bizoverbiz_worker_step_seconds", "Seconds a step took.", ("step",), buckets=_STEPS)


@contextmanager
def stepping(step: str) -> Iterator[None]:
    """Time one step of the worker."""
    began = perf_counter()
    try:
        yield
    finally:
        step_seconds.labels(step).observe(perf_counter() - began)


def watch_pool(store: Database) -> None:
    """Let the pool's use be seen."""
    engine = store.engine
    connections_most.set(store.connections)
    event.listen(engine, "checkout", lambda *_: connections_in_use.inc())
    event.listen(engine, "checkin", lambda *_: connections_in_use.dec())
