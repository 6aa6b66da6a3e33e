"""The operator's commands, run as the operator runs them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from bizoverbiz.members.invitation import Invitation
from bizoverbiz.rounds import worker

from .client import Member
from .commands import COMMAND, Run, run
from .conftest import SIRENS, Network
from .operating import propose


class Operator:
    def __init__(self, url: str, key_path: Path, public_url: str = "http://127.0.0.1:8070") -> None:
        self.environment = os.environ | {
            "DATABASE_URL": url,
            "BIZOVERBIZ_SIGNING_KEY": str(key_path),
            "BIZOVERBIZ_PUBLIC_URL": public_url,
        }

    def run(self, *arguments: str) -> Run:
        """What the installed command does, in this process and with no other variables than these."""
        names = {*os.environ, *self.environment}
        return run(*arguments, environment={name: self.environment.get(name) for name in names})

    def run_installed(self, *arguments: str) -> Run:
        return subprocess.run(
            [COMMAND, *arguments], env=self.environment, capture_output=True, text=True, timeout=120, check=False
        )

    def ok(self, *arguments: str) -> str:
        done = self.run(*arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen([COMMAND, *arguments], env=self.environment, stderr=subprocess.PIPE, text=True)


@pytest.fixture
def operator(network: Network, url: str, key_path: Path) -> Operator:
    return Operator(url, key_path, network.base_url)


def one_line(done: Run) -> str:
    assert done.returncode == 1, done.stdout + done.stderr
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("bizoverbiz: ")]
    assert "Traceback" not in done.stderr
    return line


def test_a_network_is_founded_once_and_shown(empty_url: str, tmp_path: Path) -> None:
    operator = Operator(empty_url, tmp_path / "key.pem")
    assert "db upgrade" in one_line(operator.run("network", "show"))
    operator.ok("db", "upgrade")
    assert "network init" in one_line(operator.run("network", "show"))
    operator.ok("network", "init", "--name", "Réseau [du] Nord", "--agreement", "2026-11")
    (tmp_path / "key.pem").rename(tmp_path / "kept.pem")
    assert "already" in one_line(operator.run("network", "init", "--name", "X", "--agreement", "1"))
    assert not (tmp_path / "key.pem").exists(), "a key nobody published must not be left behind"
    shown = json.loads(operator.ok("network", "show", "--json"))
    assert (shown["name"], shown["agreement"], shown["members"]) == ("Réseau [du] Nord", "2026-11", 0)
    assert "Réseau [du] Nord" in operator.ok("network", "show")


def test_wrong_usage_exits_with_2_and_a_missing_setting_with_1(operator: Operator) -> None:
    assert operator.run("round", "open", "--approval-hours", "0").returncode == 2
    assert operator.run("nonsense").returncode == 2
    del operator.environment["DATABASE_URL"]
    assert "DATABASE_URL" in one_line(operator.run("members", "list"))
    assert "DATABASE_URL" in one_line(operator.run_installed("members", "list"))


def test_an_invitation_names_the_engine_and_its_keys(network: Network, operator: Operator) -> None:
    invitation = Invitation.from_string(operator.ok("invitation", "create"))
    assert (invitation.url, invitation.keys) == (network.base_url, [network.key.keyid])
    assert network.candidate(SIRENS[0]).join(invitation.secret).status_code == 201
    assert SIRENS[0] in operator.ok("members", "list")


def test_an_invitation_is_made_for_the_firm_that_is_named(network: Network, operator: Operator) -> None:
    assert "not a SIREN" in one_line(operator.run("invitation", "create", "--for", "123456789"))
    assert operator.run("invitation", "create", "--for", SIRENS[0], "--renew", SIRENS[0]).returncode == 2
    invitation = Invitation.from_string(operator.ok("invitation", "create", "--for", "FR 40 303 265 045"))
    assert "another firm" in network.candidate(SIRENS[0]).join(invitation.secret).json()["detail"]
    assert network.candidate("303265045").join(invitation.secret).status_code == 201


def test_a_whole_round_by_command(
    network: Network, two: tuple[Member, Member], operator: Operator, tmp_path: Path
) -> None:
    a, b = two
    a.declare(a.line("payable", b, "B-1", 1_234_567_89), a.line("receivable", b, "A-1", 80_00))
    b.declare(b.line("receivable", a, "B-1", 1_234_567_89), b.line("payable", a, "A-1", 80_00))
    assert json.loads(operator.ok("round", "open", "--json")) == {"number": 1}
    cut = operator.ok("round", "cut")
    assert "1,234,647.89 EUR" in cut
    assert "160.00 EUR" in cut
    network.clock.now = network.clock.now.now(network.clock.now.tzinfo)
    for member in two:
        assert member.approve(member.statement()).status_code == 200
    assert "Aborted" in operator.run("round", "decide", "1").stderr
    operator.ok("round", "decide", "1", "--yes")
    assert "only a proposed round" in one_line(operator.run("round", "decide", "1", "--yes"))
    shown = json.loads(operator.ok("round", "show", "1", "--json"))
    (problem,) = shown["currencies"]
    assert (shown["state"], problem["set_off"], problem["optimum_verified"]) == ("decided", 160_00, True)
    assert {row["state"] for row in problem["statements"]} == {"decided"}
    verified = json.loads(operator.ok("round", "verify", "1", "--json"))
    assert verified["holds"] is True
    assert len(verified["checked"]) == 8
    notice = tmp_path / "notice.jws"
    notice.write_text(a.get("/v1/notices")["notices"][0]["jws"])
    assert "80.00 EUR" in operator.ok("notice", "verify", str(notice))
    assert "80.00 EUR" in operator.ok("notice", "verify", str(notice), "--keys", f"{network.base_url}/v1/keys")
    notice.write_text(notice.read_text()[:-2])
    assert "signature" in one_line(operator.run("notice", "verify", str(notice)))


def test_a_cut_whose_proposal_a_worker_makes_first_has_succeeded(
    network: Network, two: tuple[Member, Member], operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = two
    a.declare(a.line("payable", b, "B-1", 100), a.line("receivable", b, "A-1", 80))
    b.declare(b.line("receivable", a, "B-1", 100), b.line("payable", a, "A-1", 80))
    propose = worker.propose_round

    def outrun(*arguments: Any, **options: Any) -> None:
        monkeypatch.undo()
        assert network.work()
        propose(*arguments, **options)

    monkeypatch.setattr(worker, "propose_round", outrun)
    operator.ok("round", "open")
    assert "proposed 1.60 EUR" in operator.ok("round", "cut")


def test_members_are_suspended_and_taken_back(two: tuple[Member, Member], operator: Operator) -> None:
    operator.ok("members", "suspend", SIRENS[0])
    assert two[0].get("/v1/member")["status"] == "suspended"
    assert "suspended already" in one_line(operator.run("members", "suspend", SIRENS[0]))
    operator.ok("members", "resume", SIRENS[0])
    assert two[0].get("/v1/member")["status"] == "active"
    assert "not a SIREN" in one_line(operator.run("members", "suspend", "123456789"))


def test_a_round_is_abandoned_by_command(operator: Operator) -> None:
    operator.ok("round", "open")
    operator.ok("round", "abandon", "1", "--yes")
    assert "abandoned" in one_line(operator.run("round", "cut", "1"))
    assert "no round is open" in one_line(operator.run("round", "cut"))
    assert "no round 7" in one_line(operator.run("round", "show", "7"))


def test_the_worker_stops_when_asked(operator: Operator) -> None:
    worker = operator.start("worker")
    watchdog = threading.Timer(60, worker.kill)
    watchdog.start()
    try:
        assert worker.stderr is not None
        assert "worker started" in worker.stderr.readline()
        worker.send_signal(signal.SIGTERM)
        _, log = worker.communicate()
    finally:
        watchdog.cancel()
    assert worker.returncode == 0, log
    assert "Traceback" not in log


def test_the_worker_once_says_when_a_step_failed(operator: Operator) -> None:
    operator.ok("worker", "--once")
    operator.environment["DATABASE_URL"] = "postgresql://bizoverbiz@/nowhere?host=/nonexistent"
    assert "a step failed" in one_line(operator.run("worker", "--once"))


def test_the_server_answers_and_stops_when_asked(operator: Operator, unused_port: int) -> None:
    server = operator.start("serve", "--port", str(unused_port))
    try:
        for _ in range(100):
            try:
                assert httpx.get(f"http://127.0.0.1:{unused_port}/v1/health").json() == {"status": "ok"}
                break
            except httpx.TransportError:
                time.sleep(0.1)
        else:
            pytest.fail("the server did not answer within ten seconds")
    finally:
        server.send_signal(signal.SIGTERM)
        server.communicate(timeout=30)


@pytest.fixture
def unused_port() -> int:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def test_options_are_shown_and_set_for_the_rounds_to_come(operator: Operator, network: Network) -> None:
    assert "approval_hours = 72" in operator.ok("network", "options")
    operator.ok("round", "open")
    told = operator.ok("network", "options", "--set", "approval_hours=24", "--set", "limits.EUR.pair_cap=500")
    assert "limits.EUR.pair_cap = 500" in told
    assert "Round 1 is open and keeps the options it was opened with" in told
    assert json.loads(operator.ok("network", "options", "--json"))["approval_hours"] == 24
    refused = operator.run("network", "options", "--set", "limits.XXX.pair_cap=1")
    assert (refused.returncode, "XXX is no current ISO 4217 currency" in refused.stderr) == (2, True)


def test_a_decided_round_is_reversed_by_command(
    network: Network, two: tuple[Member, Member], operator: Operator
) -> None:
    a, b = two
    a.declare(a.line("payable", b, "B-1", 100), a.line("receivable", b, "A-1", 80))
    b.declare(b.line("receivable", a, "B-1", 100), b.line("payable", a, "A-1", 80))
    number = propose(network)
    assert "only what a netting has decided" in one_line(operator.run("round", "reverse", str(number), "--yes"))
    for member in two:
        member.approve(member.statement())
    assert network.work()
    told = operator.ok("round", "reverse", str(number), "--yes")
    assert "Round 2: proposed" in told
    assert "proposed 1.60 EUR" in told
    assert a.statement()["kind"] == "reversal"
