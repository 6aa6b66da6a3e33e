"""The OpenAPI document alone tells a client's author what is sent, what comes back and in which unit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from bizoverbiz.api.app import create_app
from bizoverbiz.api.document import _fields, exemplified, missing_unit
from bizoverbiz.api.glossary import CALLS, WORDS
from bizoverbiz.store.database import Database

METHODS = {"get", "put", "post", "delete", "patch"}


@pytest.fixture(scope="module")
def document() -> Iterator[dict[str, Any]]:
    store = Database("postgresql://nobody@/nowhere")
    yield create_app(store, base_url="http://127.0.0.1:8070").openapi()
    store.close()


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method in METHODS & item.keys():
            yield f"{method} {path}", item[method]


def test_every_call_has_a_summary_and_a_description(document: dict[str, Any]) -> None:
    assert len(list(operations(document))) > 20
    silent = [name for name, call in operations(document) if not (call.get("summary") and call.get("description"))]
    assert silent == []


def test_every_error_of_every_call_is_documented_as_problem_details(document: dict[str, Any]) -> None:
    for name, call in operations(document):
        failing = {status: answer for status, answer in call["responses"].items() if not status.startswith("2")}
        assert {"429", "503", "default"} <= failing.keys(), name
        assert "service" in call["tags"] or "401" in failing, name
        assert "requestBody" not in call or {"400", "409", "413", "422"} <= failing.keys(), name
        for status, answer in failing.items():
            assert set(answer["content"]) == {"application/problem+json"}, (name, status)
            assert answer["description"], (name, status)


def test_every_field_and_parameter_says_what_it_is(document: dict[str, Any]) -> None:
    fields = list(_fields(document))
    assert len(fields) > 150
    assert sorted({name for name, field in fields if not field.get("description")}) == []


def test_every_field_and_parameter_has_an_example(document: dict[str, Any]) -> None:
    # A cursor is opaque: an example would only mislead.
    lacking = {name for name, field in _fields(document) if not exemplified(field)} - {"after", "next"}
    assert sorted(lacking) == []


def test_every_amount_and_time_tells_its_unit(document: dict[str, Any]) -> None:
    assert [name for name, field in _fields(document) if missing_unit(name, field)] == []
    line = document["components"]["schemas"]["Declaration"]["properties"]["lines"]["items"]["properties"]
    assert "minor units" in line["amount_open"]["description"].lower()
    assert "yyyy-mm-dd" in line["due_date"]["description"].lower()
    deadline = document["components"]["schemas"]["StatementOut"]["properties"]["deadline"]
    assert "UTC" in deadline["description"]


def test_every_write_and_answer_has_a_schema_of_its_own(document: dict[str, Any]) -> None:
    for name, call in operations(document):
        for status, answer in call["responses"].items():
            for media, content in answer.get("content", {}).items():
                if media == "application/json" and status.startswith("2"):
                    assert "$ref" in content["schema"], (name, status)


def test_the_glossary_explains_nothing_that_is_not_there(document: dict[str, Any]) -> None:
    assert sorted(WORDS.keys() - {name for name, _ in _fields(document)}) == []
    assert sorted(CALLS.keys() - {name for name, _ in operations(document)}) == []
