"""What the demonstration shows while it works: one line a phase, and how long it took."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from rich.console import Console

console = Console(highlight=False)
T = TypeVar("T")


class TimedOut(Exception):
    """What was waited for did not come within its bound."""


@contextmanager
def phase(title: str) -> Iterator[Callable[[str], None]]:
    """Shows `title` while the block runs; the block may call the yielded function to show how far it is."""
    began = time.monotonic()
    details: list[str] = []
    if not console.is_terminal:
        console.print(f"[dim]…[/] {title}")
    with console.status(title) as status:

        def show(detail: str) -> None:
            details[:] = [detail]
            if console.is_terminal:
                status.update(f"{title}: {detail}")
            else:
                console.print(f"    {detail}")

        yield show
    suffix = f": {details[0]}" if details else ""
    console.print(f"[green]✓[/] {title}{suffix} [dim]{time.monotonic() - began:.1f} s[/]")


def wait_for(what: str, probe: Callable[[], T | None], seconds: float, every: float = 0.3) -> T:
    """Asks `probe` until it gives something true; after `seconds` raises TimedOut, naming `what`."""
    deadline = time.monotonic() + seconds
    while not (found := probe()):
        if time.monotonic() > deadline:
            raise TimedOut(f"waited {seconds:.0f} s in vain for {what}")
        time.sleep(every)
    return found
