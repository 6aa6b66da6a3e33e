"""What a run was measured on, for the reader to compare with."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .measuring import ROOT

_PACKAGES = ("numpy", "polars", "PuLP", "highspy", "ortools", "pylmcf", "networkx")


def describe() -> dict[str, Any]:
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "commit": _commit(),
        "cpu": _found(r"model name\s*: (.+)", "/proc/cpuinfo") or platform.processor() or "unknown",
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "load_at_start": round(os.getloadavg()[0], 1),
        "os": f"{platform.freedesktop_os_release()['PRETTY_NAME']}, Linux {platform.release()}",
        "python": platform.python_version(),
        "packages": {name: importlib.metadata.version(name) for name in _PACKAGES} | {"CBC": _cbc()},
    }


def _commit() -> str:
    def git(*words: str) -> str:
        return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()

    changed = git("status", "--porcelain", "--untracked-files=no", "--", "engine")
    return (git("rev-parse", "--short", "HEAD") or "unknown") + (" with changes" if changed else "")


def _cbc() -> str:
    ask = "import pulp, subprocess; subprocess.run([pulp.PULP_CBC_CMD().path, 'quit'])"  # not here: see `measuring`
    said = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=False).stdout
    version = re.search(r"Version:? (\S+)", said)
    return version[1] if version else "unknown"


def _found(pattern: str, path: str) -> str:
    file = Path(path)
    match = re.search(pattern, file.read_text()) if file.exists() else None
    return match[1].strip() if match else ""
