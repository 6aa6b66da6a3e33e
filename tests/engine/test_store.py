"""Creating the schema, from nothing or again, by one or by several."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg2
import pytest

from bizoverbiz.errors import EngineUnavailableError
from bizoverbiz.store import rounds
from bizoverbiz.store.database import WORKER, Database, api_scope
from bizoverbiz.store.queries import QUERIES

from .conftest import Network


@pytest.fixture
def other_url(empty_url: str, server: Callable[[str], str]) -> Iterator[str]:
    name = empty_url.split("/")[3].split("?")[0] + "_other"
    connection = psycopg2.connect(server("postgres"))
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
        yield server(name)
        cursor.execute(f"DROP DATABASE {name}")
    connection.close()


def upgrade_at_once(*urls: str) -> list[str]:
    """In processes of their own, as several containers would; gives what they complain about."""
    command = [str(Path(sys.executable).with_name("bizoverbiz")), "db", "upgrade"]
    started = [
        subprocess.Popen(command, env=os.environ | {"DATABASE_URL": url}, stderr=subprocess.PIPE, text=True)
        for url in urls
    ]
    complaints = [process.communicate(timeout=120)[1] for process in started]
    return [text for process, text in zip(started, complaints, strict=True) if process.returncode]


def test_two_databases_of_one_cluster_are_upgraded_at_once_and_again(empty_url: str, other_url: str) -> None:
    assert upgrade_at_once(empty_url, other_url, empty_url, other_url) == []
    assert upgrade_at_once(empty_url, other_url) == []
    for url in (empty_url, other_url):
        store = Database(url)
        with store.transaction(WORKER) as tx:
            assert tx.all("members_all") == []
        store.close()


def test_a_database_that_was_never_set_up_says_how_to_do_it(empty_url: str) -> None:
    store = Database(empty_url)
    with pytest.raises(EngineUnavailableError, match="bizoverbiz db upgrade"), store.transaction(WORKER) as tx:
        tx.all("members_all")
    store.close()


def test_what_fails_halfway_leaves_nothing_behind(network: Network) -> None:
    def halfway() -> None:
        with network.store.transaction(WORKER) as tx:
            rounds.insert(tx, approval_hours=1, options="{}", now=network.clock())
            raise RuntimeError("the light goes out")

    with pytest.raises(RuntimeError):
        halfway()
    with network.store.transaction(WORKER) as tx:
        assert tx.all("rounds_in", states=["collection"]) == []


def test_a_transactions_role_and_member_do_not_outlive_it(network: Network) -> None:
    network.member("100000009")
    with network.store.transaction(WORKER) as tx:
        (member,) = tx.all("members_all")
    with network.store.transaction(api_scope(member=member.id)) as tx:
        assert tx.one("member_get", member=member.id) is not None
    for _ in range(3):
        with network.store.transaction(api_scope()) as tx:
            assert tx.one("member_get", member=member.id) is None


def test_the_engine_goes_on_when_its_connections_were_cut(network: Network) -> None:
    with network.store.transaction(WORKER) as tx:
        tx.all("members_all")
    connection = psycopg2.connect(str(network.store.engine.url.set(drivername="postgresql")).replace("***", ""))
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND usename = current_user"
        )
    connection.close()
    assert network.http.get("/v1/keys").status_code == 200
    assert network.work()


def test_every_query_says_what_it_is_for() -> None:
    assert len(QUERIES) > 50
    assert all(query.description.endswith(".") or query.description.endswith("?") for query in QUERIES.values())
