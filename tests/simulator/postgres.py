"""A throwaway PostgreSQL server."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType

import psycopg2

ROOT = Path(__file__).resolve().parents[2]
_SCRIPT = str(ROOT / "scripts" / "postgres.sh")


class Server:
    """Started on entering, gone with everything in it on leaving."""

    def __enter__(self) -> Server:
        self._folder = tempfile.mkdtemp(prefix="bizoverbiz-simulator-")
        started = subprocess.run(
            [_SCRIPT, "start", self._folder],
            check=True,
            capture_output=True,
            text=True,
            env=os.environ | {"PG_DURABLE": "off"},
        )
        self._socket = started.stdout.strip().splitlines()[-1]
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        subprocess.run([_SCRIPT, "stop", self._folder], check=False, capture_output=True)
        shutil.rmtree(self._folder, ignore_errors=True)

    def url(self, name: str) -> str:
        return f"postgresql://bizoverbiz@/{name}?host={self._socket}"

    def create(self, name: str, template: str | None = None) -> str:
        """The address of a new database."""
        self._run(f"CREATE DATABASE {name}" + (f" TEMPLATE {template}" if template else ""))
        return self.url(name)

    def drop(self, name: str) -> None:
        self._run(f"DROP DATABASE {name} WITH (FORCE)")

    def _run(self, statement: str) -> None:
        connection = psycopg2.connect(self.url("postgres"))
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement)
        finally:
            connection.close()
