"""The engine as it really runs: PostgreSQL, API and two workers as processes of their own, to kill and start again."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg2

ROOT = Path(__file__).resolve().parents[2]
_COMMAND = str(Path(sys.executable).with_name("bizoverbiz"))
#: Seconds until what was started has to be there; recovery after a crash is part of it, on a disk others write to.
_PATIENCE = 240
WORKERS = ("worker-1", "worker-2")


def until(what: str, holds: Callable[[], Any], seconds: float = _PATIENCE, every: float = 0.1) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < deadline, f"{what}: not within {seconds:.0f} seconds"
        time.sleep(every)
    return found


class Stack:
    """Everything in one folder; durable as in production (fsync and synchronous commits are on)."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="bizoverbiz-kill-"))
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self.socket = self.start_postgres()
        with closing(self.superuser("postgres")) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('fsync'), current_setting('synchronous_commit')")
            assert cursor.fetchone() == ("on", "on")
            cursor.execute("CREATE DATABASE engine OWNER bizoverbiz")
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = int(probe.getsockname()[1])
        self.base_url = f"http://127.0.0.1:{self.port}"
        self.key_path = self.folder / "signing-key.pem"
        self.command("db", "upgrade")
        self.command("network", "init", "--name", "Réseau d'essai", "--agreement", "2026-11")

    def url(self, name: str) -> str:
        """`name` is what PostgreSQL shows for the process that connects with it."""
        return f"postgresql://bizoverbiz@/engine?host={self.socket}&application_name={name}"

    def superuser(self, database: str = "engine") -> Any:
        connection = psycopg2.connect(f"postgresql://postgres@/{database}?host={self.socket}")
        connection.autocommit = True
        return connection

    def environment(self, name: str) -> dict[str, str]:
        return os.environ | {
            "DATABASE_URL": self.url(name),
            "BIZOVERBIZ_PUBLIC_URL": self.base_url,
            "BIZOVERBIZ_SIGNING_KEY": str(self.key_path),
            # Twenty firms join at once from one address; that too many are held back is tested elsewhere.
            "BIZOVERBIZ_LIMIT_READS": "100000/minute",
            "BIZOVERBIZ_LIMIT_WRITES": "100000/minute",
            "BIZOVERBIZ_LIMIT_JOINING": "100000/minute",
            # Its members ask as fast as they can, all from one address.
            **{f"BIZOVERBIZ_LIMIT_{kind}": "1000000/minute" for kind in ("READS", "WRITES", "JOINING")},
        }

    def command(self, *words: str) -> str:
        done = subprocess.run(
            [_COMMAND, *words], env=self.environment("operator"), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self, name: str) -> None:
        """`name` is api, worker-1, worker-2 or postgres."""
        if name == "postgres":
            # Backends that outlive their postmaster hold its shared memory for a moment.
            until("PostgreSQL starts", self.start_postgres)
            return
        words = ["serve", "--port", str(self.port)] if name == "api" else ["worker"]
        with (self.folder / f"{name}.log").open("ab") as log:
            self._children[name] = subprocess.Popen(
                [_COMMAND, *words],
                env=self.environment(name),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def start_postgres(self) -> str:
        done = self._postgres("start")
        return done.stdout.strip() if done.returncode == 0 else ""

    def _postgres(self, action: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(ROOT / "scripts" / "postgres.sh"), action, str(self.folder / "postgres")],
            capture_output=True,
            text=True,
            check=False,
            env=os.environ | {"PG_DURABLE": "on"},
        )

    def kill(self, name: str) -> None:
        """`kill -9`, without a chance to finish anything."""
        if name == "postgres":
            postmaster = int((self.folder / "postgres/data/postmaster.pid").read_text().splitlines()[0])
            for pid in (postmaster, *_children_of(postmaster)):
                _kill(pid)
            until("PostgreSQL is dead", lambda: not Path(f"/proc/{postmaster}").exists(), every=0.01)
            return
        child = self._children.pop(name)
        child.kill()
        child.wait()

    def alive(self, name: str) -> bool:
        child = self._children.get(name)
        return child is not None and child.poll() is None

    def healthy(self) -> bool:
        try:
            return httpx.get(f"{self.base_url}/v1/keys", timeout=5).status_code == 200
        except httpx.TransportError:
            return False

    def close(self) -> None:
        for child in self._children.values():
            child.kill()
            child.wait()
        self._postgres("stop")
        shutil.rmtree(self.folder, ignore_errors=True)

    def logs(self) -> str:
        tails = (f"--- {log.name}\n{log.read_text(errors='replace')[-3000:]}" for log in self.folder.rglob("*.log"))
        return "\n".join(tails)


def _children_of(parent: int) -> Iterator[int]:
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent:
            yield int(stat.parent.name)


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


@contextmanager
def running() -> Iterator[Stack]:
    stack = Stack()
    try:
        for name in ("api", *WORKERS):
            stack.start(name)
        until("the API answers", stack.healthy)
        yield stack
    except BaseException:
        print(stack.logs())
        raise
    finally:
        stack.close()
