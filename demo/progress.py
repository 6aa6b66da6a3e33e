"""What the demonstration shows while it works: one line a phase, and how long it took."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from rich.console import Console

#: A pipe or a log gets lines of 110 characters instead of the 80 that no terminal asked for.
console = Console(highlight=False, width=None if sys.stdout.isatty() else 110)
T = TypeVar("T")


class PatienceError(Exception):
    """What was waited for did not come within its bound."""


@contextmanager
def phase(title: str) -> Iterator[Callable[[str], None]]:
    """Shows `title` while the block runs; the block may call the yielded function to show how far it is."""
    began = time.monotonic()
    if not console.is_terminal:
        console.print(f"[dim]…[/] {title}")
    with console.status(title):

        def show(detail: str) -> None:
            console.print(f"    [dim]{detail}[/]")

        yield show
    console.print(f"[green]✓[/] {title} [dim]{time.monotonic() - began:.1f} s[/]")


def wait_for(what: str, probe: Callable[[], T | None], seconds: float, every: float = 0.3) -> T:
    """Asks `probe` until it gives something true; after `seconds` raises PatienceError, naming `what`."""
    deadline = time.monotonic() + seconds
    while not (found := probe()):
        if time.monotonic() > deadline:
            raise PatienceError(f"waited {seconds:.0f} s in vain for {what}")
        time.sleep(every)
    return found
