"""What an operator sees: readiness, metrics and logs, none of which tells a firm's business."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import re
import socket
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import psycopg2
import pytest
import structlog
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from bizoverbiz.api import watching
from bizoverbiz.errors import MisconfiguredError
from bizoverbiz.observing import logs
from bizoverbiz.observing.figures import Figures
from bizoverbiz.rounds.state import RoundState
from bizoverbiz.store.database import WORKER

from .client import Member
from .conftest import Network, Ring
from .operating import acknowledge, cut, open_round, round_state

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def samples(text: str) -> Samples:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def figures(network: Network) -> Samples:
    registry = CollectorRegistry()
    registry.register(Figures(network.store, network.clock, tuple(RoundState)))
    return samples(generate_latest(registry).decode())


def owner(url: str, statement: str) -> None:
    with contextlib.closing(psycopg2.connect(url.replace("bizoverbiz@", "postgres@"))) as connection, connection:
        connection.cursor().execute(statement)


def not_ready(network: Network) -> dict[str, str]:
    answer = network.http.get("/v1/ready")
    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
    found: dict[str, str] = answer.json()["checks"]
    return {name: state for name, state in found.items() if state != "ok"}


def test_the_engine_is_ready_once_a_worker_has_looked_with_the_published_key(network: Network) -> None:
    assert not_ready(network) == {"signing_key": "missing", "worker": "silent"}
    assert network.work()
    answer = network.http.get("/v1/ready")
    assert (answer.status_code, answer.json()["status"]) == (200, "ready")
    network.clock.advance(minutes=6)
    assert not_ready(network) == {"worker": "silent"}


def test_a_worker_with_another_key_than_the_published_one_is_told_before_a_decision_fails(network: Network) -> None:
    network.key_path.rename(network.key_path.with_suffix(".kept"))
    with structlog.testing.capture_logs() as log:
        network.work()
    assert any("cannot be read" in str(entry.get("reason")) for entry in log)
    assert not_ready(network) == {"signing_key": "missing"}
    from bizoverbiz.notices import create_key_file

    create_key_file(network.key_path)
    network.work()
    assert not_ready(network) == {"signing_key": "not-published"}


def test_a_schema_of_another_release_is_not_ready(network: Network, url: str) -> None:
    network.work()
    owner(url, "UPDATE alembic_version SET version_num = '0001'")
    assert not_ready(network) == {"schema": "other-release"}


def test_health_answers_though_the_database_is_not_set_up(network: Network, url: str) -> None:
    owner(url, "ALTER TABLE worker_look RENAME TO gone")
    assert network.http.get("/v1/health").json() == {"status": "ok"}
    assert not_ready(network)["schema"] == "missing"


def test_figures_tell_what_waits_and_for_how_long(network: Network, ring: Ring) -> None:
    assert figures(network)["bizoverbiz_changes_unmatched", ()] >= 3
    network.work()
    number = open_round(network)
    cut(network, number)
    found = figures(network)
    assert found["bizoverbiz_changes_unmatched", ()] == 0
    assert found["bizoverbiz_rounds", (("state", "proposed"),)] == 1
    assert found["bizoverbiz_worker_last_look_timestamp_seconds", ()] == network.clock().timestamp()
    for member in ring:
        member.approve(member.statement())
    network.work()
    network.clock.advance(hours=2)
    found = figures(network)
    assert found["bizoverbiz_notices_unacknowledged", ()] == 3
    assert found["bizoverbiz_notice_unacknowledged_oldest_seconds", ()] == 7200
    for member in ring:
        acknowledge(network, member)
    found = figures(network)
    assert found["bizoverbiz_notices_unacknowledged", ()] == 0
    assert found["bizoverbiz_notice_unacknowledged_oldest_seconds", ()] == 0
    assert found["bizoverbiz_database_up", ()] == 1


def test_a_scrape_without_a_database_says_so_instead_of_failing(network: Network, url: str) -> None:
    owner(url, "ALTER TABLE notice RENAME TO gone")
    with structlog.testing.capture_logs():
        assert figures(network) == {("bizoverbiz_database_up", ()): 0}


def counted(route: str, status: str, method: str = "GET") -> float:
    found = samples(generate_latest().decode())
    labels = (("method", method), ("route", route), ("status", status))
    return found.get(("bizoverbiz_http_requests_total", labels), 0)


def test_requests_are_counted_by_route_and_not_by_what_was_asked_for(network: Network, ring: Ring) -> None:
    before = counted("/v1/statements/{statement}/answer", "404", "PUT"), counted("none", "404")
    ring[0].call("PUT", "/v1/statements/6f6f/answer", {"answer": "refuse", "answered_by": "x", "lines": []})
    network.http.get("/v1/6f6f")
    after = counted("/v1/statements/{statement}/answer", "404", "PUT"), counted("none", "404")
    assert after == (before[0] + 1, before[1] + 1)
    network.http.request("ZZZZ", "/v1/health")
    assert "6f6f" not in (text := generate_latest().decode())
    assert "ZZZZ" not in text
    assert not any(member.identifier in text for member in ring)


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """Everything API and worker log in this process, as the operator's stderr would get it."""
    out, before = io.StringIO(), (logging.root.handlers, logging.root.level)
    with contextlib.redirect_stderr(out):
        logs.configure()
        logs.adopt_libraries()
        yield out
    logging.captureWarnings(False)
    logging.root.handlers, level = before
    logging.root.setLevel(level)
    structlog.reset_defaults()


