"""Engines and firms for the tests of `bizoverbiz member …`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bizoverbiz.client import transport

from ..conftest import Clock, Network
from .firms import Firm, Operator, Server, joined


@pytest.fixture
def engine(url: str, tmp_path: Path) -> Iterator[Server]:
    running = Server(url, tmp_path)
    running.ok("network", "init", "--name", "Réseau [d'essai]", "--agreement", "2026-11")
    running.serve()
    yield running
    for name in list(running.processes):
        running.stop(name)


@pytest.fixture
def firms(engine: Server, tmp_path: Path) -> list[Firm]:
    """Three members of an engine that runs in processes of its own."""
    return joined(engine, tmp_path)


@pytest.fixture
def operator(url: str, tmp_path: Path, clock: Clock, network: Network) -> Operator:
    clock.now = datetime.now(UTC)
    return Operator(url, tmp_path, network)


@pytest.fixture
def few(operator: Operator, tmp_path: Path) -> list[Firm]:
    """Three members of an engine that answers in this process."""
    return joined(operator, tmp_path)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """No pauses between tries."""
    monkeypatch.setattr(transport, "PAUSES", (0.0, 0.0))
