"""Many runs, and what they have to have seen together: a simulator in which nothing happens proves nothing."""

from __future__ import annotations

import gc
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from multiprocessing import get_context
from signal import SIG_IGN, SIGINT, signal
from typing import Any

from .run import Result, run

#: At least so many of each, for every hundred runs; far below what is usual.
LEAST_PER_HUNDRED = {
    "rounds decided": 60,
    "rounds abandoned": 5,
    "set-offs": 150,
    "set off, minor units": 100_000,
    "notices booked": 150,
    "liars": 20,
    "requests lost": 100,
    "requests late": 100,
    "requests doubled": 100,
    "answers lost": 100,
    "replays refused": 100,
    "exchanges given up": 30,
    "crashes before a commit": 50,
    "crashes after a commit": 50,
    "workers killed": 30,
    "firms killed": 10,
    "books restored": 15,
    "copies confirmed": 10,
    "clocks apart": 30,
    "paid by bank": 100,
    "disputes": 50,
    "approvals lowered late": 20,
    "suspensions": 20,
    "mandates given": 50,
    "statements left to mandates": 20,
    "keys changed": 20,
    "numbers mistyped": 30,
    "suggestions confirmed": 5,
    "sales agreed": 100,
    "sales invoiced": 15,
    "sales withdrawn": 10,
    "sales set off": 5,
    "reversals asked for": 20,
    "reversals decided": 1,
    "turns between transactions": 100,
}
#: With fewer runs than this, chance has too large a part.
JUDGED_FROM = 100


def missing(tally: Counter[str], runs: int) -> list[str]:
    """What has not happened often enough."""
    if runs < JUDGED_FROM:
        return []
    return [
        f"{name}: {tally[name]} in {runs} runs, at least {least * runs // 100} are asked for"
        for name, least in LEAST_PER_HUNDRED.items()
        if tally[name] < least * runs // 100
    ]


def one_after_the_other(stores: Any, seeds: Iterable[int]) -> Iterator[Result]:
    """In this process."""
    for seed in seeds:
        with stores.new() as store:
            result = run(seed, store)
        yield result


def side_by_side(make: Callable[[], Any], seeds: Iterable[int], *, processes: int) -> Iterator[Result]:
    """In as many processes, each with the stores that `make` gives it; in the order in which they end."""
    with get_context("spawn").Pool(processes, _begin, (make,)) as pool:
        yield from pool.imap_unordered(_one, seeds)


_stores: Any = None


def _begin(make: Callable[[], Any]) -> None:
    global _stores
    signal(SIGINT, SIG_IGN)
    _stores = make()
    # What is there now stays: looking through it again and again would take a tenth of every run.
    gc.freeze()


def _one(seed: int) -> Result:
    (result,) = one_after_the_other(_stores, [seed])
    return result


def campaign(results: Iterable[Result], *, kind: str) -> bool:
    """Say what failed and how to see it again, and sum up. Returns whether all is well."""
    tally: Counter[str] = Counter()
    failed: list[Result] = []
    started, runs, longest = time.monotonic(), 0, (0.0, 0)
    for result in results:
        seed, runs = result.seed, runs + 1
        longest = max(longest, (result.seconds, seed))
        tally += result.tally
        if result.failure:
            failed.append(result)
            print(f"seed {seed} FAILED: {result.failure}", file=sys.stderr)
            print(f"    replay: make simulate SEED={seed} RUNS=1 STORE={kind}", file=sys.stderr, flush=True)
        if runs % 100 == 0:
            print(f"    {runs} runs, {len(failed)} failed, {time.monotonic() - started:.0f} s", flush=True)
    for name, times in sorted(tally.items()):
        print(f"    {name:48} {times:>14,}")
    print(f"    the longest run: seed {longest[1]}, {longest[0]:.1f} s")
    lacking = missing(tally, runs)
    for line in lacking:
        print(f"too little happened: {line}", file=sys.stderr)
    print(
        f"simulate ({kind}): {runs} runs, {len(failed)} failed; {tally['rounds decided']:,} decisions with"
        f" {tally['set-offs']:,} set-offs, {tally['notices booked']:,} notices booked once,"
        f" {tally['crashes before a commit'] + tally['crashes after a commit']:,} crashes;"
        f" {time.monotonic() - started:.0f} s{'' if not (failed or lacking) else '  <- FAILED'}"
    )
    return not (failed or lacking)
