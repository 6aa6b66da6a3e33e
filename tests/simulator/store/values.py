"""How SQLite holds what PostgreSQL has a type for: text with a mark before it that says which, and sorts the same."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from functools import lru_cache
from typing import Any
from uuid import UUID

from dateutil.parser import isoparse

_UUID, _INSTANT, _DAY = "\x1fU", "\x1fT", "\x1fD"


def uuid(value: Any) -> Any:
    if value is None or value.startswith("\x1f"):
        return value
    return _UUID + str(UUID(value))


def instant(value: Any) -> Any:
    if value is None or value.startswith(_INSTANT):
        return value
    if value.startswith(_DAY):
        return f"{_INSTANT}{value[2:]}T00:00:00.000000+00:00"
    return into(isoparse(value))


def day(value: Any) -> Any:
    if value is None or value.startswith(_DAY):
        return value
    return _DAY + (value[2:] if value.startswith(_INSTANT) else value)[:10]


def text(value: Any) -> Any:
    """As PostgreSQL casts it to text; instants are not compared so."""
    if isinstance(value, str) and value.startswith("\x1f"):
        return value[2:]
    return value if value is None else str(value)


#: SQL function by PostgreSQL type: makes the marked text of a plain one, and leaves a marked one as it is.
MARKS: Mapping[str, str] = {
    "uuid": "pg_uuid",
    "timestamp with time zone": "pg_instant",
    "timestamptz": "pg_instant",
    "date": "pg_day",
}
FUNCTIONS: Mapping[str, Callable[[Any], Any]] = {
    "pg_uuid": uuid,
    "pg_instant": instant,
    "pg_day": day,
    "pg_text": text,
}


def into(value: Any) -> Any:
    """A parameter as SQLite takes it."""
    if value is None or type(value) in (str, int, float, bytes):
        return value
    if isinstance(value, UUID):
        return _marked(value)
    if isinstance(value, datetime):
        assert value.tzinfo is not None, "times are aware"
        return _INSTANT + value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, date):
        return _DAY + value.isoformat()
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, Enum):
        return into(value.value)
    if isinstance(value, (list, tuple, set, frozenset)):
        return json.dumps([into(one) for one in value])
    adapted = getattr(value, "adapted", None)
    assert adapted is not None, f"a parameter of type {type(value).__name__} is not known here"
    return json.dumps(adapted)


def out(value: Any) -> Any:
    """What psycopg2 would give."""
    if type(value) is not str or not value.startswith("\x1f"):
        return value
    return _meant(value)


@lru_cache(1 << 16)
def _marked(value: UUID) -> str:
    return _UUID + str(value)


@lru_cache(1 << 16)
def _meant(value: str) -> Any:
    mark, rest = value[:2], value[2:]
    if mark == _UUID:
        return UUID(rest)
    return datetime.fromisoformat(rest) if mark == _INSTANT else date.fromisoformat(rest)


def out_bool(value: Any) -> Any:
    return None if value is None else bool(value)


def out_json(value: Any) -> Any:
    return None if value is None else json.loads(value)


def out_array(value: Any) -> Any:
    return None if value is None else [out(one) for one in json.loads(value)]


def shifted(value: Any, interval: str, sign: int) -> Any:
    """An instant or a day, and an interval such as `3 days` later."""
    if value is None:
        return None
    words = interval.split()
    spans = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800}
    seconds = sum(float(count) * spans[unit.rstrip("s")] for count, unit in zip(words[::2], words[1::2], strict=True))
    base = out(value)
    if not isinstance(base, datetime):
        base = datetime(base.year, base.month, base.day, tzinfo=UTC)
    return into(base + sign * timedelta(seconds=seconds))
