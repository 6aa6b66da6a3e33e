"""python -m tests.benchmarks [SIZE…]: measure, then write docs/benchmarks.md and docs/benchmarks.json."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from . import machine, writing
from .contenders import NOT_TRIED, OURS, PAGE, PEERS, Task
from .inputs import SIZES, Size, drawn
from .measuring import ROOT, Run


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("sizes", nargs="*", default=list(SIZES), help=f"of {', '.join(SIZES)}; default: all")
    parser.add_argument("--limit", type=int, default=300, help="seconds given to each contender")
    parser.add_argument("--without", nargs="*", default=[], choices=list(PEERS), help="contenders to leave out")
    parser.add_argument("--folder", type=Path, default=ROOT / "var" / "bench", help="where the drawn files are kept")
    parser.add_argument(
        "--out", type=Path, default=ROOT / "docs" / "benchmarks", help="written with .md and .json added"
    )
    options = parser.parse_args()
    unknown = [name for name in options.sizes if name not in SIZES]
    if unknown:
        parser.error(f"no size is called {unknown[0]!r}: choose of {', '.join(SIZES)}")
    folder = options.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    figures: dict[str, Any] = {"limit": options.limit, "machine": machine.describe(), "sizes": {}}
    given_up: set[str] = set(options.without)
    given_up_solving: set[str] = set(options.without)
    for size in sorted({SIZES[name] for name in options.sizes}, key=lambda size: size.obligations):
        figures["sizes"][size.name] = _measure(size, folder, options.limit, given_up, given_up_solving)
        options.out.with_suffix(".json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
        options.out.with_suffix(".md").write_text(writing.page(figures), encoding="utf-8")
    wrong = writing.wrong(figures)
    print("\n".join(wrong), file=sys.stderr)
    print(f"written: {options.out}.md, {options.out}.json")
    return 1 if wrong else 0


def _measure(size: Size, folder: Path, limit: int, given_up: set[str], given_up_solving: set[str]) -> dict[str, Any]:
    _say(f"{size.name}: {size.firms:,} firms, {size.obligations:,} obligations")
    task = Task(size, drawn(size, folder), limit)
    result = folder / "result"
    runs = {OURS: task.net(task.path, result, "--no-report"), PAGE: task.net(task.path, folder / "page")}
    for name in (OURS, PAGE):
        _tell(name, runs[name])
    for name, (title, _) in PEERS.items():
        runs[name] = Run(0, 0, failure=NOT_TRIED) if name in given_up else task.peer(name)
        if runs[name].failure:
            given_up.add(name)
        _tell(title, runs[name])
    _say("  solving only, and starting from an earlier result")
    measured = {
        "firms": size.firms,
        "obligations": size.obligations,
        "repetitions": size.repetitions,
        "end_to_end": {name: asdict(run) for name, run in runs.items()},
        "solving": task.solvers(given_up_solving),
        "warm_start": None if runs[OURS].failure else task.warm_start(result),
    }
    for made in (result, folder / "page"):
        shutil.rmtree(made, ignore_errors=True)
    return measured


def _tell(title: str, run: Run) -> None:
    _say(f"  {title:28} {run.failure or f'{run.seconds:8.2f} s {run.gigabytes:6.2f} GB'}")


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
