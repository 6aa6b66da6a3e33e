"""The store in memory answers as PostgreSQL does."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from psycopg2 import errors

from bizoverbiz.store.database import API_ROLE, WORKER, WORKER_ROLE, api_scope
from bizoverbiz.store.queries import QUERIES

from .run import run
from .store.memory import MemoryDatabase
from .stores import MemoryStores, PostgresStores, Recorder

_IDENTITY = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_NOW = datetime(2026, 11, 22, tzinfo=UTC)
_HASH = re.compile(r"[0-9a-f]{64}|\b[0-9a-f]{32}\b|ey[\w-]+\.[\w-]+\.[\w-]+")


#: Simulated members are not in the directory: its search rests on PostgreSQL's full text search and trigrams.
SEARCHING = {
    "directory_reasons",
    "directory_search",
    "lexicon_forget",
    "lexicon_learn",
    "listings_insert",
    "words_similar",
}


@pytest.mark.parametrize("role", [API_ROLE, WORKER_ROLE])
def test_every_named_query_can_be_run_in_memory(memory: MemoryStores, role: str) -> None:
    with memory.new() as store:
        for name in QUERIES.keys() - SEARCHING:
            prepared = memory.blueprint.prepared(name, role)
            for part in (*(write for _, write in prepared.before), prepared):
                store.explain(part)


def test_both_stores_give_the_same_rows_all_through_a_run(memory: MemoryStores, postgres: PostgresStores) -> None:
    for seed in (3, 8):
        answers = []
        for stores in (memory, postgres):
            with stores.new() as store:
                recorder = Recorder(store)
                result = run(seed, recorder)
                assert result.failure is None, f"seed {seed}: {result.failure}"
                answers.append(_comparable(recorder.answers))
        for number, (in_memory, in_postgres) in enumerate(zip(*answers, strict=True)):
            assert in_memory == in_postgres, f"seed {seed}, query {number}"


def _comparable(answers: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """Identities by the order of their appearance, and no hash of what contains them; rows in any order."""
    seen: dict[str, str] = {}

    def named(match: re.Match[str]) -> str:
        return seen.setdefault(match[0], f"#{len(seen)}")

    def told(value: Any) -> str:
        return _HASH.sub("hash", str(value) if isinstance(value, UUID) else repr(value))

    def row_told(row: Any) -> str:
        # PostgreSQL's numbers have gaps where an insert met a conflict.
        for name in {"body", "content"} & set(row._fields):
            # The order within depends on the identities.
            words = re.findall(r"\w+", _HASH.sub("hash", _IDENTITY.sub("", str(getattr(row, name)))))
            row = row._replace(**{name: sorted(words)})
        numbered = {"id": UUID(int=row.id)} if isinstance(getattr(row, "id", None), int) else {}
        return str([told(value) for value in row._replace(**numbered)])

    def known(match: re.Match[str]) -> str:
        return seen.get(match[0], "new")

    found = []
    for name, answer in answers:
        if isinstance(answer, list):
            rows = sorted(map(row_told, answer), key=lambda row: _IDENTITY.sub(known, row))
            found.append((name, [_IDENTITY.sub(named, row) for row in rows]))
        elif isinstance(answer, tuple):
            found.append((name, _IDENTITY.sub(named, row_told(answer))))
        else:
            # What is no query, PostgreSQL counts as -1.
            found.append((name, answer and max(answer, 0)))
    return found


def _member(store: MemoryDatabase) -> UUID:
    member = UUID(int=42)
    with store.transaction(api_scope(member=member)) as tx:
        values = {"identifier": "100000009", "name": "A", "country": "FR", "agreement": "1", "database": UUID(int=1)}
        tx.run("member_insert", id=member, now=_NOW, **values)
    return member


@pytest.fixture
def store(memory: MemoryStores) -> Any:
    with memory.new() as empty:
        yield empty


def test_a_transaction_that_fails_leaves_nothing(store: MemoryDatabase) -> None:
    member = _member(store)
    with suppress(ZeroDivisionError), store.transaction(WORKER) as tx:
        tx.run("change_insert", member=member)
        raise ZeroDivisionError
    assert store.rows("declaration_change") == []


def test_a_broken_constraint_fails_the_whole_transaction(store: MemoryDatabase) -> None:
    kept = {"keyid": "k", "key": "1", "request_hash": "h", "status": 200, "body": "{}", "now": _NOW}
    with store.transaction(api_scope(keyid="k")) as tx:
        tx.run("stored_answer_insert", **kept)
        with pytest.raises(errors.UniqueViolation):
            tx.run("stored_answer_insert", **kept)
        with pytest.raises(errors.InFailedSqlTransaction):
            tx.one("stored_answer", keyid="k", key="1")


def test_a_foreign_key_has_to_meet_its_row(store: MemoryDatabase) -> None:
    with pytest.raises(errors.ForeignKeyViolation), store.transaction(WORKER) as tx:
        tx.run("change_insert", member=UUID(int=1))


def test_a_member_sees_and_writes_its_own_rows_only(store: MemoryDatabase) -> None:
    member = _member(store)
    with store.transaction(api_scope(member=UUID(int=7))) as tx:
        assert tx.one("member_get", member=member) is None
        with pytest.raises(errors.InsufficientPrivilege, match="row-level security"):
            tx.run("change_insert", member=member)
    with store.transaction(api_scope(member=member)) as tx:
        assert tx.one("member_get", member=member).id == member
        assert tx.run("change_insert", member=member) == 1


def test_a_role_may_do_only_what_it_is_granted(store: MemoryDatabase) -> None:
    with store.transaction(api_scope()) as tx, pytest.raises(errors.InsufficientPrivilege, match="permission denied"):
        tx.all("problems", round=1)


def test_what_is_decided_cannot_be_changed(store: MemoryDatabase) -> None:
    store.sql("INSERT INTO round (number, state, approval_hours, opened_at) VALUES (1, 'collection', 1, 'x')")
    store.sql("INSERT INTO audit_link VALUES (1, 1, 'entry', 'hash')")
    with pytest.raises(errors.IntegrityError, match="append-only"):
        store.sql("UPDATE audit_link SET entry = 'other'")
