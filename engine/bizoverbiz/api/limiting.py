"""How many requests a member may make: few enough that nobody's mistake takes the engine from the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil
from typing import Literal

import structlog
from limits import RateLimitItem
from limits.strategies import SlidingWindowCounterRateLimiter

from bizoverbiz.errors import EngineUnavailableError, TooManyRequestsError
from bizoverbiz.store.counting import UNCOUNTED, PostgresStorage

_log = structlog.get_logger()

Kind = Literal["read", "write", "join", "search"]
_WORDS: Mapping[Kind, str] = {"read": "reading", "write": "writing", "join": "joining", "search": "searching"}


class Limiter:
    """Counts each request by its kind and by who makes it.

    Fails closed on writes, joining and searching, which are refused if they cannot be counted; open on reading.
    """

    def __init__(self, storage: PostgresStorage, limits: Mapping[Kind, Sequence[RateLimitItem]]) -> None:
        self._storage, self._limits = storage, limits
        self._strategy = SlidingWindowCounterRateLimiter(storage)

    def check(self, kind: Kind, who: str) -> None:
        """Raises `TooManyRequestsError`, and `EngineUnavailableError` if what has to be counted cannot be."""
        for item in self._limits[kind]:
            try:
                let_in = self._strategy.hit(item, kind, who)
            except UNCOUNTED as error:
                if kind != "read":
                    raise EngineUnavailableError(f"requests cannot be counted: {error}") from error
                _log.warning("request not counted", kind=kind, error=type(error).__name__)
                continue
            if not let_in:
                raise TooManyRequestsError(
                    f"{item.amount} requests in {item.get_expiry()} seconds are let in for {_WORDS[kind]}, and these "
                    "are more: wait as long as Retry-After says",
                    retry_after=self._wait(item, kind, who),
                )

    def _wait(self, item: RateLimitItem, kind: Kind, who: str) -> int:
        try:
            window = self._storage.get_sliding_window(item.key_for(kind, who), item.get_expiry())
        except UNCOUNTED:
            return int(item.get_expiry())
        return seconds_to_wait(item.amount, item.get_expiry(), *window)


def seconds_to_wait(limit: int, expiry: int, previous: int, previous_left: float, count: int, count_left: float) -> int:
    """Whole seconds until one more request is let in, if nobody makes one meanwhile; 1 at least."""
    if count < limit:
        # The window before weighs `previous * left / expiry`, rounded down; it has to come below limit - count.
        weight = previous_left - expiry * (limit - count) / previous if previous else 0.0
        return max(1, ceil(weight + 1e-6))
    # In the next window the current one is the window before.
    weight = count_left + expiry - expiry * limit / count
    return max(1, ceil(weight + 1e-6))
