"""For every operation of the OpenAPI document: a call shows and reaches nothing that is another member's.

Nothing here names an operation but to say why it is an exception: one that is added is tried with everything that
belongs to others, wherever it takes a value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from itertools import islice
from typing import Any
from zipfile import ZipFile

import httpx
import pytest
from engine.client import Member
from pypdf import PdfReader

from bizoverbiz.api.app import create_app
from bizoverbiz.notices import thumbprint

from .exercise import Operation, operations, places, replaced
from .scenario import COMMON, Copy, member_id, rows, seen_owners, tables

_OPERATIONS = operations(create_app(None, base_url="http://engine.example").openapi())  # type: ignore[arg-type]

#: Operations anyone may call without a signature, and why.
PUBLIC = {
    "get /v1/health": "whether the process answers",
    "get /v1/ready": "whether the engine is in order, for monitoring",
    "get /v1/keys": "the keys notices are signed with are for everybody",
}
#: Tables with rows that are nobody's and told to every member, and why.
TOLD_TO_ALL = {
    "audit_link": "the bare chain of a round's log: hashes that say nothing of anybody",
    "audit_entry": "entries on the round itself: opened, notices, closed, abandoned",
    "lexicon": "words of published profiles, without whose they are",
}
#: Operations with something in their path that are not refused to a stranger, and why.
FOR_ALL = {"get /v1/rounds/{number}": "when a round took place, and the hashes it published"}

every_operation = pytest.mark.parametrize("operation", _OPERATIONS, ids=lambda operation: operation.name)
with_path = pytest.mark.parametrize(
    "operation",
    [one for one in _OPERATIONS if one.parameters("path") and one.name not in FOR_ALL],
    ids=lambda operation: operation.name,
)


def sample(hidden: dict[str, str]) -> list[str]:
    """A value of each column, an id if there is one."""
    of_column: dict[str, list[str]] = {}
    for value, column in sorted(hidden.items(), key=lambda item: (not _is_id(item[0]), item)):
        if len(value) <= 200:
            of_column.setdefault(column, []).append(value)
    return [value for values in of_column.values() for value in values[:1]]


def candidates(operation: Operation, hidden: dict[str, str]) -> Iterator[dict[str, Any]]:
    """Values for the path: some of each kind that is hidden."""
    for value in range(1, 5) if is_counted(operation) else sample(hidden):
        yield {one["name"]: value for one in operation.parameters("path")}


def is_counted(operation: Operation) -> bool:
    """What stands in the path is a number, not an id."""
    return all(operation.resolve(one["schema"]).get("type") == "integer" for one in operation.parameters("path"))


def _is_id(text: str) -> bool:
    return re.fullmatch("[0-9a-f-]{36}|[A-Za-z0-9_-]{43}", text) is not None


def call(member: Member, operation: Operation, path: str, body: Any) -> httpx.Response:
    answer = member.call(operation.verb.upper(), path, body)
    assert answer.status_code < 500, f"{operation.name}: {answer.text}"
    return answer


def shown(answer: httpx.Response, hidden: dict[str, str], request: str) -> set[str]:
    """What of the hidden the answer tells, other than what was asked."""
    text = legible(answer.content, answer.headers["content-type"])
    # Its last word, because a problem names what was asked for with a word before it.
    return {value for value in hidden if value in text and value.split()[-1] not in request}


def legible(content: bytes, kind: str) -> str:
    """What stands in an answer, packed and rendered forms included."""
    if kind == "application/pdf":
        return "\n".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages)
    if kind == "application/zip":
        with ZipFile(BytesIO(content)) as archive:
            return "\n".join(f"{name}\n{archive.read(name).decode('latin-1')}" for name in archive.namelist())
    return content.decode("utf-8", "replace")


@every_operation
def test_without_a_signature_there_is_no_answer(copied: Copy, operation: Operation) -> None:
    values = {one["name"]: 1 for one in operation.parameters("path")}
    for body in operation.bodies():
        answer = copied.http.request(operation.verb, operation.address(values), json=body)
        assert (answer.status_code == 401) == (operation.name not in PUBLIC), operation.name


@every_operation
def test_a_key_that_is_unknown_or_revoked_speaks_for_nobody(copied: Copy, operation: Operation) -> None:
    if operation.name in PUBLIC:
        return
    rows(
        copied.url, f"UPDATE member_key SET revoked_at = now() WHERE keyid = '{copied.a.keyid}' RETURNING 1", keep=True
    )
    stranger = Member(copied.http, copied.a.base_url, copied.a.clock, copied.a.identifier)
    values = {one["name"]: 1 for one in operation.parameters("path")}
    for member in (copied.a, stranger):
        body = operation.bodies()[0]
        if operation.name == "post /v1/members":
            body |= {"public_key": copied.b.jwk}
        answer = call(member, operation, operation.address(values), body)
        assert answer.status_code == 401, f"{operation.name}: {answer.text}"


@with_path
def test_what_is_anothers_is_not_found_under_its_id(copied: Copy, operation: Operation) -> None:
    # A number is counted for each member by itself: only who has none asks for somebody else's with it.
    for prober in (copied.d,) if is_counted(operation) else (copied.d, copied.a):
        hidden = copied.hidden(prober)
        for values in candidates(operation, hidden):
            for body in operation.bodies():
                answer = call(prober, operation, operation.address(values), body)
                assert not answer.is_success, f"{operation.name} with {values}: {answer.text}"
                assert not shown(answer, hidden, str(values)), operation.name
                if answer.status_code in (403, 404):
                    break
            else:
                pytest.fail(f"{operation.name} with {values}: {answer.text}")


@with_path
def test_the_ids_tried_are_ids_of_something(copied: Copy, operation: Operation) -> None:
    """Otherwise nothing would be found for its owner either, and the test above would show nothing."""
    everything = copied.hidden(copied.d)
    for values in candidates(operation, everything):
        for member in (copied.a, copied.b, copied.c):
            for body in operation.bodies():
                answer = call(member, operation, operation.address(values), body)
                if answer.status_code not in (403, 404) and not _misses_the_thing(answer):
                    return
    pytest.fail(f"{operation.name}: nothing in the scenario is found by it: let `build` make such a thing")


def _misses_the_thing(answer: httpx.Response) -> bool:
    """Refused for the value in the path or the body's form, before anything was looked for."""
    return answer.status_code in (400, 422) and answer.json()["type"].endswith("/malformed")


