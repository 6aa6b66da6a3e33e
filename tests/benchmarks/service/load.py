"""What locust runs: members of the filled network that declare, or read their statements, one call after the other."""

from __future__ import annotations

import json
import os
import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from locust import FastHttpUser, constant, task

from tests.benchmarks.service.network import LINES
from tests.engine.client import Member

_BASE = os.environ["BENCH_BASE_URL"]


def _member(secret: dict[str, str]) -> Member:
    member = Member(None, _BASE, lambda: datetime.now(UTC), secret["identifier"])  # type: ignore[arg-type]
    member.adopt(Ed25519PrivateKey.from_private_bytes(bytes.fromhex(secret["private"])))
    member.database = secret["database"]
    return member


MEMBERS = [_member(secret) for secret in json.loads(Path(os.environ["BENCH_KEYS"]).read_text())]
_random = random.Random(1)


class _Signing(FastHttpUser):
    abstract = True
    host = _BASE
    wait_time = constant(0)

    def signed(self, member: Member, method: str, path: str, body: Any = None) -> None:
        outgoing, content = member.prepare(method, path, body)
        self.client.request(method, path, name=f"{method} {path}", data=content or None, headers=outgoing.headers)


class Declaring(_Signing):
    @task
    def declare(self) -> None:
        member, other = _random.sample(MEMBERS, 2)
        lines = [self._line(other.identifier) for _ in range(LINES)]
        self.signed(member, "POST", "/v1/declarations", {"full": False, "last_notice": 0, "lines": lines})

    @staticmethod
    def _line(counterpart: str) -> dict[str, Any]:
        amount = _random.randint(1_00, 100_000_00)
        return {
            "side": "payable",
            "counterpart": counterpart,
            "number": f"B-{_random.randrange(10**9)}",
            "currency": "EUR",
            "amount_total": amount,
            "amount_open": amount,
            "issue_date": "2026-10-01",
            "due_date": "2026-11-30",
        }


class Reading(_Signing):
    @task
    def statements(self) -> None:
        self.signed(_random.choice(MEMBERS), "GET", "/v1/statements")
