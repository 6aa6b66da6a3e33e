"""What commands print besides text: JSON, and how far they are. Rich is loaded only where a bar is shown."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.progress import Progress


def print_json(value: Any) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n")


def _bar() -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = TextColumn("{task.description:<8}"), BarColumn(), TimeElapsedColumn()
    return Progress(*columns, console=Console(stderr=True), transient=True)


@contextmanager
def working(what: str, *, quiet: bool = False) -> Iterator[None]:
    """Show a moving bar and the time on a terminal once something has taken two seconds."""
    if quiet or not sys.stderr.isatty():
        yield
        return
    bar = _bar()
    bar.add_task(what, total=None)
    timer = threading.Timer(2, bar.start)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        bar.stop()


class Steps:
    """The time each step takes, and a bar on a terminal once they have taken two seconds together."""

    def __init__(self, names: tuple[str, ...], *, quiet: bool) -> None:
        self._spent = dict.fromkeys(names, 0.0)
        self._current: str | None = None
        self._since = self._started = time.perf_counter()
        self._shown = not quiet and sys.stderr.isatty()
        self._bar: Any = None
        self._task: Any = None

    def __enter__(self) -> Steps:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def begin(self, step: str) -> None:
        """End the step before, and begin this one, maybe not for the first time."""
        now = time.perf_counter()
        if self._current is not None:
            self._spent[self._current] += now - self._since
        self._current, self._since = step, now
        self.advance(0, 0)

    def advance(self, done: int, whole: int) -> None:
        """Tell how much of the current step is done, in any unit."""
        if not self._shown:
            return
        if self._bar is None:
            if time.perf_counter() - self._started < 2 and whole < 50_000_000:
                return
            self._bar = _bar()
            self._bar.start()
            self._task = self._bar.add_task("")
        position = list(self._spent).index(self._current or "")
        total = whole * len(self._spent) if whole else len(self._spent)
        self._bar.update(
            self._task, description=self._current, total=total, completed=position * (whole or 1) + done, refresh=True
        )

    def seconds(self) -> dict[str, float]:
        """Give the seconds of each step, the current one up to now."""
        spent = dict(self._spent)
        if self._current is not None:
            spent[self._current] += time.perf_counter() - self._since
        return {step: round(time, 3) for step, time in spent.items()}
