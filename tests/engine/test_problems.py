"""Whatever goes wrong is told as problem details."""

from __future__ import annotations

import json
import socket
import threading

import httpx
import pytest
import uvicorn

from bizoverbiz.api.app import create_app
from bizoverbiz.api.problems import PROBLEMS
from bizoverbiz.store.database import Database

from .client import Member
from .conftest import SIRENS, Clock, Network


def is_problem(answer: httpx.Response, status: int) -> dict[str, object]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    told: dict[str, object] = answer.json()
    assert {"type", "title", "status", "detail"} <= told.keys()
    assert told["status"] == status
    return told


def test_an_address_where_nothing_is_gives_a_problem(network: Network) -> None:
    assert "openapi" in str(is_problem(network.http.get("/v2/nothing"), 404)["detail"])


def test_a_method_that_is_not_offered_gives_a_problem_and_names_those_that_are(network: Network) -> None:
    answer = network.http.request("DELETE", "/v1/health")
    is_problem(answer, 405)
    assert answer.headers["allow"] == "GET"


def test_a_wrong_query_gives_a_problem_with_its_field(two: tuple[Member, Member]) -> None:
    for wrong in ("-1", "x", "1.5", "9" * 40):
        assert is_problem(two[0].call("GET", f"/v1/notices?after={wrong}"), 422)["field"] == "after"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "latin-1"])
def test_a_body_that_is_not_plain_utf_8_is_refused_and_the_encoding_named(
    two: tuple[Member, Member], encoding: str
) -> None:
    a, b = two
    line = a.line("payable", b, "Nº-é-1", 100)
    body = json.dumps({"full": True, "last_notice": 0, "lines": [line]}, ensure_ascii=False)
    told = is_problem(a.call("POST", "/v1/declarations", raw=body.encode(encoding)), 422)
    assert (told["field"], "UTF-8" in str(told["detail"])) == ("body", True)
    assert a.get("/v1/declarations")["lines"] == []
    assert a.call("POST", "/v1/declarations", raw=body.encode()).status_code == 200


def test_health_needs_no_signature(network: Network) -> None:
    assert network.http.get("/v1/health").json() == {"status": "ok"}


def test_the_published_keys_are_the_signing_key_without_its_private_part(network: Network) -> None:
    (key,) = network.http.get("/v1/keys").json()["keys"]
    assert key == network.key.public_jwk()
    assert "d" not in key


@pytest.mark.parametrize("path", ["/v1/ready", "/v1/keys", "/v1/member"])
def test_a_database_out_of_reach_makes_the_engine_unavailable(clock: Clock, path: str) -> None:
    gone = Database("postgresql://bizoverbiz@/nowhere?host=/nonexistent")
    listener = socket.create_server(("127.0.0.1", 0))
    base_url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    app = create_app(gone, base_url=base_url, clock=clock)
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        with httpx.Client(base_url=base_url, timeout=30) as http:
            answer = Member(http, base_url, clock, SIRENS[0]).call("GET", path)
            assert str(is_problem(answer, 503)["type"]).endswith("/engine-unavailable")
            assert answer.headers["retry-after"]
    finally:
        server.should_exit = True
        thread.join()
        gone.close()


def test_every_problem_of_the_protocol_has_a_status_and_a_title() -> None:
    assert {slug for slug, (status, title) in PROBLEMS.items() if 400 <= status < 600 and title} == PROBLEMS.keys()
