"""Empty stores for the simulator's tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .postgres import Server
from .stores import MemoryStores, PostgresStores


@pytest.fixture(scope="session")
def memory() -> MemoryStores:
    return MemoryStores()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresStores]:
    with Server() as server:
        yield PostgresStores(server).prepare()
