"""Who takes part, and what each is asked to do with a file."""

from __future__ import annotations

import filecmp
import json
import shutil
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .inputs import COMMAND, ON, Size, derived
from .measuring import PACKAGE, Run, fastest, measure

#: This project in tables, and the others: the program in `peers`, what the tables call it, whether it is exact.
OURS = "BizOverBiz"
PAGE = "page"
NOT_TRIED = "not tried"
SOLVE_OURS = "BizOverBiz, netting kernel"
PEERS = {
    "or_tools": ("OR-Tools SimpleMinCostFlow", True),
    "or_tools_apart": ("OR-Tools, one arc an obligation", True),
    "lemon_simplex": ("LEMON NetworkSimplex", True),
    "lemon_scaling": ("LEMON CostScaling", True),
    "highs": ("PuLP + HiGHS", False),
    "cbc": ("PuLP + CBC", False),
    "networkx_simplex": ("networkx network_simplex", True),
}
SOLVERS = {"kernel": SOLVE_OURS} | {name: PEERS[name][0] for name in ("or_tools", "lemon_simplex", "lemon_scaling")}
_RESULT = ("setoffs.csv", "members.csv", "certificate.json")


@dataclass(frozen=True, slots=True)
class Task:
    """Everything that is measured on one file."""

    size: Size
    path: Path
    #: Seconds given to each.
    limit: int

    def net(self, path: Path, out: Path, *options: str) -> Run:
        """Run this project's whole command; its answer is summary.json."""

        def once() -> Run:
            run = measure(
                [COMMAND, "net", str(path), "--out", str(out), "--on", ON, "--quiet", *options], limit=self.limit
            )
            return run if run.failure else Run(run.seconds, run.gigabytes, _summary(out))

        return fastest(once, times=self.size.repetitions)

    def peer(self, name: str) -> Run:
        command = [sys.executable, "-m", f"{PACKAGE}.peers.{name}", str(self.path)]
        return fastest(lambda: measure(command, limit=self.limit), times=self.size.repetitions)

    def solvers(self, given_up: set[str]) -> dict[str, Any]:
        """Let the solvers that take arrays solve the network that this project reduces the file to."""
        reduced = derived("reduced", self.path, self.path.with_suffix(".npz"))
        runs = {}
        for solver in SOLVERS:
            command = [sys.executable, "-m", f"{PACKAGE}.solving", solver, str(reduced)]
            if solver in given_up:
                runs[solver] = [Run(0, 0, failure=NOT_TRIED)]
                continue
            runs[solver] = [measure(command, limit=self.limit) for _ in range(self.size.repetitions)]
            if runs[solver][0].failure:
                given_up.add(solver)
        reduced.unlink()
        return {solver: asdict(min(each, key=_solving)) for solver, each in runs.items()}

    def warm_start(self, previous: Path) -> dict[str, Any]:
        """Net the file with one in a hundred amounts changed, from nothing and from the earlier result."""
        changed = derived("changed", self.path, self.path.with_name(f"{self.size.name}-changed.csv"))
        folder = self.path.parent
        cold, warm = folder / "cold", folder / "warm"
        runs = {
            "cold": asdict(self.net(changed, cold, "--no-report")),
            "warm": asdict(self.net(changed, warm, "--no-report", "--previous", str(previous))),
        }
        failed = any(run["failure"] for run in runs.values())
        runs["equal"] = not failed and filecmp.cmpfiles(cold, warm, _RESULT, shallow=False)[0] == list(_RESULT)
        for path in (cold, warm):
            shutil.rmtree(path, ignore_errors=True)
        changed.unlink()
        return runs


def _solving(run: Run) -> float:
    return float(run.answer.get("solve", "inf"))


def _summary(out: Path) -> dict[str, Any]:
    summary = json.loads((out / "summary.json").read_text())
    (part,) = summary["currency"].values()
    return {
        "total": part["set_off"],
        "bound": part["upper_bound"],
        "sha256": summary["input"]["sha256"],
        "seconds": summary["seconds"],
    }
