"""Requests made from the OpenAPI document by Schemathesis, valid and not, each signed with a real member's key.

More than a run of the tests makes: `make fuzz EXAMPLES=2000`. What is found is printed with a command that repeats it.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Iterator
from random import Random
from secrets import token_urlsafe
from typing import Any

import hypothesis
import pytest
import requests
import schemathesis
from engine.client import Member, Outgoing
from engine.conftest import SIRENS, Clock, Network, _admin
from schemathesis import Case
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from bizoverbiz.api.app import create_app
from bizoverbiz.api.problems import PROBLEMS
from bizoverbiz.store.database import Database

from .scenario import Scenario, build, hidden_values

_EXAMPLES = int(os.environ.get("BIZOVERBIZ_EXAMPLES") or 25)
_SEED = int(os.environ.get("BIZOVERBIZ_SEED") or 1)
#: What the framework and the protocol answer; the document's `default` stands for these and no other.
_STATUSES = {status for status, _ in PROBLEMS.values()} | {400, 404, 405, 413, 415}
_CHECKS = [
    schemathesis.checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
#: After these a member is none any more: somebody sends them who is not needed again.
_ENDS_IT = {"/v1/member/leaving"}
_document = create_app(None, base_url="http://engine.example").openapi()  # type: ignore[arg-type]
schema = schemathesis.openapi.from_dict(_document)
schema.config.generation.update(modes=[GenerationMode.POSITIVE, GenerationMode.NEGATIVE])


class Made:
    """A network to send to, what has an id in it, and what was answered so far."""

    def __init__(self, network: Network, url: str) -> None:
        self.network = network
        self.firms: Scenario = build(network)
        nobody = network.member(SIRENS[4])
        self.ids = [value for value in hidden_values(url, nobody) if re.fullmatch("[0-9a-f-]{36}", value)]
        self.answered: Counter[tuple[str, str, int]] = Counter()


@pytest.fixture(scope="module")
def made(server: Callable[[str], str], template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    name = f"{template}_generated"
    _admin(server("postgres"), f"CREATE DATABASE {name} TEMPLATE {template}")
    store = Database(server(name))
    network = Network(store, Clock(), tmp_path_factory.mktemp("generated") / "key.pem")
    try:
        yield Made(network, server(name))
    finally:
        network.close()
        store.close()
    _admin(server("postgres"), f"DROP DATABASE {name}")


def send(case: Case, made: Made, session: requests.Session) -> requests.Response:
    """As generated, but for what nothing is looked at without: the headers of a real member, and ids that are some."""
    dice = Random(f"{case.path} {case.path_parameters} {case.body!r}")
    member = made.firms.d if case.path in _ENDS_IT else made.firms.c
    if (case.method, case.path) == ("POST", "/v1/members"):
        member = _candidate(case, made, dice)
    for name, value in case.path_parameters.items():
        if dice.random() < 0.6:
            counted = str(value).removeprefix("-").isdigit()
            case.path_parameters[name] = str(dice.randint(1, 3)) if counted else dice.choice(made.ids)
    prepared = session.prepare_request(requests.Request(**_arguments(case, member.base_url)))
    body = prepared.body.encode() if isinstance(prepared.body, str) else prepared.body or b""
    for name in ("Content-Digest", "Signature", "Signature-Input"):
        prepared.headers.pop(name, None)
    prepared.headers["BizOverBiz-Database"] = member.database
    if case.method not in ("GET", "HEAD", "OPTIONS") and dice.random() < 0.95:
        prepared.headers["Idempotency-Key"] = token_urlsafe(16)
    outgoing = Outgoing(str(prepared.method), str(prepared.url), prepared.headers)  # type: ignore[arg-type]
    member.sign(outgoing, body)
    return session.send(prepared, timeout=30)


def _candidate(case: Case, made: Made, dice: Random) -> Member:
    """A firm that is to join: it signs with the key that its body brings."""
    firm = made.network.candidate(SIRENS[3])
    if isinstance(case.body, dict):
        case.body = case.body | {"public_key": firm.jwk}
        if dice.random() < 0.5:
            case.body |= {"invitation": made.network.invite(), "database": firm.database}
    return firm


def _arguments(case: Case, base_url: str) -> dict[str, Any]:
    known = ("method", "url", "headers", "params", "data", "json", "files", "cookies")
    return {name: value for name, value in case.as_transport_kwargs(base_url=base_url).items() if name in known}


@schema.parametrize()
@hypothesis.seed(_SEED)
@hypothesis.settings(
    max_examples=_EXAMPLES,
    deadline=None,
    database=None,
    suppress_health_check=list(hypothesis.HealthCheck),
    phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate, hypothesis.Phase.shrink],
)
def test_every_answer_is_one_the_document_tells(case: Case, made: Made) -> None:
    with requests.Session() as session:
        response = send(case, made, session)
    made.answered[case.method, case.path, response.status_code] += 1
    case.validate_response(response, checks=_CHECKS)
    assert response.status_code < 300 or response.status_code in _STATUSES, f"{case.formatted_path}: {response.text}"


def test_most_of_what_was_generated_got_beyond_the_signature(made: Made) -> None:
    """Last, because it counts what the tests before it did."""
    total = sum(made.answered.values())
    refused = sum(many for (_, _, status), many in made.answered.items() if status == 401)
    fine = {(method, path) for (method, path, status) in made.answered if status < 300}
    assert total > 10 * len(_document["paths"])
    assert refused < total / 10, made.answered
    assert len(fine) > len(_document["paths"]) / 2, made.answered
