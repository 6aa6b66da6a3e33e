"""The benchmark tells the truth: contenders agree, the limit holds, the page says what was measured."""

from __future__ import annotations

import copy
import importlib.util
import json
import sys
from typing import Any

import pytest

from . import __main__ as benchmarks
from .contenders import OURS, PAGE, PEERS, SOLVERS
from .inputs import Size
from .measuring import measure
from .writing import exponent, page, wrong

SMALL = Size("small", 400, 4_000)
pytestmark = pytest.mark.skipif(
    not all(map(importlib.util.find_spec, ("ortools", "pylmcf"))), reason="scripts/setup.sh bench installs the peers"
)


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(benchmarks.SIZES, SMALL.name, SMALL)
        out = tmp_path_factory.mktemp("bench")
        patch.setattr(sys, "argv", ["benchmarks", SMALL.name, "--folder", str(out), "--out", str(out / "page")])
        assert benchmarks.main() == 0
    figures = json.loads((out / "page.json").read_text())
    assert (out / "page.md").read_text() == page(figures)
    return dict(figures)


@pytest.fixture
def figures(measured: dict[str, Any]) -> dict[str, Any]:
    return copy.deepcopy(measured)


@pytest.fixture
def small(figures: dict[str, Any]) -> dict[str, Any]:
    return dict(figures["sizes"][SMALL.name])


@pytest.mark.parametrize("peer", PEERS)
def test_every_peer_finds_the_same_total_in_balance(small: dict[str, Any], peer: str) -> None:
    answer = small["end_to_end"][peer]["answer"]
    found = answer["total"], answer["imbalance"], answer["excess"]
    assert found == (small["end_to_end"][OURS]["answer"]["total"], 0, 0)


@pytest.mark.parametrize("solver", SOLVERS)
def test_every_solver_finds_that_total_on_the_reduced_network(small: dict[str, Any], solver: str) -> None:
    assert small["solving"][solver]["answer"]["total"] == small["end_to_end"][OURS]["answer"]["total"]


def test_a_warm_start_changes_no_byte_though_the_amounts_changed(small: dict[str, Any]) -> None:
    assert small["warm_start"]["equal"]
    assert small["warm_start"]["cold"]["answer"]["total"] != small["end_to_end"][OURS]["answer"]["total"]


def test_another_total_of_an_exact_solver_is_wrong(figures: dict[str, Any], small: dict[str, Any]) -> None:
    assert wrong(figures) == []
    small["end_to_end"]["lemon_simplex"]["answer"]["total"] += 1
    total = small["end_to_end"][OURS]["answer"]["total"]
    assert wrong(figures) == [f"small: LEMON NetworkSimplex set off {total + 1}, {OURS} {total}"]


def test_cents_that_a_linear_programme_is_off_are_told_on_the_page(
    figures: dict[str, Any], small: dict[str, Any]
) -> None:
    assert "All totals agree to the cent." in page(figures)
    small["end_to_end"]["cbc"]["answer"]["total"] -= 7
    assert wrong(figures) == []
    assert "small: PuLP + CBC is -7 cents off the total" in page(figures)


@pytest.mark.parametrize("name", [OURS, PAGE])
def test_a_failure_of_this_project_is_wrong(figures: dict[str, Any], small: dict[str, Any], name: str) -> None:
    small["end_to_end"][name] |= {"failure": "KeyError: 'F1'", "answer": {}}
    assert any("KeyError: 'F1'" in each for each in wrong(figures))
    assert "KeyError: 'F1'" in page(figures)


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
