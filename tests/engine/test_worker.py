"""The worker goes on, whatever happens around it."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest
import structlog

from bizoverbiz.rounds import opening, worker
from bizoverbiz.store import migrate
from bizoverbiz.store.database import WORKER, Database

from .client import Member
from .conftest import ROOT, Clock, Network
from .operating import open_round, report, round_state


class OwnServer:
    """A PostgreSQL of this test's own, to stop and start."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.url = f"postgresql://bizoverbiz@/engine?host={self.act('start')}"

    def act(self, action: str) -> str:
        done = subprocess.run(
            [str(ROOT / "scripts" / "postgres.sh"), action, self.folder],
            check=True,
            capture_output=True,
            text=True,
            env=os.environ | {"PG_DURABLE": "off"},
        )
        return done.stdout.strip()


@pytest.fixture
def own_server() -> Iterator[OwnServer]:
    folder = tempfile.mkdtemp(prefix="bizoverbiz-test-")
    server = OwnServer(folder)
    connection = psycopg2.connect(server.url.replace("/engine", "/postgres"))
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("CREATE DATABASE engine")
    connection.close()
    migrate.upgrade(server.url)
    yield server
    server.act("stop")
    shutil.rmtree(folder, ignore_errors=True)


def test_the_worker_survives_a_database_restart(
    own_server: OwnServer, clock: Clock, key_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "PAUSE", 0.05)
    store, stop = Database(own_server.url), threading.Event()
    network = Network(store, clock, key_path)
    with structlog.testing.capture_logs() as log:
        thread = threading.Thread(
            target=worker.run,
            args=(store,),
            kwargs={"load_key": lambda: network.key, "clock": clock, "stop": stop},
        )
        thread.start()
        try:
            own_server.act("stop")
            _until(lambda: any(entry["event"] == "step failed" for entry in log))
            own_server.act("start")
            a, b = network.member("100000009"), network.member("200000008")
            a.declare(a.line("receivable", b, "F-1", 100))
            _until(lambda: bool(a.get("/v1/discrepancies")["discrepancies"]))
        finally:
            stop.set()
            thread.join()
            network.close()
            store.close()


def _until(holds: object) -> None:
    deadline = time.monotonic() + 30
    while not holds():  # type: ignore[operator]
        assert time.monotonic() < deadline, "it did not come to pass within thirty seconds"
        time.sleep(0.05)


def test_a_round_left_frozen_is_proposed_by_the_next_worker(network: Network, two: tuple[Member, Member]) -> None:
    a, b = two
    a.declare(a.line("payable", b, "B-1", 100), a.line("receivable", b, "A-1", 80))
    b.declare(b.line("receivable", a, "B-1", 100), b.line("payable", a, "A-1", 80))
    number = open_round(network)
    with network.store.transaction(WORKER) as tx:
        assert opening.cut_off(tx, number, now=network.clock()) == 2
    assert network.work()
    assert round_state(network, number) == "proposed"
    assert report(network, number)["currencies"][0]["proposed"] == 160


def test_what_nobody_expected_fails_one_step_and_not_the_worker(
    network: Network, two: tuple[Member, Member], url: str
) -> None:
    number = open_round(network)
    with network.store.transaction(WORKER) as tx:
        opening.cut_off(tx, number, now=network.clock())
    with psycopg2.connect(url.replace("bizoverbiz@", "postgres@")) as owner, owner.cursor() as cursor:
        cursor.execute("ALTER TABLE round_line RENAME COLUMN proposed TO gone")
    with structlog.testing.capture_logs() as log:
        assert not network.work()
    (failed,) = [entry for entry in log if entry["event"] == "step failed"]
    assert (failed["step"], failed["error"], failed["exc_info"]) == (f"round {number}", "UndefinedColumn", True)
    with owner, owner.cursor() as cursor:
        cursor.execute("ALTER TABLE round_line RENAME COLUMN gone TO proposed")
    owner.close()
    assert network.work()
    assert round_state(network, number) == "proposed"


def test_logs_tell_neither_amounts_nor_names(network: Network, two: tuple[Member, Member]) -> None:
    a, b = two
    with structlog.testing.capture_logs() as log:
        a.declare(a.line("payable", b, "B-1", 123456), a.line("receivable", b, "A-1", 123456))
        b.declare(b.line("receivable", a, "B-1", 123456), b.line("payable", a, "A-1", 123456))
        number = open_round(network)
        with network.store.transaction(WORKER) as tx:
            opening.cut_off(tx, number, now=network.clock())
        network.work()
    assert log
    for secret in ("123456", "246912", a.identifier, b.identifier, "Firm"):
        assert secret not in str(log)
