"""PostgreSQL's functions, and those of the migrations, for SQLite."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from . import values


def install(
    connection: sqlite3.Connection,
    *,
    settings: Callable[[], dict[str, str]],
    new_uuid: Callable[[], Any],
    lock: Callable[[str], bool],
) -> None:
    """Add them to a connection."""

    def wait_for(*key: Any) -> str:
        assert lock(str(key)), f"nobody lets go of lock {key}"
        return ""

    def acting(name: str) -> str | None:
        return settings().get(name) or None

    def split(text: str | None, separator: str) -> str | None:
        return None if text is None else json.dumps(text.split(separator) if text else [])

    for name, function in values.FUNCTIONS.items():
        connection.create_function(name, 1, function, deterministic=True)
    connection.create_function("pg_shifted", 3, values.shifted, deterministic=True)
    connection.create_function("acting", 1, acting)
    connection.create_function("acting_member", 0, lambda: values.uuid(acting("member")))
    connection.create_function("string_to_array", 2, split, deterministic=True)
    for name in ("uuid", "gen_random_uuid"):
        connection.create_function(name, 0, lambda: values.into(new_uuid()))
    for name in ("pg_advisory_xact_lock", "pg_advisory_xact_lock_shared"):
        connection.create_function(name, -1, wait_for)
    connection.create_function("pg_try_advisory_xact_lock", -1, lambda *key: lock(str(key)))
    connection.create_function("hashtextextended", 2, _hash, deterministic=True)
    connection.create_function("hashtext", 1, lambda text: _hash(text, 0) % 2**31, deterministic=True)
    connection.create_function(
        "sha256_of", 1, lambda text: text and sha256(text.encode()).hexdigest(), deterministic=True
    )
    connection.create_function("instant_of", 1, lambda at: at and f"{values.out(at):%Y-%m-%dT%H:%M:%SZ}")
    connection.create_function("epoch_of", 1, lambda at: None if at is None else values.out(at).timestamp())
    connection.create_function("regexp", 2, lambda pattern, text: text is not None and bool(re.search(pattern, text)))


def _hash(text: str, seed: int) -> int:
    return int.from_bytes(sha256(f"{seed} {text}".encode()).digest()[:7])
