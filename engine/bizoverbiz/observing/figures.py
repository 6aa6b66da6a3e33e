"""What the database says of the whole network at the moment of a scrape: counts and ages, by state at most.

It is read in the worker's role, and so published by the worker's process only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

import structlog
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from bizoverbiz.errors import EngineUnavailableError
from bizoverbiz.store.database import WORKER_ROLE, Database, Scope

_log = structlog.get_logger()
#: A scrape may not wait behind a decision, nor for a database that hangs.
_SCOPE = Scope(WORKER_ROLE, statement_timeout=5_000, lock_timeout=1_000)


class Figures(Collector):
    """Asks the database at every scrape."""

    def __init__(self, store: Database, clock: Callable[[], datetime], states: tuple[str, ...]) -> None:
        self._store, self._clock, self._states = store, clock, states

    def describe(self) -> Iterator[Metric]:
        """Nothing: the registry would otherwise ask the database when this is registered."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        up = GaugeMetricFamily("bizoverbiz_database_up", "1 if the database answered this scrape.")
        try:
            found = list(self._read())
        except EngineUnavailableError as error:
            _log.error("no figures", reason=str(error))
            found = []
        up.add_metric((), 1 if found else 0)
        yield up
        yield from found

    def _read(self) -> Iterator[Metric]:
        with self._store.transaction(_SCOPE) as tx:
            rounds = {row.state: row.count for row in tx.all("figures_rounds")}
            row = tx.one("figures", now=self._clock())
        of_state = GaugeMetricFamily("bizoverbiz_rounds", "Rounds by state.", labels=("state",))
        for state in self._states:
            of_state.add_metric((state,), rounds.get(state, 0))
        yield of_state
        for name, text, value in (
            ("notices_unacknowledged", "Notices nobody has acknowledged yet.", row.unacknowledged),
            (
                "notice_unacknowledged_oldest_seconds",
                "Age of the oldest unacknowledged notice; 0: none.",
                row.oldest_seconds,
            ),
            ("changes_unmatched", "Changes of members' books that wait to be matched.", row.changes),
            ("members", "Members of the network.", row.members),
            ("worker_last_look_timestamp_seconds", "When a worker last looked, Unix time; 0: never.", row.last_look),
        ):
            yield GaugeMetricFamily(f"bizoverbiz_{name}", text, value=float(value))
