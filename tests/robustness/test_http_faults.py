"""Requests that no honest client sends: refused, and nothing worse; a signature is for one address and no other."""

from __future__ import annotations

import gzip
import json
import socket
from secrets import token_urlsafe
from typing import Any

import httpx
import pytest
from engine.client import Member, Outgoing
from engine.conftest import Network

_EMPTY: dict[str, Any] = {"full": False, "last_notice": 0, "lines": []}


@pytest.fixture
def member(network: Network) -> Member:
    return network.member("100000009")


def raw(network: Network, text: bytes) -> bytes:
    """What the server answers to these very bytes, up to the end of the connection."""
    host, port = network.base_url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(text)
        parts = []
        while part := connection.recv(65536):
            parts.append(part)
    return b"".join(parts)


def status(answer: bytes) -> int:
    assert answer.startswith(b"HTTP/1.1 "), answer[:100]
    return int(answer.split(b" ", 2)[1])


def lines(method: str, target: str, headers: list[tuple[str, str]], body: bytes = b"") -> bytes:
    told = [*headers, ("Content-Length", str(len(body)))] if body else headers
    head = [f"{method} {target} HTTP/1.1", "Host: engine", "Connection: close", *(f"{k}: {v}" for k, v in told), "", ""]
    return "\r\n".join(head).encode("latin-1") + body


def write(member: Member, key: str = "") -> tuple[Outgoing, bytes]:
    return member.prepare("POST", "/v1/declarations", _EMPTY, key=key or token_urlsafe(16))


@pytest.mark.parametrize(
    "target",
    [
        "//v1/member",
        "/v1//member",
        "/v1/member/",
        "/v1/%6dember",
        "/v1/%256dember",
        "/V1/member",
        "/v1/./member",
        "/v1/keys/../member",
        "/v1/%2e%2e/v1/member",
        "/v1/member?x=1",
        "/v1/member;x=1",
        "/v1/member%00",
        "/v1/member%0d%0aX-Made-Up:%201",
        "http://elsewhere.example/v1/member",
    ],
)
def test_a_signature_is_for_one_spelling_of_one_address(network: Network, member: Member, target: str) -> None:
    outgoing, _ = member.prepare("GET", "/v1/member")
    answer = raw(network, lines("GET", target, list(outgoing.headers.items())))
    assert status(answer) in (400, 401, 404), answer
    assert b"X-Made-Up" not in answer.split(b"\r\n\r\n")[0]
    assert member.identifier.encode() not in answer


def test_the_host_a_request_names_decides_nothing(network: Network, member: Member) -> None:
    outgoing, _ = member.prepare("GET", "/v1/member")
    headers = [*outgoing.headers.items(), ("X-Forwarded-Host", "elsewhere.example"), ("X-Forwarded-Proto", "https")]
    assert status(raw(network, lines("GET", "/v1/member", headers))) == 200
    member.base_url = "http://elsewhere.example"
    outgoing, _ = member.prepare("GET", "/v1/member")
    headers = [*outgoing.headers.items(), ("X-Forwarded-Host", "elsewhere.example")]
    assert status(raw(network, lines("GET", "/v1/member", headers))) == 401


@pytest.mark.parametrize("first", [True, False], ids=["before", "after"])
@pytest.mark.parametrize(
    "name", ["Idempotency-Key", "BizOverBiz-Database", "Content-Digest", "Signature", "Signature-Input"]
)
def test_a_second_header_beside_a_signed_one_is_refused(
    network: Network, member: Member, name: str, first: bool
) -> None:
    outgoing, body = write(member)
    given = list(outgoing.headers.items())
    another = (name, dict(write(member)[0].headers)[name])
    headers = [another, *given] if first else [*given, another]
    assert status(raw(network, lines("POST", "/v1/declarations", headers, body))) in (400, 401)


