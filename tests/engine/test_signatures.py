"""Who may speak for a member: only a fresh, whole signature of its key."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from .client import Member
from .conftest import SIRENS, Network


@pytest.fixture
def member(network: Network) -> Member:
    return network.member(SIRENS[0])


def refused(answer: httpx.Response) -> str:
    """The detail of a 401 for the signature."""
    assert answer.status_code == 401, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"].endswith("/signature-invalid")
    return str(answer.json()["detail"])


def test_an_unsigned_request_is_refused(network: Network) -> None:
    assert "Signature-Input" in refused(network.http.get("/v1/member"))


def test_an_unknown_key_is_refused(network: Network) -> None:
    assert "no member has the key" in refused(network.candidate(SIRENS[0]).call("GET", "/v1/member"))


def test_the_same_request_sent_twice_is_a_replay(member: Member) -> None:
    outgoing, content = member.prepare("GET", "/v1/member")
    assert member.send(outgoing, content).status_code == 200
    again = member.send(outgoing, content)
    assert (again.status_code, again.json()["type"].rsplit("/")[-1]) == (401, "replayed")


def test_a_replay_of_a_write_is_refused_even_with_its_idempotency_key(member: Member) -> None:
    outgoing, content = member.prepare("POST", "/v1/declarations", {"full": False, "last_notice": 0, "lines": []})
    assert member.send(outgoing, content).status_code == 200
    assert member.send(outgoing, content).json()["type"].endswith("/replayed")


@pytest.mark.parametrize("seconds", [-301, 301, 86_400, -(10**9)])
def test_a_clock_that_is_off_is_refused_and_told_by_how_much(member: Member, seconds: int) -> None:
    created = member.clock() + timedelta(seconds=seconds)
    assert f"{abs(seconds)} seconds" in refused(member.call("GET", "/v1/member", created=created))


@pytest.mark.parametrize("seconds", [-299, 299])
def test_a_clock_within_the_tolerance_is_accepted(member: Member, seconds: int) -> None:
    answer = member.call("GET", "/v1/member", created=member.clock() + timedelta(seconds=seconds))
    assert answer.status_code == 200


def test_a_nonce_outlives_every_request_that_could_still_be_accepted(network: Network, member: Member) -> None:
    early = member.clock() + timedelta(seconds=300)
    outgoing, content = member.prepare("GET", "/v1/member", created=early)
    assert member.send(outgoing, content).status_code == 200
    network.clock.advance(seconds=600)
    network.work()
    assert member.send(outgoing, content).json()["type"].endswith("/replayed")
    network.clock.advance(seconds=1)
    network.work()
    assert "behind the engine's clock" in refused(member.send(outgoing, content))
    network.clock.advance(seconds=-60)
    assert member.send(outgoing, content).json()["type"].endswith("/replayed"), "a clock set back lets nothing in"


def test_another_body_than_the_signed_one_is_refused(member: Member) -> None:
    outgoing, content = member.prepare("POST", "/v1/declarations", {"full": False, "last_notice": 0, "lines": []})
    assert "does not match" in refused(member.send(outgoing, content.replace(b"false", b"true ")))


def test_another_address_than_the_signed_one_is_refused(member: Member) -> None:
    outgoing, content = member.prepare("GET", "/v1/notices?after=0")
    outgoing.url += "1"
    refused(member.send(outgoing, content))


def test_a_request_signed_for_another_engine_is_refused(member: Member) -> None:
    outgoing, content = member.prepare("GET", "/v1/member")
    here, member.base_url = member.base_url, "https://other.example"
    outgoing, content = member.prepare("GET", "/v1/member")
    outgoing.url = here + "/v1/member"
    refused(member.send(outgoing, content))


def test_a_changed_header_that_is_covered_is_refused(member: Member) -> None:
    outgoing, content = member.prepare("GET", "/v1/member")
    outgoing.headers["BizOverBiz-Database"] = str(uuid4())
    refused(member.send(outgoing, content))


@pytest.mark.parametrize(
    "component", ["@method", "@target-uri", "content-digest", "idempotency-key", "bizoverbiz-database"]
)
def test_every_component_has_to_be_covered(member: Member, component: str) -> None:
    body = {"full": False, "last_notice": 0, "lines": []}
    refused(member.call("POST", "/v1/declarations", body, uncovered=(component,)))


@pytest.mark.parametrize("nonce", ["", "short", "with space " * 3, "x" * 200])
def test_a_nonce_has_to_be_long_enough_to_be_random(member: Member, nonce: str) -> None:
    assert "nonce" in refused(member.call("GET", "/v1/member", nonce=nonce))


def test_the_label_is_the_documented_one(member: Member) -> None:
    assert "label" in refused(member.call("GET", "/v1/member", label="other"))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda headers: headers.pop("Signature"),
        lambda headers: headers.update({"Signature": "sig=:AAAA:"}),
        lambda headers: headers.update({"Signature": "nonsense \x7f"}),
        lambda headers: headers.update({"Signature-Input": 'sig=("@method");created="x"'}),
        lambda headers: headers.update({"Signature-Input": headers["Signature-Input"].replace("created=", "made=")}),
        lambda headers: headers.update(
            {"Signature-Input": headers["Signature-Input"].replace("ed25519", "rsa-v1_5-sha256")}
        ),
        lambda headers: headers.update({"Signature-Input": headers["Signature-Input"] + ';tag="x"'}),
    ],
)
def test_a_broken_signature_is_refused_and_nothing_worse(
    member: Member, spoil: Callable[[dict[str, str]], Any]
) -> None:
    outgoing, content = member.prepare("GET", "/v1/member")
    spoil(outgoing.headers)
    refused(member.send(outgoing, content))


def test_a_write_from_a_copy_of_the_books_is_refused_while_it_may_read(member: Member) -> None:
    copy = str(uuid4())
    assert member.call("GET", "/v1/member", database=copy).status_code == 200
    answer = member.call("POST", "/v1/declarations", {"full": False, "last_notice": 0, "lines": []}, database=copy)
    assert (answer.status_code, answer.json()["type"].rsplit("/")[-1]) == (409, "not-the-live-copy")


def test_a_joining_body_over_64_kib_is_refused(network: Network) -> None:
    firm = network.candidate(SIRENS[1])
    fits, too_long = (json.dumps(firm.joining("x")).encode().ljust(size) for size in (64 * 1024, 64 * 1024 + 1))
    assert firm.call("POST", "/v1/members", raw=fits).json()["type"].endswith("/invitation-invalid")
    assert firm.call("POST", "/v1/members", raw=too_long).status_code == 413


@pytest.mark.parametrize("path", ["/v1/members", "/v1/declarations"])
def test_a_body_without_a_signature_is_not_read(network: Network, path: str) -> None:
    """The answer comes while the body it announces has not been sent at all."""
    host, port = network.base_url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 1000\r\n\r\n".encode())
        answer = connection.recv(65536)
    assert answer.startswith(b"HTTP/1.1 401")


def test_a_body_over_ten_megabytes_is_refused(member: Member) -> None:
    answer = member.call("POST", "/v1/declarations", raw=b" " * (10 * 1024 * 1024 + 1))
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"
