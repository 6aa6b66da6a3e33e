"""Whatever goes wrong with the database: every operation says in time to come again, and nothing is half done."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import httpx
import pytest
from engine.client import Member
from engine.conftest import Network

from bizoverbiz.api import calls
from bizoverbiz.api.app import create_app
from bizoverbiz.store.database import WORKER, Database, Scope

from .exercise import Operation, operations
from .scenario import rows

_OPERATIONS = operations(create_app(None, base_url="http://engine.example").openapi())  # type: ignore[arg-type]
#: What answers without asking the database.
_ALONE = {"get /v1/health"}
#: Told by PostgreSQL while a request runs: class and name of the error, as in its manual's appendix A.
_TROUBLE = {
    "40P01": "deadlock detected",
    "40001": "serialization failure",
    "55P03": "lock not available",
    "57014": "canceled, for instance by the statement timeout",
    "57P01": "terminated by the administrator",
    "57P03": "cannot connect now",
    "53300": "too many connections",
    "53200": "out of memory",
    "53100": "disk full",
    "58030": "input or output error",
}

every_operation = pytest.mark.parametrize("operation", _OPERATIONS, ids=lambda operation: operation.name)


def try_it(member: Member, operation: Operation) -> httpx.Response:
    body = operation.bodies()[0]
    if operation.name == "post /v1/members":
        body |= {"public_key": member.jwk, "database": member.database}
    values = {one["name"]: 1 for one in operation.parameters("path")}
    query = {one["name"]: "100000009" for one in operation.parameters("query") if one.get("required")}
    return member.call(operation.verb.upper(), operation.address(values, query), body)


def is_unavailable(answer: httpx.Response, operation: Operation) -> None:
    assert answer.status_code == 503, f"{operation.name}: {answer.status_code} {answer.text}"
    assert answer.headers["content-type"] == "application/problem+json"
    assert int(answer.headers["retry-after"]) > 0
    assert answer.json()["type"].endswith("/engine-unavailable")
    assert "psycopg2" not in answer.text
    assert "bizoverbiz_api" not in answer.text


@pytest.fixture
def member(network: Network) -> Member:
    return network.member("100000009")


@pytest.fixture
def silent_address() -> Iterator[str]:
    """Somebody listens there and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"postgresql://bizoverbiz@127.0.0.1:{listener.getsockname()[1]}/engine"


@every_operation
def test_without_a_database_every_operation_says_come_again(
    network: Network, member: Member, operation: Operation
) -> None:
    gone = network.app.state.store = Database("postgresql://bizoverbiz@/nowhere?host=/nonexistent")
    began = time.monotonic()
    answer = try_it(member, operation)
    assert time.monotonic() - began < 5
    gone.close()
    if operation.name in _ALONE:
        assert answer.status_code == 200
    else:
        is_unavailable(answer, operation)


def test_a_database_that_never_answers_holds_nobody_up_for_long(
    network: Network, member: Member, silent_address: str
) -> None:
    silent = network.app.state.store = Database(silent_address)
    began = time.monotonic()
    answer = member.call("GET", "/v1/member")
    assert time.monotonic() - began < 15
    silent.close()
    assert answer.status_code == 503


def test_connections_cut_while_idle_are_replaced_without_anybody_noticing(
    network: Network, member: Member, url: str
) -> None:
    assert rows(
        url,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )
    assert member.call("GET", "/v1/member").status_code == 200


def test_with_every_connection_in_use_the_answer_is_come_again(network: Network, member: Member, url: str) -> None:
    small = network.app.state.store = Database(url, connections=1)
    small.engine.pool._timeout = 0.2  # type: ignore[attr-defined]
    with small.transaction(WORKER):
        for operation in _OPERATIONS:
            if operation.name not in _ALONE:
                is_unavailable(try_it(member, operation), operation)
    assert member.call("GET", "/v1/member").status_code == 200
    small.close()


@pytest.mark.parametrize("code", _TROUBLE, ids=_TROUBLE.get)
def test_trouble_before_the_commit_keeps_nothing_and_says_come_again(
    network: Network, member: Member, url: str, code: str
) -> None:
    """It comes when the answer is kept, after everything else: the worst moment."""
    _raise_on(url, "stored_answer", f"RAISE EXCEPTION 'trouble' USING ERRCODE = '{code}'")
    before = _everything(url)
    line = member.line("receivable", network.candidate("200000008"), "F-1", 100)
    answer = member.declare(line, key="the-same")
    is_unavailable(answer, next(one for one in _OPERATIONS if one.name == "post /v1/declarations"))
    assert _everything(url) == before
    rows(url, "DROP TRIGGER trouble ON stored_answer; SELECT 1", keep=True)
    assert member.declare(line, key="the-same").json()["accepted"] == 1


@every_operation
def test_trouble_in_the_middle_of_any_operation_says_come_again(
    network: Network, member: Member, url: str, operation: Operation
) -> None:
    if operation.described.get("security"):
        _raise_on(url, "request_nonce", "RAISE EXCEPTION 'trouble' USING ERRCODE = '40P01'")
        is_unavailable(try_it(member, operation), operation)


def test_a_query_that_takes_too_long_is_given_up(
    network: Network, member: Member, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = calls.api_scope

    def hasty(**settings: str) -> Scope:
        scope = given(**settings)
        return Scope(scope.role, scope.settings, statement_timeout=300, lock_timeout=300)

    monkeypatch.setattr(calls, "api_scope", hasty)
    _raise_on(url, "stored_answer", "PERFORM pg_sleep(20)")
    began = time.monotonic()
    assert member.declare().status_code == 503
    assert time.monotonic() - began < 10


def _raise_on(url: str, table: str, action: str) -> None:
    """Let every insert into `table` meet with this."""
    rows(
        url,
        "CREATE FUNCTION trouble() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN {action}; RETURN NEW; END $$;"
        f" CREATE TRIGGER trouble BEFORE INSERT ON {table} EXECUTE FUNCTION trouble(); SELECT 1",
        keep=True,
    )


def _everything(url: str) -> dict[str, list[str]]:
    """All that is kept, but for the nonces: a request that was seen stays seen."""
    tables = [name for (name,) in rows(url, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
    texts = {table: [str(row) for (row,) in rows(url, f"SELECT t::text FROM {table} t")] for table in tables}
    return {table: sorted(found) for table, found in texts.items() if table != "request_nonce"}
