"""A plug-in of pytest: each test's outcome is written down at once, and no test runs for ever.

Of a run that is ended early, everything up to there can be compared; of a test that stalls it says where.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import pytest

#: The file of outcomes, one JSON object a line.
RECORD = "BIZOVERBIZ_CORE_RECORD"
#: Seconds for one test with the fixtures of its class, where it is the first; the slowest takes about 60 by itself.
LIMIT = 600


class TookTooLongError(Exception):
    """A test was ended; where it was is in the traceback."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    with _limited(item.nodeid):
        return (yield)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when != "call" and report.passed:
        return
    outcome = report.outcome if report.when == "call" or report.skipped else "error"
    line = {"test": _name(report.nodeid), "outcome": outcome, "seconds": round(report.duration, 1)}
    if outcome in ("failed", "error"):
        line["reason"] = str(report.longrepr).strip().rpartition("\n")[2][:300]
    with Path(os.environ[RECORD]).open("a") as record:
        record.write(json.dumps(line) + "\n")


def _name(nodeid: str) -> str:
    """`account/tests/test_x.py::Class::test`, wherever Odoo is."""
    path, *names = nodeid.split("::")
    return "::".join(["/".join(path.split("/")[-3:]), *names])


@contextmanager
def _limited(test: str) -> Iterator[None]:
    def end(_signal: int, _frame: FrameType | None) -> None:
        raise TookTooLongError(f"{test} was ended after {LIMIT} s")

    before = signal.signal(signal.SIGALRM, end)
    signal.alarm(LIMIT)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