def test_the_logs_of_a_whole_round_tell_nothing_of_the_firms(
    written: io.StringIO, network: Network, two: tuple[Member, Member], url: str
) -> None:
    a, b = two
    a.declare(a.line("payable", b, "SECRET-B1", 123456), a.line("receivable", b, "SECRET-A1", 123457))
    b.declare(b.line("receivable", a, "SECRET-B1", 123456), b.line("payable", a, "SECRET-A1", 123457))
    a.declare(a.line("payable", b, "SECRET-B2", -5), full=False)
    a.get("/v1/members", identifier=b.identifier)
    number = open_round(network)
    cut(network, number)
    statement = a.statement()
    assert a.approve(statement, [10**12] * len(statement["lines"])).status_code == 422
    for member in two:
        assert member.approve(member.statement()).status_code == 200
    network.work()
    for member in two:
        acknowledge(network, member)
    network.work()
    assert round_state(network, number) == "closed"
    owner(url, "ALTER TABLE declaration ADD CHECK (amount_total < 5)  NOT VALID")
    failed = a.declare(a.line("payable", b, "SECRET-B3", 777777), full=False)
    assert (failed.status_code, failed.json()["status"]) == (500, 500)

    text = written.getvalue()
    entries = [json.loads(line) for line in text.splitlines()]
    events = {entry["event"] for entry in entries}
    assert {"request", "matched", "proposed", "decided", "failed"} <= events
    secrets = [a.identifier, b.identifier, "Firm", "SECRET", "123456", "123457", "246913", "777777", "claire", "EUR"]
    assert [secret for secret in secrets if secret in text] == []
    asked = [entry for entry in entries if entry["event"] == "request"]
    assert all(
        {"request", "method", "route", "status", "milliseconds", "timestamp", "level"} <= set(entry) for entry in asked
    )
    members = {row.id for row in rows(network)}
    assert {entry["member"] for entry in asked if "member" in entry} <= {str(member) for member in members}
    (failure,) = [entry for entry in entries if entry["event"] == "failed"]
    assert failure["request"] == failed.headers["x-request-id"]
    assert failure["request"] in failed.json()["detail"]
    assert "CheckViolation 23514 at" in failure["exception"]


def rows(network: Network) -> list[Any]:
    with network.store.transaction(WORKER) as tx:
        return tx.all("members_all")


def test_what_libraries_log_is_json_too_and_tells_no_message_of_an_exception(written: io.StringIO) -> None:
    try:
        raise ValueError("Key (number)=(SECRET-1) already exists")
    except ValueError:
        logging.getLogger("uvicorn.error").exception("Exception in ASGI application")
    entry = json.loads(written.getvalue())
    assert entry["event"] == "Exception in ASGI application"
    assert "ValueError at" in entry["exception"]
    assert "SECRET" not in written.getvalue()


def test_logs_are_for_people_when_asked(monkeypatch: pytest.MonkeyPatch, written: io.StringIO) -> None:
    monkeypatch.setenv("BIZOVERBIZ_LOG", "console")
    with contextlib.redirect_stderr(written):
        logs.configure()
    structlog.get_logger().info("worker started", round=7)
    assert re.search(r"\[info +\] worker started +round=7", written.getvalue())
    monkeypatch.setenv("BIZOVERBIZ_LOG", "xml")
    with pytest.raises(MisconfiguredError, match="json or console"):
        logs.configure()


def test_the_log_says_why_a_signature_was_refused_and_not_what_was_asked(
    written: io.StringIO, network: Network, ring: Ring
) -> None:
    a = ring[0]
    path = f"/v1/members?identifier={ring[1].identifier}"
    outgoing, _ = a.prepare("GET", path)
    refused = [
        a.call("GET", path, created=network.clock() - timedelta(hours=1)),
        network.http.get(path),
        network.http.get(path + "7", headers=outgoing.headers),
        Member(network.http, network.base_url, network.clock, a.identifier).call("GET", path),
    ]
    assert [answer.status_code for answer in refused] == [401] * 4
    assert a.call("GET", "/v1/preview").status_code == 200
    entries = [json.loads(line) for line in written.getvalue().splitlines()]
    told = {entry["request"]: entry for entry in entries if entry["event"] == "request"}
    reasons = [told[answer.headers["x-request-id"]]["reason"] for answer in refused]
    expected = ("behind the engine's clock", "Signature-Input is missing", "or the address differs", "no member has")
    assert all(words in reason for words, reason in zip(expected, reasons, strict=True)), reasons
    assert {entry.get("problem") for entry in told.values()} == {"signature-invalid", None}
    assert ring[1].identifier not in written.getvalue()


def test_every_answer_names_its_request(network: Network) -> None:
    ids = {network.http.get(path).headers["x-request-id"] for path in ("/v1/health", "/v1/keys", "/nowhere")}
    assert len(ids) == 3


def test_a_body_that_does_not_come_is_given_up(network: Network, ring: Ring, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "BODY_SECONDS", 0.2)
    address = httpx.URL(network.base_url)
    head = (
        "POST /v1/declarations HTTP/1.1\r\nHost: x\r\nSignature: s\r\nSignature-Input: s\r\n"
        "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
    )
    with socket.create_connection((address.host, address.port or 0), timeout=20) as slow:
        slow.sendall(head.encode())
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += slow.recv(65536)
    assert answer.startswith(b"HTTP/1.1 408")
    assert b"application/problem+json" in answer
