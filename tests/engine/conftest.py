"""A throwaway PostgreSQL, a database a test, and a network with its members."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import httpx
import psycopg2
import pytest
import uvicorn

from bizoverbiz.api.app import create_app
from bizoverbiz.members import joining
from bizoverbiz.notices import SigningKey, create_key_file, load_signing_key
from bizoverbiz.rounds import worker
from bizoverbiz.store import migrate
from bizoverbiz.store.database import WORKER, Database

from .client import Member

ROOT = Path(__file__).resolve().parents[2]
#: Valid SIRENs, made from eight digits and their check digit.
SIRENS = ("100000009", "200000008", "300000007", "400000006", "500000005")
_numbers = count(1)


def _admin(url: str, statement: str) -> None:
    connection = psycopg2.connect(url)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
    finally:
        connection.close()


@pytest.fixture(scope="session")
def server() -> Iterator[Callable[[str], str]]:
    """Gives the address of a database by its name, on a private server (or a given one, for speed)."""
    if given := os.environ.get("BIZOVERBIZ_TEST_SERVER"):
        yield lambda name: given.replace("@/postgres", f"@/{name}")
        return
    folder = tempfile.mkdtemp(prefix="bizoverbiz-test-")
    script = str(ROOT / "scripts" / "postgres.sh")
    try:
        started = subprocess.run(
            [script, "start", folder],
            check=True,
            capture_output=True,
            text=True,
            env=os.environ | {"PG_DURABLE": "off"},
        )
        path = started.stdout.strip().splitlines()[-1]
        yield lambda name: f"postgresql://bizoverbiz@/{name}?host={path}"
    finally:
        subprocess.run([script, "stop", folder], check=False, capture_output=True)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def template(server: Callable[[str], str]) -> Iterator[str]:
    name = f"bob_test_{os.getpid()}_template"
    _admin(server("postgres"), f"CREATE DATABASE {name}")
    migrate.upgrade(server(name))
    yield name
    _admin(server("postgres"), f"DROP DATABASE {name}")


@pytest.fixture
def empty_url(server: Callable[[str], str]) -> Iterator[str]:
    """The address of a database without a schema."""
    name = f"bob_test_{os.getpid()}_{next(_numbers)}"
    _admin(server("postgres"), f"CREATE DATABASE {name}")
    yield server(name)
    _admin(server("postgres"), f"DROP DATABASE {name}")


@pytest.fixture
def url(server: Callable[[str], str], template: str) -> Iterator[str]:
    """The address of an upgraded database."""
    name = f"bob_test_{os.getpid()}_{next(_numbers)}"
    _admin(server("postgres"), f"CREATE DATABASE {name} TEMPLATE {template}")
    yield server(name)
    _admin(server("postgres"), f"DROP DATABASE {name}")


class Clock:
    """Time as the test says."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **span: float) -> None:
        self.now += timedelta(**span)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def key_path(tmp_path: Path) -> Path:
    return tmp_path / "signing-key.pem"


@pytest.fixture
def store(url: str) -> Iterator[Database]:
    database = Database(url)
    yield database
    database.close()


class Network:
    """A founded network behind its HTTP API, and the hand of its operator."""

    def __init__(self, store: Database, clock: Clock, key_path: Path, *, founded: bool = False) -> None:
        """A new one, or one `founded` before: its database restored, its key the same."""
        self.store, self.clock, self.key_path = store, clock, key_path
        self.key: SigningKey = load_signing_key(key_path) if founded else create_key_file(key_path)
        if not founded:
            with store.transaction(WORKER) as tx:
                joining.found_network(tx, name="Réseau d'essai", agreement="2026-11", key=self.key, now=clock())
        listener = socket.create_server(("127.0.0.1", 0))
        self.base_url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self.app = create_app(store, base_url=self.base_url, clock=clock)
        self._server = uvicorn.Server(uvicorn.Config(self.app, log_level="critical", lifespan="off"))
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [listener]})
        self._thread.start()
        self.http = httpx.Client(base_url=self.base_url, timeout=30)

    def close(self) -> None:
        self.http.close()
        self._server.should_exit = True
        self._thread.join()

    def invite(self, **valid: float) -> str:
        """The secret of a new invitation."""
        with self.store.transaction(WORKER) as tx:
            span = timedelta(**valid) if valid else timedelta(days=14)
            return joining.invite(tx, url=self.base_url, valid=span, now=self.clock()).secret

    def candidate(self, identifier: str) -> Member:
        return Member(self.http, self.base_url, self.clock, identifier)

    def member(self, identifier: str) -> Member:
        member = self.candidate(identifier)
        answer = member.join(self.invite())
        assert answer.status_code == 201, answer.text
        return member

    def work(self) -> bool:
        return worker.work_once(self.store, load_key=lambda: load_signing_key(self.key_path), clock=self.clock)


@pytest.fixture
def network(store: Database, clock: Clock, key_path: Path) -> Iterator[Network]:
    founded = Network(store, clock, key_path)
    yield founded
    founded.close()


@pytest.fixture
def two(network: Network) -> tuple[Member, Member]:
    """Two members, each knowing nothing yet of the other."""
    return network.member(SIRENS[0]), network.member(SIRENS[1])


#: What every member of the ring owes the next, minor units.
AMOUNT = 1000
Ring = tuple[Member, Member, Member]


@pytest.fixture
def ring(network: Network) -> Ring:
    """A owes B, B owes C, C owes A, the same amount each; A and B also owe each other 300."""
    a, b, c = (network.member(siren) for siren in SIRENS[:3])
    declare_ring(a, b, c)
    return a, b, c


def declare_ring(a: Member, b: Member, c: Member, last_notice: int = 0) -> None:
    a.declare(
        a.line("payable", b, "B-1", AMOUNT),
        a.line("receivable", c, "A-1", AMOUNT),
        a.line("payable", b, "B-2", 300),
        a.line("receivable", b, "A-2", 300),
        last_notice=last_notice,
    )
    b.declare(
        b.line("receivable", a, "B-1", AMOUNT),
        b.line("payable", c, "C-1", AMOUNT),
        b.line("receivable", a, "B-2", 300),
        b.line("payable", a, "A-2", 300),
        last_notice=last_notice,
    )
    c.declare(c.line("receivable", b, "C-1", AMOUNT), c.line("payable", a, "A-1", AMOUNT), last_notice=last_notice)
