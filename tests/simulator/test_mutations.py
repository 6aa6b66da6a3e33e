"""Whatever is broken in the engine, the simulator notices."""

from __future__ import annotations

from collections.abc import Iterator
from multiprocessing import get_context

import pytest

from .mutations import MUTATIONS, Tried, attempt
from .stores import MemoryStores

#: So many seeds a defect may stay hidden.
SEEDS = range(1, 61)


def _tried(name: str) -> Tried:
    return attempt(MemoryStores.of_this_process(), name, SEEDS)


@pytest.fixture(scope="module")
def tried(memory: MemoryStores) -> Iterator[dict[str, Tried]]:
    """All of them, two side by side."""
    with get_context("spawn").Pool(2) as pool:
        yield {one.name: one for one in pool.imap_unordered(_tried, MUTATIONS)}


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_defect_is_caught(tried: dict[str, Tried], name: str) -> None:
    found = tried[name]
    assert found.seed is not None, f"with the engine so broken that {name}, {len(SEEDS)} seeds pass"
    assert found.unmutated is None, f"seed {found.seed} fails without the defect, too"
