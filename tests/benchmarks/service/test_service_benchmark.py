"""The service's benchmark measures what it says, at a size that takes seconds."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

from bizoverbiz.matching import canonical_identifier
from tests.benchmarks.service.__main__ import main, percentile
from tests.benchmarks.service.network import siren
from tests.benchmarks.service.writing import page

LOCUST = importlib.util.find_spec("locust")


@pytest.mark.skipif(LOCUST is None, reason="scripts/setup.sh bench installs locust")
def test_a_small_run_measures_calls_and_a_round_without_failures(tmp_path: Path) -> None:
    out = tmp_path / "page"
    sizes = ["--members", "30", "--obligations", "600", "--users", "2", "--seconds", "12", "--processes", "1"]
    assert main([*sizes, "--round", "1000", "--out", str(out)]) == 0
    figures: dict[str, Any] = json.loads(out.with_suffix(".json").read_text())
    assert out.with_suffix(".md").read_text() == page(figures)
    for call in figures["load"]["calls"].values():
        assert call["failures"] == 0
        assert call["calls"] >= 5
        assert 0 < call["p50_ms"] <= call["p99_ms"]
    (one,) = figures["rounds"]
    assert one["proposed"] > 0
    assert one["statements"] > 10
    assert one["cut_off_to_statements"] == pytest.approx(
        sum(one["seconds"].values()) - one["seconds"]["match"], abs=0.01
    )


def test_half_and_99_of_100_calls_stay_under_their_percentile() -> None:
    times = [(10, 50), (20, 49), (500, 1)]
    assert [percentile(times, share) for share in (0.5, 0.99, 1.0)] == [10, 20, 500]


def test_the_members_identifiers_are_valid() -> None:
    assert all(canonical_identifier(siren(index)) == siren(index) for index in range(0, 10_000, 7))
