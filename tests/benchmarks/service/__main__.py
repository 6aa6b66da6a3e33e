"""python -m tests.benchmarks.service: measure, then write docs/benchmarks-service.md and .json."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.robustness.stack import Stack

from .. import machine
from ..measuring import ROOT
from . import writing
from .network import engine, fill, serving
from .rounds import measured

_LOAD = Path(__file__).with_name("load.py")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.service", description=__doc__)
    parser.add_argument("--members", type=int, default=1_000, help="members of the network that is called")
    parser.add_argument("--obligations", type=int, default=200_000, help="open obligations between them")
    parser.add_argument("--users", type=int, default=16, help="members that call at the same time")
    parser.add_argument("--seconds", type=int, default=60, help="how long each kind of call is made")
    parser.add_argument("--processes", type=int, default=2, help="processes of the API")
    parser.add_argument(
        "--round", type=int, nargs="*", default=[100_000], help="obligations of a round, such as 1000000"
    )
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "benchmarks-service", help="without suffix")
    options = parser.parse_args(arguments)
    figures: dict[str, Any] = {"machine": machine.describe()}
    figures["load"] = _load(options)
    figures["rounds"] = [_round(size) for size in options.round]
    options.out.with_suffix(".json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    options.out.with_suffix(".md").write_text(writing.page(figures), encoding="utf-8")
    print(f"written: {options.out}.md, {options.out}.json")
    return 1 if any(each["failures"] for each in figures["load"]["calls"].values()) else 0


def _load(options: argparse.Namespace) -> dict[str, Any]:
    print(f"{options.members:,} members, {options.obligations:,} obligations: filling", flush=True)
    with engine() as stack:
        keys = stack.folder / "keys.json"
        fill(stack, members=options.members, obligations=options.obligations, keys=keys)
        made = measured(stack)
        calls = {}
        for user in ("Reading", "Declaring"):
            with serving(stack, options.processes):
                calls[user] = _locust(stack, user, keys, options)
            print(f"  {user:10} {calls[user]}", flush=True)
    sizes = {name: getattr(options, name) for name in ("members", "obligations", "users", "seconds", "processes")}
    return sizes | {"calls": calls, "round": made}


def _locust(stack: Stack, user: str, keys: Path, options: argparse.Namespace) -> dict[str, Any]:
    """One kind of call in a closed loop: calls a second, and milliseconds that half and 99 of 100 stay under."""
    words = ["-f", str(_LOAD), user, "--headless", "--only-summary", "--json", "--loglevel", "ERROR"]
    words += ["-u", str(options.users), "-r", str(options.users), "-t", f"{options.seconds}s"]
    environment = os.environ | {"BENCH_BASE_URL": stack.base_url, "BENCH_KEYS": str(keys), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-m", "locust", *words], env=environment, cwd=ROOT, capture_output=True, text=True, check=False
    )
    try:
        (found,) = json.loads(done.stdout)
    except ValueError:
        raise SystemExit(f"locust failed: {(done.stderr or done.stdout)[-2000:]}") from None
    times = sorted((int(float(ms)), count) for ms, count in found["response_times"].items())
    return {
        "calls": found["num_requests"],
        "failures": found["num_failures"],
        "a_second": round(found["num_requests"] / (found["last_request_timestamp"] - found["start_time"]), 1),
        "p50_ms": percentile(times, 0.5),
        "p99_ms": percentile(times, 0.99),
    }


def percentile(times: list[tuple[int, int]], share: float) -> int:
    """The time in milliseconds that this share of the calls does not exceed; `times` are (time, calls), in order."""
    wanted, seen = share * sum(count for _, count in times), 0
    for time, count in times:
        seen += count
        if seen >= wanted:
            return time
    raise ValueError("no calls at all")


def _round(size: int) -> dict[str, Any]:
    members = max(50, size // 100)
    print(f"a round of {size:,} obligations between {members:,} members", flush=True)
    with engine() as stack:
        fill(stack, members=members, obligations=size)
        found = {"obligations": size, "members": members} | measured(stack)
    print(f"  {found['seconds']}, {found['cut_off_to_statements']} s from cut-off to statements", flush=True)
    return found


if __name__ == "__main__":
    sys.exit(main())
