"""Runs of the simulator itself."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter

import pytest

from .campaign import JUDGED_FROM, LEAST_PER_HUNDRED, campaign, missing, one_after_the_other
from .postgres import ROOT
from .run import run
from .stores import MemoryStores

_TRACE = """
from tests.simulator.run import run
from tests.simulator.stores import MemoryStores
for seed in (2, 10):
    with MemoryStores().new() as store:
        print(run(seed, store).trace)
"""


def test_a_seed_gives_the_same_run_in_every_process() -> None:
    traces = {
        subprocess.run(
            [sys.executable, "-c", _TRACE],
            check=True,
            capture_output=True,
            text=True,
            cwd=ROOT,
            env=os.environ | {"PYTHONHASHSEED": order, "PYTHONPATH": str(ROOT)},
        ).stdout
        for order in ("1", "2")
    }
    assert len(traces) == 1
    first, second = traces.pop().split()
    assert first != second


def test_a_run_holds_with_real_signatures_on_every_request_and_goes_as_without(memory: MemoryStores) -> None:
    results = []
    for signatures in (True, False):
        with memory.new() as store:
            results.append(run(7, store, signatures=signatures))
    signed, believed = results
    assert signed.failure is None
    assert signed.tally["rounds decided"] > 0
    assert signed.tally["clocks apart"] > 0
    assert signed.trace == believed.trace


def test_a_failure_names_the_command_that_replays_it(
    memory: MemoryStores, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from bizoverbiz.rounds import deciding

    monkeypatch.setattr(deciding, "issue", lambda *_, **__: None)
    assert not campaign(one_after_the_other(memory, range(1, 6)), kind="memory")
    told = capsys.readouterr()
    assert "replay: make simulate SEED=" in told.err
    assert told.out.splitlines()[-1].endswith("<- FAILED")


def test_runs_in_which_too_little_happens_do_not_pass() -> None:
    usual = Counter({name: 10 * least for name, least in LEAST_PER_HUNDRED.items()})
    assert missing(usual, JUDGED_FROM) == []
    for name in LEAST_PER_HUNDRED:
        assert len(missing(Counter(usual | Counter()) - Counter({name: usual[name]}), JUDGED_FROM)) == 1