@every_operation
def test_an_answer_holds_nothing_that_its_member_may_not_see(copied: Copy, operation: Operation) -> None:
    for prober in (copied.a, copied.d):
        hidden = copied.hidden(prober)
        assert "BC-SECRET-01" in hidden, "the scenario holds what this member must not see"
        for values in islice(candidates(operation, hidden), 1) if operation.parameters("path") else ({},):
            for query in _queries(operation, hidden):
                for body in operation.bodies():
                    answer = call(prober, operation, operation.address(values, query), body)
                    assert not shown(answer, hidden, f"{values} {query} {body}"), f"{operation.name}: {answer.text}"


def _queries(operation: Operation, hidden: dict[str, str]) -> Iterator[dict[str, Any]]:
    """Nothing asked for; then each parameter with everything hidden, one after the other."""
    required = {one["name"]: "x" for one in operation.parameters("query") if one.get("required")}
    yield required
    for one in operation.parameters("query"):
        kind = operation.resolve(one["schema"]).get("type")
        values: list[Any] = [0, 1, 2, 3] if kind == "integer" else sample(hidden)[::4]
        for value in values:
            yield required | {one["name"]: value}


@every_operation
def test_a_body_that_names_what_is_anothers_reaches_it_not(copied: Copy, operation: Operation) -> None:
    hidden = copied.hidden(copied.d)
    ids = list(filter(_is_id, sample(hidden)))
    before = _everything(copied.url, copied.d)
    values = next(candidates(operation, hidden)) if operation.parameters("path") else {}
    body = operation.bodies()[0]
    for at in places(body):
        for one in ids:
            changed = replaced(body, at, one)
            answer = call(copied.d, operation, operation.address(values), changed)
            asked = f"{values} {changed} {_thumbprint(one)}"
            assert not shown(answer, hidden, asked), f"{operation.name}: {answer.text}"
    assert _everything(copied.url, copied.d) == before, f"{operation.name} changed what is another member's"


def _thumbprint(x: str) -> str:
    """A key is named by its hash, which whoever sends it knows."""
    try:
        return thumbprint(x)
    except ValueError:
        return ""


def _everything(url: str, but: Member) -> dict[str, list[str]]:
    """All rows that say nothing of the prober itself: they stay as they are, whatever it sends."""
    ((own,),) = rows(url, f"SELECT id FROM member WHERE identifier = '{but.identifier}'")
    marks = (str(own), but.keyid)
    tables = [name for (name,) in rows(url, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
    texts = {table: [str(row) for (row,) in rows(url, f"SELECT t::text FROM {table} t")] for table in tables}
    return {table: sorted(row for row in found if not any(m in row for m in marks)) for table, found in texts.items()}


def test_no_table_shows_a_member_a_row_of_others(copied: Copy) -> None:
    """Driven by PostgreSQL's catalogue: whatever table there is, its rows are the tenant's, or none is seen."""
    shown_own = set()
    for member in (copied.a, copied.b, copied.c, copied.d):
        own = member_id(copied.url, member)
        for table in set(tables(copied.url)) - COMMON:
            seen = seen_owners(copied.url, table, own)
            others = [owners for owners in seen if own not in owners]
            if table in TOLD_TO_ALL:
                others = [owners for owners in others if owners != {"None"}]
            assert others == [], f"{table} shows {member.identifier} rows of others"
            shown_own.update({table} if seen else ())
    assert {"member", "declaration", "obligation", "statement", "statement_line", "notice"} <= shown_own


def test_an_idempotency_key_belongs_to_the_one_who_used_it(copied: Copy) -> None:
    body = {"full": False, "last_notice": 0, "lines": []}
    line = copied.a.line("receivable", copied.b, "A-OWN-KEY", 7_654_321)
    assert copied.a.call("POST", "/v1/declarations", body | {"lines": [line]}, key="the-same").status_code == 200
    answer = copied.b.call("POST", "/v1/declarations", body, key="the-same")
    assert (answer.status_code, answer.json()["accepted"]) == (200, 0)


def test_the_document_says_which_operations_are_signed() -> None:
    assert {operation.name for operation in _OPERATIONS if not operation.described.get("security")} == PUBLIC.keys()


def test_the_exceptions_are_operations_that_exist() -> None:
    assert {*PUBLIC, *FOR_ALL} <= {operation.name for operation in _OPERATIONS}
