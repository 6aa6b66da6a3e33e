"""SQLite's tables, indexes and triggers from PostgreSQL's catalogue."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import sqlglot
from sqlglot import exp

from .expressions import rewrite
from .snapshot import Snapshot

_SQLITE_TYPES = {"bigint": "INTEGER", "integer": "INTEGER", "smallint": "INTEGER", "boolean": "INTEGER"}


def statements(snapshot: Snapshot) -> Iterator[str]:
    """What makes an empty database of this schema."""
    keys = {table: definition for table, kind, definition in snapshot.constraints if kind == "p"}
    parts: dict[str, list[str]] = defaultdict(list)
    numbered = set()
    for table, name, kind, not_null, identity, default, generated in snapshot.columns:
        if identity and keys.get(table) == f"PRIMARY KEY ({name})":
            parts[table].append(f'"{name}" INTEGER PRIMARY KEY AUTOINCREMENT')
            numbered.add(table)
            continue
        column = f'"{name}" {_SQLITE_TYPES.get(kind, "TEXT")}'
        if generated:
            column += f" GENERATED ALWAYS AS ({expression(generated)}) STORED"
        elif default:
            column += f" DEFAULT ({expression(default)})"
        parts[table].append(column + (" NOT NULL" if not_null else ""))
    for table, kind, definition in snapshot.constraints:
        if not (kind == "p" and table in numbered):
            parts[table].append(_constraint(kind, definition))
    for table, columns in parts.items():
        yield f'CREATE TABLE "{table}" ({", ".join(columns)})'
    for number, (_, definition) in enumerate(snapshot.indexes):
        # Indexes for searching in texts keep nothing unique.
        if "_ops)" not in definition and " USING gin " not in definition:
            yield _index(number, definition)
    for (table,) in snapshot.append_only:
        for action in ("UPDATE", "DELETE"):
            yield (
                f"CREATE TRIGGER {table}_{action.lower()} BEFORE {action} ON {table}"
                f" BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )


def expression(text: str) -> str:
    """An expression of PostgreSQL's in SQLite's words."""
    return rewrite(sqlglot.parse_one(text, dialect="postgres")).sql(dialect="sqlite")


def _constraint(kind: str, definition: str) -> str:
    if kind == "c":
        body = definition.removeprefix("CHECK ").removesuffix(" NOT VALID")
        return f"CHECK {expression(body)}" if body.startswith("(") else f"CHECK ({expression(body)})"
    if kind == "f":
        # A transaction may write both ends in any order as long as they meet at its end, as a superset of what
        # PostgreSQL allows within one statement.
        return definition.split(" DEFERRABLE")[0] + " DEFERRABLE INITIALLY DEFERRED"
    return definition.replace("UNIQUE NULLS NOT DISTINCT", "UNIQUE")


def _index(number: int, definition: str) -> str:
    tree = sqlglot.parse_one(definition.replace("public.", ""), dialect="postgres")
    index = tree.find(exp.Index)
    assert index is not None, definition
    table = index.args["table"].name
    columns = ", ".join(
        rewrite(column.this if isinstance(column, exp.Ordered) else column).sql(dialect="sqlite")
        for column in index.args["params"].args["columns"]
    )
    where = index.args["params"].args.get("where")
    condition = f" WHERE {rewrite(where.this).sql(dialect='sqlite')}" if where else ""
    unique = "UNIQUE " if " UNIQUE " in definition else ""
    return f"CREATE {unique}INDEX index_{number} ON {table} ({columns}){condition}"
