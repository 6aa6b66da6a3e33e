"""Everything a round can be checked from: read from the database, or from an auditor's file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from bizoverbiz.errors import WrongInputError
from bizoverbiz.members.joining import key_set
from bizoverbiz.rounds.audit import instant
from bizoverbiz.store import rounds as store
from bizoverbiz.store.database import Transaction

_FORMAT = "bizoverbiz-audit/1"
_TIMES = ("opened_at", "frozen_at", "proposed_at", "deadline", "decided_at", "ended_at")
#: What each part's rows say; `docs/protocol.md` lists them. NOTE: exports are kept for years, so fields are only added.
_PARTS: Mapping[str, tuple[str, ...]] = {
    "entries": ("seq", "at", "kind", "body", "salt", "hash", "entry", "link"),
    "problems": ("currency", "matched", "proposed", "proposal_certificate", "set_off", "decision_certificate"),
    "lines": (
        *("id", "key", "currency", "creditor", "debtor", "number", "issue_date", "due_date", "ceiling", "proposed"),
        *("final_ceiling", "set_off", "salt"),
    ),
    "approvals": ("line_id", "side", "approved"),
    "notices": ("identifier", "number", "currency", "jws"),
}


@dataclass(frozen=True, slots=True)
class Record:
    """A stored round. Rows have the fields of `_PARTS`; amounts in minor units."""

    number: int
    state: str
    root: str | None
    #: The head of the log at the decision, which stands in every notice.
    audit_head: str | None
    #: The instants of its steps, RFC 3339.
    times: Mapping[str, str | None]
    #: The engine's published keys, a JWK set.
    keys: Mapping[str, Any]
    entries: list[Any]
    problems: list[Any]
    lines: list[Any]
    approvals: list[Any]
    notices: list[Any]


def load(tx: Transaction, number: int) -> Record:
    """Read a round from the database. Raises `NotFoundError`."""
    current = store.get(tx, number)
    return Record(
        number=number,
        state=current.state,
        root=current.root,
        audit_head=current.audit_head,
        times={name: instant(getattr(current, name)) if getattr(current, name) else None for name in _TIMES},
        keys=key_set(tx),
        entries=tx.all("audit_entries", round=number),
        problems=tx.all("problems", round=number),
        lines=tx.all("lines", round=number),
        approvals=tx.all("approvals", round=number),
        notices=tx.all("notices_of_round", round=number),
    )


def export(record: Record) -> Iterator[str]:
    """The lines of an auditor's file: a head, then one JSON object a row; the same round gives the same bytes."""
    head = {name: getattr(record, name) for name in ("number", "state", "root", "audit_head", "times", "keys")}
    yield _text({"part": "round", "format": _FORMAT} | head)
    for part, names in _PARTS.items():
        for row in getattr(record, part):
            yield _text({"part": part} | {name: getattr(row, name) for name in names})


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str) + "\n"


def read(path: Path) -> Record:
    """Read an auditor's file. Raises `WrongInputError`, naming the line that is wrong."""
    try:
        with path.open(encoding="utf-8", newline="\n") as file:
            return _read(file)
    except (OSError, UnicodeDecodeError) as error:
        raise WrongInputError(f"{path} cannot be read: {error}") from None
    except _LineError as error:
        raise WrongInputError(f"{path}: {error}") from None


class _LineError(ValueError):
    pass


def _read(lines: Iterable[str]) -> Record:
    head: dict[str, Any] | None = None
    parts: dict[str, list[Any]] = {part: [] for part in _PARTS}
    for place, text in enumerate(lines, start=1):
        try:
            row = json.loads(text)
            part = row.pop("part")
            if head is None:
                if part != "round" or row.pop("format") != _FORMAT:
                    raise _LineError(f"this is no {_FORMAT} export: make one with `bizoverbiz audit export`")
                head = row
            else:
                parts[part].append(_row(part, row))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            if isinstance(error, _LineError):
                raise
            raise _LineError(f"line {place} is not one of an audit export: {error!r}") from None
    names = {field.name for field in fields(Record)} - set(_PARTS)
    if head is None or set(head) != names:
        raise _LineError("the first line does not describe a round: the export is empty or was cut")
    whole: dict[str, Any] = head | parts
    return Record(**whole)


def _row(part: str, row: dict[str, Any]) -> Any:
    if set(row) != set(_PARTS[part]):
        raise ValueError(f"a row of {part} has the fields {', '.join(_PARTS[part])}")
    for name in ("issue_date", "due_date"):
        if row.get(name) is not None:
            row[name] = date.fromisoformat(row[name])
    return SimpleNamespace(**row)
