"""Whatever is broken in the engine, the simulator notices."""

from __future__ import annotations

import pytest

from .mutations import MUTATIONS
from .run import run
from .store.memory import Blueprint, MemoryDatabase
from .stores import MemoryStores

#: So many seeds a defect may stay hidden.
SEEDS = 30


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_defect_is_caught(memory: MemoryStores, name: str) -> None:
    with MUTATIONS[name]():
        blueprint = Blueprint(memory.blueprint.snapshot)
        for seed in range(1, SEEDS + 1):
            store = MemoryDatabase(blueprint)
            result = run(seed, store)
            store.close()
            if result.failure is not None:
                break
        else:
            pytest.fail(f"with the engine so broken that {name}, {SEEDS} seeds pass")
    with memory.new() as store:
        assert run(seed, store).failure is None, f"seed {seed} fails without the defect, too"
