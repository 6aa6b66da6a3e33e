"""The engine's fixtures, and a network in which something of everything has happened."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from engine.conftest import (
    Clock,
    Network,
    _admin,
    clock,
    empty_url,
    key_path,
    network,
    ring,
    server,
    store,
    template,
    two,
    url,
)

from bizoverbiz.store.database import Database

from .scenario import Copy, Scenario, build

__all__ = ["clock", "empty_url", "key_path", "network", "ring", "server", "store", "template", "two", "url"]
_numbers = count(1)


@pytest.fixture(scope="session")
def original(
    server: Callable[[str], str], template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Network, Scenario]]:
    name = f"bob_test_{Path(template).name}_scenario"
    _admin(server("postgres"), f"CREATE DATABASE {name} TEMPLATE {template}")
    store = Database(server(name))
    network = Network(store, Clock(), tmp_path_factory.mktemp("isolation") / "key.pem")
    try:
        scenario = build(network)
        store.close()
        yield name, network, scenario
    finally:
        network.close()
        store.close()
    _admin(server("postgres"), f"DROP DATABASE {name}")


@pytest.fixture
def copied(server: Callable[[str], str], original: tuple[str, Network, Scenario]) -> Iterator[Copy]:
    name, network, scenario = original
    own = f"{name}_{next(_numbers)}"
    _admin(server("postgres"), f"CREATE DATABASE {own} TEMPLATE {name}")
    made = Copy(server(own), network, scenario)
    yield made
    made.store.close()
    _admin(server("postgres"), f"DROP DATABASE {own}")
