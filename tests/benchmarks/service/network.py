"""An engine with PostgreSQL and servers of its own, filled with members and what they declare."""

from __future__ import annotations

import io
import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import polars as pl
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bizoverbiz.matching import number_key
from tests.engine.client import Member
from tests.robustness.stack import Stack, until

from ..inputs import COMMAND, ON

#: Lines a declaration changes under load: what a firm's books change between two exchanges.
LINES = 20
#: Few members call far more often than any would; they are counted all the same.
_UNLIMITED = {f"BIZOVERBIZ_LIMIT_{kind}": "1000000/minute" for kind in ("READS", "WRITES", "JOINING")}
_MEMBER = "member (id, identifier, name, country, agreement, database, joined_at)"
_DECLARED = (
    "member_id, side, counterpart, number, number_key, currency, amount_total, amount_open, amount_disputed,"
    " issue_date, due_date, reference, last_notice, declared_at"
)


def siren(index: int) -> str:
    """A valid SIREN: eight digits and their check digit (Luhn)."""
    digits = f"{10_000_000 + index}"
    odd = sum(sum(divmod(2 * int(digit), 10)) for digit in digits[1::2])
    return digits + str(-(odd + sum(map(int, digits[::2]))) % 10)


@contextmanager
def engine() -> Iterator[Stack]:
    stack = Stack()
    try:
        yield stack
    finally:
        stack.close()


@contextmanager
def serving(stack: Stack, processes: int) -> Iterator[None]:
    """The API as `bizoverbiz serve` runs it, until the end of the block."""
    words = ["serve", "--port", str(stack.port), "--workers", str(processes)]
    with (stack.folder / "api.log").open("ab") as log:
        api = subprocess.Popen([COMMAND, *words], env=stack.environment("api") | _UNLIMITED, stdout=log, stderr=log)
    try:
        until("the API answers", stack.healthy)
        yield
    finally:
        api.terminate()
        api.wait(timeout=60)


def fill(stack: Stack, *, members: int, obligations: int, keys: Path | None = None) -> None:
    """Members with keys, and both sides' declarations of as many obligations, by COPY; `keys` is written for clients.

    The obligations are those `bizoverbiz generate --seed 1` draws.
    """
    drawn = stack.folder / "drawn.csv"
    numbers = ["--firms", str(members), "--obligations", str(obligations), "--seed", "1", "--on", ON]
    subprocess.run([COMMAND, "generate", *numbers, "--out", str(drawn)], check=True, capture_output=True)
    found = pl.read_csv(drawn, try_parse_dates=True)
    firms = sorted({*found["debtor"], *found["creditor"]})
    firm_of = {name: Member(None, stack.base_url, _now, siren(index)) for index, name in enumerate(firms)}  # type: ignore[arg-type]
    ids = {name: str(uuid4()) for name in firms}
    now = _now().isoformat()
    rows = [
        (ids[name], one.identifier, f"Firm {one.identifier}", "FR", "2026-11", one.database, now)
        for name, one in firm_of.items()
    ]
    with stack.superuser() as connection, connection.cursor() as cursor:
        _copy(
            cursor,
            "member (id, identifier, name, country, agreement, database, joined_at)",
            pl.DataFrame(rows, orient="row"),
        )
        keyed = [(one.keyid, ids[name], one.x, now) for name, one in firm_of.items()]
        _copy(cursor, "member_key (keyid, member_id, x, created_at)", pl.DataFrame(keyed, orient="row"))
        cursor.execute(
            "INSERT INTO agreement_acceptance (member_id, version, accepted_at)"
            " SELECT id, agreement, joined_at FROM member"
        )
        for side, own, other in (("receivable", "creditor", "debtor"), ("payable", "debtor", "creditor")):
            _copy(cursor, f"declaration ({_DECLARED})", _declared(found, side, own, other, ids, firm_of, now))
        cursor.execute("INSERT INTO declaration_change (member_id) SELECT id FROM member")
        cursor.execute("ANALYZE")
    if keys is not None:
        keys.write_text(json.dumps([_secret(one) for one in firm_of.values()]))


def _declared(
    found: pl.DataFrame, side: str, own: str, other: str, ids: dict[str, str], firm_of: dict[str, Member], now: str
) -> pl.DataFrame:
    identifiers = {name: one.identifier for name, one in firm_of.items()}
    keys = [number_key(number) for number in found["id"]]
    return found.select(
        pl.col(own).replace_strict(ids),
        pl.lit(side).alias("side"),
        pl.col(other).replace_strict(identifiers).alias("counterpart"),
        pl.col("id").alias("number"),
        pl.Series("number_key", keys),
        "currency",
        pl.col("amount").alias("total"),
        pl.col("amount").alias("open"),
        pl.lit(0).alias("disputed"),
        "issue_date",
        "due_date",
        pl.concat_str(pl.lit(f"{side},"), pl.col("id")).alias("reference"),
        pl.lit(0).alias("last_notice"),
        pl.lit(now).alias("declared_at"),
    )


def _copy(cursor: Any, target: str, rows: pl.DataFrame) -> None:
    buffer = io.StringIO()
    rows.write_csv(buffer, include_header=False)
    buffer.seek(0)
    cursor.copy_expert(f"COPY {target} FROM STDIN (FORMAT csv)", buffer)


def _secret(member: Member) -> dict[str, str]:
    private = member.private.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    return {"identifier": member.identifier, "database": member.database, "private": private.hex()}


def _now() -> datetime:
    return datetime.now(UTC)
