"""The page about a run, written whole from its figures."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from .contenders import NOT_TRIED, OURS, PAGE, PEERS, SOLVERS

_TITLES = {OURS: f"**{OURS}**", PAGE: f"{OURS}, with report.html"} | {name: title for name, (title, _) in PEERS.items()}
_STEPS = ("read", "reduce", "solve", "impute", "verify", "write")
#: Below this, starting Python is most of the time.
_LARGE = 500_000

_MEASURED = """\
Files are drawn by `bizoverbiz generate --seed 1` with statistics like those of real trade credit, and are read once
before anything is measured, so that all find them in the page cache. Each contender is a process of its own, and
nothing else is run beside it; the time is wall clock from the start of the process to its end, imports included. For
this project that is `bizoverbiz net FILE --out DIR --quiet --no-report`: reading with all checks, netting by all
objectives (greatest total, then the oldest debts), the proof of the optimum, and four files written; the second row
draws and writes the page for people as well. The others read the three
columns they need with polars, add up parallel obligations, which makes every one of them faster, find the greatest
total only, divide it among the obligations, and check with numpy that every set-off lies within its obligation and
every firm is in balance; they write nothing and prove nothing. Each is a short program in `tests/benchmarks/peers`:
PuLP a linear programme with one variable a pair and one balance row a firm, HiGHS without its search for dependent
rows, which takes it longer than it gains; OR-Tools, LEMON (through the package pylmcf; its network simplex with block
search, and its cost scaling) and networkx a network in which everything is set off first and what is out of balance is
removed again at least cost. All find their packages' byte code, as whoever installs them does. Memory is the peak of
resident memory of the contender's largest process, CBC's own included. Up to 10,000 firms the shortest of ten runs
counts, up to 100,000 of three (of one, when it takes more than a minute). A contender that is over the limit of
{limit} seconds, or fails, is not tried on larger files. `make bench` repeats everything, `make bench SIZES="1k 10k"`
some of it."""


_PAGE = """\
# Benchmarks

From a CSV file on disk to a checked result: this project and others one after the other, in one run.

{machine}

## End to end

Seconds:

{seconds}

Peak memory, GB:

{memory}

{totals}

## Where this project's time goes

Seconds by step, of `summary.json`; `start` is what comes before and after: Python, its libraries, the end.

{steps}

{growth}

## Solving only

The network that this project reduces the file to (firms on loops only, parallel obligations as one arc), handed to
each solver as arrays; seconds from arrays to flow, each solver's own graph built included. The greatest total only.

{solving}

## Starting from an earlier result

One in a hundred amounts is changed by up to a half; then the file is netted from nothing, and with `--previous` the
result of the unchanged one. Seconds of the solve step, and of the whole command:

{warm_start}

## How this was measured

{measured}

The raw figures are in [benchmarks.json](benchmarks.json).

## Measured apart

