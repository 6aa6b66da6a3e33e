"""Many rows at once: from the database into columns and back, through COPY."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from typing import Any

import polars as pl

from bizoverbiz.store.database import Transaction

Schema = Mapping[str, Any]


@contextmanager
def for_all(tx: Transaction) -> Iterator[None]:
    """Queries inside go through all rows of a round, and are planned so."""
    tx.run("planner_for_all")
    yield
    tx.run("planner_as_usual")


def read(tx: Transaction, name: str, schema: Schema, /, **parameters: Any) -> pl.DataFrame:
    """What a query of the form `COPY (SELECT …) TO STDOUT (FORMAT csv)` gives, in the schema's order of columns."""
    buffer = BytesIO()
    tx.copy_out(name, buffer, **parameters)
    if not buffer.getbuffer():
        return pl.DataFrame(schema=dict(schema))
    buffer.seek(0)
    return pl.read_csv(buffer, has_header=False, schema=dict(schema))


def read_with(
    tx: Transaction, name: str, schema: Schema, rows: Iterable[Mapping[str, Any]], /, **parameters: Any
) -> pl.DataFrame:
    """The same for a query that reads `rows` with `json_to_recordset(%(rows)s)`."""
    return read(tx, name, schema, rows=json.dumps(list(rows), default=str), **parameters)


def write(tx: Transaction, table: str, frame: pl.DataFrame) -> None:
    """Put rows into the temporary table that the queries `<table>_table` and `<table>_copy` make and fill.

    It is gone with the transaction; row-level security lets nothing be copied into a table of members directly.
    """
    tx.run(f"{table}_table")
    buffer = BytesIO()
    frame.write_csv(buffer, include_header=False)
    buffer.seek(0)
    tx.copy_in(f"{table}_copy", buffer)
    tx.run(f"{table}_analyze")
