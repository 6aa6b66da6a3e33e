"""The parts of the demonstration as processes: PostgreSQL, the engine's API and worker, and one Odoo for six firms."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from demo import doorman
from demo.databases import ROOT, Books, Cluster
from demo.firms import FIRMS, Firm
from demo.ledger import ENGINE_DATABASE
from demo.odoo_client import Odoo
from demo.processes import Processes, free_port

NETWORK, AGREEMENT = "Réseau Grand Ouest", "2026-11"


class EngineCommandError(Exception):
    """A `bizoverbiz …` command failed; the message has what it said."""


class Stack:
    """Everything lives under `folder`; nothing listens anywhere but on 127.0.0.1."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.processes = Processes(folder)
        self.processes.stop_all()
        self.cluster = Cluster(folder)
        self.engine_port = self.odoo_port = self.doorman_port = 0

    def choose_ports(self) -> None:
        """As late as possible: a port is only sure to be free now."""
        self.engine_port, self.odoo_port = free_port(8070), free_port(8069)
        self.doorman_port = free_port(doorman.PORT)

    @property
    def engine_url(self) -> str:
        return f"http://127.0.0.1:{self.engine_port}"

    @property
    def odoo_url(self) -> str:
        return f"http://127.0.0.1:{self.odoo_port}"

    @staticmethod
    def stop(folder: Path) -> list[str]:
        """Ends whatever runs from `folder`, whoever started it; the names of what was running."""
        ended = Processes(folder).stop_all()
        Cluster.stop(folder)
        return ended

    # The engine

    def _engine_environment(self) -> dict[str, str]:
        return {
            "DATABASE_URL": self.cluster.engine_url,
            "BIZOVERBIZ_PUBLIC_URL": self.engine_url,
            "BIZOVERBIZ_SIGNING_KEY": str(self.folder / "signing-key.pem"),
        }

    def engine(self, *arguments: str) -> Any:
        """Runs `bizoverbiz …` as the network's operator would; what it prints, read as JSON if asked for."""
        done = subprocess.run(  # noqa: S603
            [ROOT / ".venv/bin/bizoverbiz", *arguments],
            env={**os.environ, **self._engine_environment()}, cwd=ROOT, capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        if done.returncode:
            said = done.stderr.strip() or done.stdout.strip()
            raise EngineCommandError(f"`bizoverbiz {' '.join(arguments)}` ended with {done.returncode}: {said}")
        return json.loads(done.stdout) if "--json" in arguments else done.stdout

    def found_network(self) -> None:
        """A new engine database with nothing in it but the network's name and its signing key."""
        (self.folder / "signing-key.pem").unlink(missing_ok=True)
        self.cluster.create(ENGINE_DATABASE, user="bizoverbiz")
        self.engine("db", "upgrade")
        self.engine("network", "init", "--name", NETWORK, "--agreement", AGREEMENT)

    def start_engine(self) -> None:
        command = str(ROOT / ".venv/bin/bizoverbiz")
        environment = self._engine_environment()
        serve = [command, "serve", "--host", "127.0.0.1", "--port", str(self.engine_port)]
        self.processes.start("engine", serve, environment, ROOT)
        self.processes.start("worker", [command, "worker"], environment, ROOT)
        self.processes.wait_until("engine", "an answer", self._healthy("engine", f"{self.engine_url}/v1/health"), 30)
        self.processes.wait_until("worker", "its start", lambda: True, 5)
        invite = [str(ROOT / ".venv/bin/python"), "-m", "demo.doorman", f"--port={self.doorman_port}"]
        self.processes.start("doorman", invite, environment, ROOT)
        self.processes.wait_until(
            "doorman", "its port", lambda: self.processes.listens("doorman", self.doorman_port), 30
        )

    def stop_engine(self) -> None:
        for name in ("doorman", "engine", "worker"):
            self.processes.stop(name)

    # Odoo

    def start_odoo(self) -> None:
        """One process serves and exchanges for all six databases."""
        databases = [firm.database for firm in FIRMS]
        command = [
            self.cluster.odoo_bin, "-c", self.cluster.odoo_rc, "-d", ",".join(databases),
            "--db-filter=^demo_", "--http-interface=127.0.0.1", f"--http-port={self.odoo_port}",
            "--workers=0", "--max-cron-threads=1", "--log-level=info",
        ]  # fmt: skip
        self.processes.start("odoo", command, {}, ROOT)
        self.processes.wait_until("odoo", "an answer", self._healthy("odoo", f"{self.odoo_url}/web/health"), 90)

    def client(self, books: Books, firm: Firm, who: str) -> Odoo:
        """`who` is `admin` or `accountant`."""
        return Odoo(self.odoo_url, firm.database, books.keys(firm)[who])

    def _healthy(self, name: str, url: str) -> Callable[[], bool]:
        def probe() -> bool:
            try:
                answers = httpx.get(url, timeout=5, trust_env=False).is_success
            except httpx.TransportError:
                return False
            return answers and self.processes.listens(name, httpx.URL(url).port or 0)

        return probe