[The directory's search](benchmarks-directory.md) among 100,000 profiles, [the service](benchmarks-service.md) and
[Odoo](benchmarks-odoo.md), each in a file of its own.
"""


def page(figures: Mapping[str, Any]) -> str:
    """Give the page in Markdown."""
    sizes = figures["sizes"]
    return _PAGE.format(
        machine=_machine(figures["machine"]),
        seconds=_end_to_end(sizes, lambda run: _seconds(run["seconds"])),
        memory=_end_to_end(sizes, lambda run: f"{run['gigabytes']:.2f}"),
        totals=_totals(sizes),
        steps=_steps(sizes),
        growth=_growth(sizes),
        solving=_solving(sizes),
        warm_start=_warm_start(sizes),
        measured=_MEASURED.format(limit=figures["limit"]),
    )


def wrong(figures: Mapping[str, Any]) -> list[str]:
    """Name what must not be: another total of an exact solver, no proven optimum, a warm start with other bytes."""
    found = []
    for name, size in figures["sizes"].items():
        ours = size["end_to_end"][OURS]
        for which in (OURS, PAGE):
            if failure := size["end_to_end"][which]["failure"]:
                found.append(f"{name}: {_TITLES[which]} failed: {failure}")
        if ours["failure"]:
            continue
        total = ours["answer"]["total"]
        if ours["answer"]["bound"] != total:
            found.append(f"{name}: {OURS} set off {total}, the bound is {ours['answer']['bound']}")
        exact = {title: size["end_to_end"][peer] for peer, (title, is_exact) in PEERS.items() if is_exact}
        solving = {f"{SOLVERS[solver]} on the reduced network": run for solver, run in size["solving"].items()}
        for title, run in (exact | solving).items():
            if not run["failure"] and (_answer(run) != (total, 0, 0)):
                found.append(f"{name}: {title} set off {run['answer']['total']}, {OURS} {total}")
        if not size["warm_start"]["equal"]:
            found.append(f"{name}: the result from an earlier one differs")
    return found


def exponent(sizes: Sequence[float], seconds: Sequence[float]) -> float:
    """Give b of seconds = a * size ** b by least squares of the logarithms."""
    slope, _ = statistics.linear_regression([math.log(size) for size in sizes], [math.log(s) for s in seconds])
    return slope


def _machine(on: Mapping[str, Any]) -> str:
    packages = ", ".join(f"{name} {version}" for name, version in on["packages"].items())
    return (
        f"{on['date']}, commit {on['commit']}; {on['cpu']}, {on['cores']} cores, {on['memory_gb']} GB; {on['os']}; "
        f"Python {on['python']}; {packages}. Load of the machine when the run began: {on['load_at_start']}."
    )


def _answer(run: Mapping[str, Any]) -> tuple[int, int, int]:
    answer = run["answer"]
    return answer["total"], answer.get("imbalance", 0), answer.get("excess", 0)


def _table(header: Iterable[str], rows: Iterable[Sequence[str]]) -> str:
    header = list(header)
    rule = ["---"] + ["---:"] * (len(header) - 1)
    return "\n".join(f"| {' | '.join(row)} |" for row in (header, rule, *rows))


def _columns(sizes: Mapping[str, Any]) -> list[str]:
    return [f"{size['firms']:,} firms, {size['obligations']:,} obligations" for size in sizes.values()]


def _seconds(seconds: float) -> str:
    return f"{seconds:.0f}" if seconds >= 100 else f"{seconds:.1f}" if seconds >= 10 else f"{seconds:.2f}"


def _end_to_end(sizes: Mapping[str, Any], cell: Callable[[Mapping[str, Any]], str]) -> str:
    def cells(name: str) -> list[str]:
        runs = [size["end_to_end"][name] for size in sizes.values()]
        return [_failure(run) if run["failure"] else cell(run) for run in runs]

    return _table(["", *_columns(sizes)], ([title, *cells(name)] for name, title in _TITLES.items()))


def _failure(run: Mapping[str, Any]) -> str:
    known = run["failure"] == NOT_TRIED or run["failure"].startswith((">", "killed"))
    return run["failure"] if known else "failed"


def _totals(sizes: Mapping[str, Any]) -> str:
    lines = []
    for name, size in sizes.items():
        runs = size["end_to_end"]
        if runs[OURS]["failure"]:
            lines.append(f"- {name}: {OURS} failed, nothing is compared: {runs[OURS]['failure']}")
            continue
        total = runs[OURS]["answer"]["total"]
        for peer, run in runs.items():
            if run["failure"] and _failure(run) == "failed":
                lines.append(f"- {name}: {_TITLES[peer]} failed: {run['failure']}")
            elif not run["failure"] and _answer(run) != (total, 0, 0):
                other, imbalance, excess = _answer(run)
                lines.append(
                    f"- {name}: {_TITLES[peer]} is {other - total:+,} cents off the total; its firms are out of "
                    f"balance by {imbalance:,} cents together, its set-offs above their obligations by {excess:,}"
                )
    if not lines:
        return "All totals agree to the cent."
    return "All totals agree to the cent, but for:\n\n" + "\n".join(lines)


def _steps(sizes: Mapping[str, Any]) -> str:
    runs = [size["end_to_end"][OURS] for size in sizes.values()]

    def cells(of: Callable[[Mapping[str, Any]], float]) -> list[str]:
        return ["" if run["failure"] else _seconds(of(run)) for run in runs]

    rows = [[step, *cells(lambda run, step=step: run["answer"]["seconds"][step])] for step in _STEPS]
    start = cells(lambda run: run["seconds"] - sum(run["answer"]["seconds"].values()))
    return _table(["", *_columns(sizes)], [["start", *start], *rows, ["**all**", *cells(lambda run: run["seconds"])]])


def _growth(sizes: Mapping[str, Any]) -> str:
    done = [size for size in sizes.values() if not size["end_to_end"][OURS]["failure"]]
    lines = []
    for which, chosen in (
        ("all sizes", done),
        (f"{_LARGE:,} obligations and more", [size for size in done if size["obligations"] >= _LARGE]),
    ):
        if len(chosen) < 2:
            continue
        counts = [size["obligations"] for size in chosen]
        runs = [size["end_to_end"][OURS] for size in chosen]
        whole = exponent(counts, [run["seconds"] for run in runs])
        solve = exponent(counts, [max(run["answer"]["seconds"]["solve"], 0.001) for run in runs])
        lines.append(f"- {which}: {whole:.2f} for the whole command, {solve:.2f} for solving")
    if not lines:
        return "One size tells nothing about growth."
    return "Time grows as the number of obligations to the power of (least squares of logarithms):\n\n" + "\n".join(
        lines
    )


def _solving(sizes: Mapping[str, Any]) -> str:
    def column(name: str, size: Mapping[str, Any]) -> str:
        done = [run["answer"] for run in size["solving"].values() if not run["failure"]]
        return f"{name}: {done[0]['nodes']:,} firms, {done[0]['arcs']:,} arcs" if done else name

    def cells(solver: str) -> list[str]:
        runs = [size["solving"][solver] for size in sizes.values()]
        return [_failure(run) if run["failure"] else f"{run['answer']['solve']:.3f}" for run in runs]

    header = ["", *(column(name, size) for name, size in sizes.items())]
    return _table(header, ([title, *cells(solver)] for solver, title in SOLVERS.items()))


def _warm_start(sizes: Mapping[str, Any]) -> str:
    rows = []
    for name, size in sizes.items():
        runs = size["warm_start"]
        if runs is None or runs["cold"]["failure"] or runs["warm"]["failure"]:
            rows.append([name, *["failed"] * 5])
            continue
        pair = runs["cold"], runs["warm"]
        solve = [f"{run['answer']['seconds']['solve']:.3f}" for run in pair]
        rows.append([name, *solve, *(_seconds(run["seconds"]) for run in pair), "yes" if runs["equal"] else "**no**"])
    return _table(["", "solve, cold", "solve, warm", "whole, cold", "whole, warm", "equal to the byte"], rows)
