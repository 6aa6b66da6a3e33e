"""Running a program in a process of its own: how long, how much memory, what it answered.

Nothing heavy is imported here: Linux counts the memory of the process that starts another as the other's peak.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
#: What this package is called from there, whoever imports it under which name.
PACKAGE = "tests.benchmarks"
#: More runs than one only where they are short, seconds.
_WORTH_REPEATING = 60


@dataclass(frozen=True, slots=True)
class Run:
    """One program's end: what it took and gave, or why it gave nothing."""

    #: Wall clock from start to end of the process, and the peak of resident memory of its largest process.
    seconds: float
    gigabytes: float
    #: The JSON it printed last; empty when it failed.
    answer: dict[str, Any] = field(default_factory=dict)
    #: "", "> 300 s", or the program's last words.
    failure: str = ""


def measure(command: Sequence[str], *, limit: int) -> Run:
    """Run a command in the project's folder, and end it with all it started once the limit (seconds) is over."""
    with tempfile.TemporaryDirectory() as own, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        environment = os.environ | {"TMPDIR": own}  # what the killed leave goes with it
        environment.pop("PYTHONDONTWRITEBYTECODE", None)  # whoever installs a package has its byte code too
        began = time.perf_counter()
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=err, start_new_session=True)
        with contextlib.suppress(OSError):  # should memory run out, the contender goes and nothing else
            Path(f"/proc/{process.pid}/oom_score_adj").write_text("1000")
        late = threading.Event()

        def end() -> None:
            late.set()
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)

        timer = threading.Timer(limit, end)
        timer.start()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        timer.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        said, complained = out.read().decode(), err.read().decode()
    gigabytes = usage.ru_maxrss / 2**20
    if late.is_set():
        return Run(seconds, gigabytes, failure=f"> {limit} s")
    if process.returncode == -signal.SIGKILL:
        return Run(seconds, gigabytes, failure="killed: out of memory")
    if process.returncode:
        words = (complained or said).strip().splitlines() or [f"exit status {process.returncode}"]
        return Run(seconds, gigabytes, failure=words[-1])
    return Run(seconds, gigabytes, json.loads(said.splitlines()[-1]) if said.strip() else {})


def fastest(run: Callable[[], Run], *, times: int) -> Run:
    """Run several times, unless it fails or takes long, and give the run that took least."""
    best = run()
    for _ in range(times - 1):
        if best.failure or best.seconds > _WORTH_REPEATING:
            break
        best = min(best, run(), key=lambda each: (bool(each.failure), each.seconds))
    return best