@pytest.mark.parametrize("name", ["Idempotency-Key", "BizOverBiz-Database"])
def test_even_its_owner_may_not_send_a_header_twice(network: Network, member: Member, name: str) -> None:
    """Which of the two is meant, the engine and what stands before it could see differently."""
    outgoing, body = member.prepare("POST", "/v1/declarations", _EMPTY, key="one, two")
    value = dict(outgoing.headers)[name]
    joined = f"{value}, {value}"
    outgoing.headers[name] = joined
    for left in ("Signature", "Signature-Input"):
        outgoing.headers.pop(left)
    member.sign(outgoing, body)
    headers = [one for one in outgoing.headers.items() if one[0] != name] + [(name, value), (name, value)]
    assert status(raw(network, lines("POST", "/v1/declarations", headers, body))) in (400, 401)


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "text/xml"])
def test_another_content_type_is_not_taken_for_json(member: Member, kind: str) -> None:
    outgoing, body = write(member)
    outgoing.headers["Content-Type"] = kind
    answer = member.send(outgoing, body)
    assert answer.status_code in (400, 415, 422)
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_packed_body_is_not_unpacked(member: Member) -> None:
    outgoing, body = member.prepare("POST", "/v1/declarations", raw=gzip.compress(json.dumps(_EMPTY).encode()))
    outgoing.headers["Content-Encoding"] = "gzip"
    answer = member.send(outgoing, body)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert "packed with gzip" in answer.json()["detail"]


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 200_000 + b"]" * 200_000,
        b'{"full":' * 100_000,
        b'{"full": false, "last_notice": ' + b"9" * 6000 + b', "lines": []}',
        b'{"full": false, "last_notice": 1e999, "lines": []}',
        b'{"full": false, "last_notice": NaN, "lines": []}',
        b'{"full": false, "last_notice": 0, "lines": [' + b"[" * 900 + b"]" * 900 + b"]}",
        b'{"full": false, "last_notice": 0, "lines": [-Infinity, 1e400, 9999999999999999999999]}',
        b'{"full": false, "full": true, "last_notice": 0, "lines": []}'.replace(b"0,", b"-1,"),
        b"\xff\xfe{}",
        b"\x00",
        b'"' + b"\\ud800" * 1000 + b'"',
    ],
    ids=[
        "arrays",
        "objects",
        "digits",
        "huge",
        "nan",
        "line",
        "numbers",
        "twice",
        "bytes",
        "nul",
        "surrogates",
    ],
)
def test_json_that_is_meant_to_hurt_is_malformed(member: Member, body: bytes) -> None:
    answer = member.call("POST", "/v1/declarations", raw=body)
    assert answer.status_code in (400, 422), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert len(answer.content) < 10_000


@pytest.mark.parametrize(
    "head",
    [
        b"GET /v1/health HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 200_000 + b"\r\n\r\n",
        b"GET /v1/health HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 30_000 + b"\r\n",
        b"GET /" + b"x" * 200_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /v1/health HTTP/1.1\r\nHost: x\r\nX : y\r\n\r\n",
        b"GET /v1/health HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
        b"GET /v1/health HTTP/1.1\r\n\r\n",
        b"POST /v1/members HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        b"POST /v1/members HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\nhello",
        b"POST /v1/members HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, gzip\r\n\r\nhello",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
    ids=["long", "many", "target", "space", "hosts", "hostless", "lengths", "negative", "coding", "tls"],
)
def test_a_head_that_is_not_http_ends_the_connection_and_nothing_else(network: Network, head: bytes) -> None:
    try:
        answer = raw(network, head)
    except (ConnectionResetError, BrokenPipeError):
        answer = b""
    assert not answer or status(answer) in (400, 401, 431, 501)
    assert network.http.get("/v1/health").status_code == 200


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PATCH", "OPTIONS", "QUERY", "get"])
def test_other_methods_are_not_offered(network: Network, method: str) -> None:
    answer = raw(network, lines(method, "/v1/health", [("Origin", "https://elsewhere.example")]))
    assert status(answer) in (400, 404, 405)
    assert b"access-control" not in answer.lower(), "no other site's script reads what the engine answers"


def test_the_pages_that_would_load_scripts_from_elsewhere_are_not_there(network: Network) -> None:
    for path in ("/docs", "/redoc", "/docs/oauth2-redirect"):
        assert network.http.get(path).status_code == 404
    assert network.http.get("/openapi.json").status_code == 200


def test_no_answer_is_kept_on_the_way(network: Network, member: Member) -> None:
    for answer in (member.call("GET", "/v1/statements"), network.http.get("/v1/member"), network.http.get("/nothing")):
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "number", ["A\u202eB-1", "A\u200b-1", "\u0661\u0662-1", "A\ufeff1", "A\u0301-1", "\U000e0041-1"]
)
def test_letters_that_look_like_others_come_back_as_they_were_declared(member: Member, number: str) -> None:
    """Kept and shown as sent, or refused: never silently something else, and never a failure."""
    other = Member(httpx.Client(), member.base_url, member.clock, "200000008")
    line = member.line("receivable", other, number, 100)
    answer = member.declare(line)
    if answer.status_code == 200:
        assert [one["number"] for one in member.get("/v1/declarations")["lines"]] == [number]
    else:
        assert answer.json()["lines"][0]["status"] == "refused"


@pytest.mark.parametrize(
    "identifier", ["１００００００09", "100000009\n", "100 000 009", "FR\u200b32100000009", "1000000O9"]
)
def test_an_identifier_in_disguise_is_that_firm_or_none(network: Network, member: Member, identifier: str) -> None:
    """Whatever the spelling, nobody joins as a second 100000009."""
    firm = network.candidate("100000009")
    body = firm.joining(network.invite()) | {"identifier": identifier}
    answer = firm.call("POST", "/v1/members", body)
    assert answer.status_code in (409, 422), answer.text
