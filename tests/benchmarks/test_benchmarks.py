"""The benchmark tells the truth: contenders agree, the limit holds, figures are what was measured."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

import pytest

from .contenders import OURS, PEERS, Task
from .inputs import Size, drawn
from .measuring import measure
from .writing import exponent, page, wrong

SMALL = Size("small", 200, 1_000)
pytestmark = pytest.mark.skipif(
    not all(map(importlib.util.find_spec, ("ortools", "pylmcf"))), reason="scripts/setup.sh bench installs the peers"
)


@pytest.fixture(scope="module")
def task(tmp_path_factory: pytest.TempPathFactory) -> Task:
    return Task(SMALL, drawn(SMALL, tmp_path_factory.mktemp("bench")), limit=60)


@pytest.fixture(scope="module")
def total(task: Task) -> int:
    return int(task.net(task.path, task.path.parent / "result").answer["total"])


@pytest.mark.parametrize("peer", PEERS)
def test_every_peer_finds_the_same_total_in_balance(task: Task, total: int, peer: str) -> None:
    run = task.peer(peer)
    assert not run.failure
    assert {key: run.answer[key] for key in ("total", "imbalance", "excess")} == {
        "total": total,
        "imbalance": 0,
        "excess": 0,
    }


def test_every_solver_finds_that_total_on_the_reduced_network(task: Task, total: int) -> None:
    assert {run["answer"]["total"] for run in task.solvers().values()} == {total}


def test_a_warm_start_changes_no_byte_though_the_amounts_changed(task: Task, total: int) -> None:
    runs = task.warm_start(task.path.parent / "result")
    assert runs["equal"]
    assert runs["cold"]["answer"]["total"] != total


def test_what_is_over_the_limit_is_ended_with_its_children() -> None:
    run = measure(["sh", "-c", "sleep 30 & wait"], limit=1)
    assert run.failure == "> 1 s"
    assert 1 <= run.seconds < 10


def test_a_failure_is_told_in_the_program_s_own_words() -> None:
    assert measure([sys.executable, "-c", "raise SystemExit('no flow')"], limit=60).failure == "no flow"


def test_the_peak_of_memory_is_the_program_s() -> None:
    run = measure([sys.executable, "-c", "x = bytearray(2**28)"], limit=60)
    assert 0.25 < run.gigabytes < 0.35


def test_the_exponent_is_that_of_the_power_law() -> None:
    assert exponent([10, 100, 1000], [3 * n**1.25 for n in (10, 100, 1000)]) == pytest.approx(1.25)


@pytest.fixture
def figures() -> dict[str, object]:
    recorded = Path(__file__).resolve().parents[2] / "docs" / "benchmarks.json"
    return dict(json.loads(recorded.read_text()))


def test_the_page_in_docs_is_the_one_its_figures_give(figures: dict[str, object]) -> None:
    assert Path(__file__).resolve().parents[2].joinpath("docs", "benchmarks.md").read_text() == page(figures)


def test_another_total_of_an_exact_solver_is_named(figures: dict[str, dict]) -> None:
    assert wrong(figures) == []
    name, size = next(iter(figures["sizes"].items()))
    size["end_to_end"]["lemon_simplex"]["answer"]["total"] += 1
    total = size["end_to_end"][OURS]["answer"]["total"]
    assert wrong(figures) == [f"{name}: LEMON NetworkSimplex set off {total + 1}, {OURS} {total}"]
