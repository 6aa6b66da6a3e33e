"""Firms that take part by commands alone, and the engine they talk to."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from ..commands import COMMAND, Run, run
from ..conftest import SIRENS, Network
from ..einvoices.samples import cii, cii_party, facturx, ubl, ubl_party

NAMES = ("Atelier Morin", "Scierie Berg", "Transports Coma")


class Firm:
    """One firm and its folder."""

    def __init__(self, home: Path, identifier: str, name: str) -> None:
        self.home, self.identifier, self.name = home, identifier, name

    def run(self, *arguments: object) -> Run:
        return run("member", *arguments, environment={"BIZOVERBIZ_MEMBER_HOME": str(self.home)})

    def ok(self, *arguments: object) -> str:
        done = self.run(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def json(self, *arguments: object) -> Any:
        return json.loads(self.ok(*arguments, "--json"))

    def join(self, invitation: str, **more: str) -> Run:
        options = {"identifier": self.identifier, "name": self.name, "agreement": "2026-11"} | more
        return self.run("join", invitation, *(f"--{name}={value}" for name, value in options.items()))

    def wait_for(self, state: str, *amounts: int) -> list[dict[str, Any]]:
        """Until the worker has matched all that is declared, if need be at these amounts."""
        deadline = time.monotonic() + 60
        while True:
            lines: list[dict[str, Any]] = self.json("declarations")
            matched = sorted(line["matched_amount"] for line in lines)
            if {line["state"] for line in lines} == {state} and matched == sorted(amounts or matched):
                return lines
            assert time.monotonic() < deadline, lines
            time.sleep(0.2)

    def wait_for_notice(self) -> None:
        deadline = time.monotonic() + 60
        while not self.json("notices"):
            assert time.monotonic() < deadline
            time.sleep(0.2)


class Server:
    """The engine's two processes, and the hand of its operator."""

    def __init__(self, url: str, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.address, self.folder = f"http://127.0.0.1:{self.port}", folder
        self.environment = {
            "DATABASE_URL": url,
            "BIZOVERBIZ_SIGNING_KEY": str(folder / "signing-key.pem"),
            "BIZOVERBIZ_PUBLIC_URL": self.address,
        }
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def ok(self, *arguments: object) -> str:
        done = run(*arguments, environment=self.environment)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def start(self, name: str, *arguments: str) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [COMMAND, name, *arguments], env=os.environ | self.environment, stdout=log, stderr=log
            )

    def serve(self) -> None:
        self.start("serve", "--port", str(self.port))
        deadline = time.monotonic() + 60
        while True:
            try:
                if httpx.get(f"{self.address}/v1/health", trust_env=False).is_success:
                    return
            except httpx.TransportError:
                assert time.monotonic() < deadline, (self.folder / "serve.log").read_text()
                time.sleep(0.1)

    def stop(self, name: str) -> None:
        process = self.processes.pop(name)
        process.terminate()
        process.wait(30)


class Operator(Server):
    """The operator of an engine that answers in this process, which starts faster."""

    def __init__(self, url: str, folder: Path, network: Network) -> None:
        super().__init__(url, folder)
        self.environment["BIZOVERBIZ_PUBLIC_URL"] = network.base_url


def joined(engine: Server, tmp_path: Path) -> list[Firm]:
    found = [Firm(tmp_path / name, siren, name) for siren, name in zip(SIRENS, NAMES, strict=False)]
    for firm in found:
        done = firm.join(engine.ok("invitation", "create", "--for", firm.identifier).strip())
        assert done.returncode == 0, done.stderr
    return found


HEADER = "side;counterpart;number;currency;amount_total;amount_open;issue_date;due_date"


def table(path: Path, *rows: str) -> Path:
    path.write_text("\n".join((HEADER, *rows)) + "\n")
    return path


def declare_ring(firms: list[Firm], folder: Path) -> None:
    """A owes B, B owes C, C owes A; each declares in another way."""
    a, b, c = firms
    table(
        folder / "a.csv",
        f"payable;{b.identifier};B-1;EUR;1200.00;1000.00;2026-09-01;31/10/2026",
        f"receivable;{c.identifier};A-1;EUR;1 000".replace(" ", "") + ";900,50;2026-09-02;2026-10-31",
    )
    a.ok("declare", folder / "a.csv", "--full")
    mine, theirs = ubl_party(b.identifier), ubl_party(a.identifier)
    (folder / "B-1.xml").write_bytes(
        ubl(number="B-1", total="1200", paid="200", open="1000", seller=mine, buyer=theirs)
    )
    (folder / "C-1.xml").write_bytes(
        ubl(number="C-1", total="800", paid=None, open="800", seller=ubl_party(c.identifier), buyer=mine)
    )
    b.ok("declare", folder / "B-1.xml", folder / "C-1.xml")
    mine = cii_party(c.identifier)
    for number, seller, buyer, total in (
        ("C-1", mine, cii_party(b.identifier), "800.00"),
        ("A-1", cii_party(a.identifier), mine, "1000.00"),
    ):
        data = cii(number=number, seller=seller, buyer=buyer, total=total, paid=None, open=total)
        (folder / f"{number}.pdf").write_bytes(facturx(data))
    c.ok("declare", folder / "C-1.pdf")
    c.ok("declare", folder / "A-1.pdf", "--open", "900.50")


def lose_answers_to(monkeypatch: pytest.MonkeyPatch, lost: str) -> None:
    """What is asked with this method is done, and its answer never arrives."""
    send = httpx.Client.request

    def lose(self: httpx.Client, method: str, *arguments: Any, **named: Any) -> httpx.Response:
        answer = send(self, method, *arguments, **named)
        if method == lost:
            raise httpx.ReadError("the line is cut")
        return answer

    monkeypatch.setattr(httpx.Client, "request", lose)
