"""Statements that are no query: temporary tables, COPY, ANALYZE; said as queries on tables that are always there."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlglot
from sqlglot import exp

_CREATE = re.compile(r"CREATE TEMP(?:ORARY)? TABLE (\w+)\s*(\(.*\))?\s*ON COMMIT DROP(?:\s+AS\s+(.*))?", re.DOTALL)
_FOR_THE_PLANNER = re.compile(r"ANALYZE \w+|(?:SET LOCAL [^;]+(?:; )?)+")
_DROP = re.compile(r"DROP TABLE ([\w, ]+)")
_COPY_OUT = re.compile(r"COPY \((.*)\)\s*TO STDOUT \(FORMAT csv\)", re.DOTALL)
_COPY_IN = re.compile(r"COPY (\w+) FROM STDIN \(FORMAT csv\)")
_NOTHING = "SELECT 1 AS one WHERE false"

#: Columns of the temporary tables, with their types as far as they are said.
Scratch = Mapping[str, Mapping[str, str | None]]


@dataclass(frozen=True, slots=True)
class Form:
    """A query that does the same."""

    text: str
    #: Tables it leaves empty.
    empties: tuple[str, ...] = ()


def as_query(text: str, scratch: Scratch) -> Form:
    """The statement itself if it is a query already."""
    text = text.replace("%%", "%")
    if found := _CREATE.fullmatch(text):
        table, _, select = found.groups()
        if select is None:
            return Form(_NOTHING, (table,))
        return Form(f"INSERT INTO {table} ({', '.join(scratch[table])}) {select}", (table,))
    if _FOR_THE_PLANNER.fullmatch(text):
        return Form(_NOTHING)
    if found := _DROP.fullmatch(text):
        return Form(_NOTHING, tuple(name.strip() for name in found[1].split(",")))
    if found := _COPY_OUT.fullmatch(text):
        return Form(found[1])
    if found := _COPY_IN.fullmatch(text):
        names = ", ".join(scratch[found[1]])
        types = ", ".join(f"{name} {kind}" for name, kind in scratch[found[1]].items())
        return Form(
            f"INSERT INTO {found[1]} ({names}) SELECT {names} FROM json_to_recordset(%(rows)s::json) AS row ({types})"
        )
    return Form(text)


def scratch_tables(texts: Iterable[str]) -> dict[str, dict[str, str | None]]:
    """Every temporary table that some query makes."""
    tables: dict[str, dict[str, str | None]] = {}
    for text in texts:
        found = _CREATE.fullmatch(text)
        if found is None:
            continue
        table, columns, select = found.groups()
        if columns:
            made = sqlglot.parse_one(f"CREATE TABLE {table} {columns}", dialect="postgres")
            tables[table] = {
                column.name: column.args["kind"].sql(dialect="postgres").lower()
                for column in made.find_all(exp.ColumnDef)
            }
        else:
            query = sqlglot.parse_one(select, dialect="postgres")
            assert isinstance(query, exp.Query), table
            tables[table] = {one.alias_or_name: _kind(one.unalias()) for one in query.selects}
    return tables


def _kind(value: exp.Expression) -> str | None:
    return "boolean" if isinstance(value, (exp.Predicate, exp.Not, exp.And, exp.Or)) else None


def to_csv(rows: Iterable[Iterable[Any]]) -> bytes:
    """As COPY writes it."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue().encode()


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "t" if value else "f"
    return value.isoformat() if isinstance(value, (date, datetime)) else value


def from_csv(raw: bytes, columns: Mapping[str, str | None]) -> str:
    """Rows for `json_to_recordset`. An empty cell is NULL; none of ours is an empty text."""
    rows = csv.reader(io.StringIO(raw.decode()))
    return json.dumps(
        [
            {name: _number(cell, kind) for (name, kind), cell in zip(columns.items(), row, strict=True) if cell}
            for row in rows
        ]
    )


def _number(cell: str, kind: str | None) -> Any:
    return int(cell) if kind in ("bigint", "integer") else cell
