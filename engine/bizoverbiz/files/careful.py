"""The careful way: csv module, batch by batch, and cell by cell where something is wrong."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

import polars as pl

from bizoverbiz.files.cells import read_amount, read_currency, read_date, read_name
from bizoverbiz.files.columns import DELIMITERS, Layout, Row, read_rows
from bizoverbiz.files.errors import CellError, FileError, quote
from bizoverbiz.files.vectors import SCHEMA, convert, strip

#: Rows converted together.
_BATCH = 20_000


class Terms(NamedTuple):
    """How values are to be understood, and how messages name the place of one that cannot be."""

    file: str
    #: Decimals that amounts may be written with.
    decimals: int
    #: Where a row names none.
    currency: str
    #: What rows are numbered by: lines of a text or rows of a table.
    unit: str = "line"

    def error(self, cell: CellError, line: int, column: str) -> FileError:
        """Say where a value is wrong."""
        return FileError(self.file, cell.reason, cell.way_out, line=line, column=column, unit=self.unit)


def read_carefully(data: bytes, start: int, lines: int, layout: Layout, terms: Terms) -> Iterator[pl.DataFrame]:
    """Read the rows of a CSV file from byte `start` on, before which there are that many lines.

    Raises:
        FileError: names the first line that is wrong.
    """
    rows = _rows_of_one_width(data, start, lines, layout, terms.file)
    broken: FileError | None = None
    while broken is None:
        batch: list[Row] = []
        try:
            for row in islice(rows, _BATCH):
                batch.append(row)
        except FileError as error:
            # an earlier row of the batch may be wrong, too
            broken = error
        if not batch:
            break
        columns = list(zip(*(row.fields for row in batch), strict=True))
        raw = pl.DataFrame({name: columns[index] for name, index in layout.positions.items()})
        yield read_strings(raw, [lines + row.line for row in batch], terms)
    if broken:
        raise broken


def read_strings(raw: pl.DataFrame, lines: Sequence[int], terms: Terms) -> pl.DataFrame:
    """Give strings their meaning.

    Args:
        raw: String columns named as in `SCHEMA`, without nulls, blanks around the values allowed.
        lines: the number of each row's line.
        terms: how to understand them.

    Raises:
        FileError: names the first line that is wrong.
    """
    names = pl.col("debtor", "creditor", *(["id"] if "id" in raw.columns else []))
    clean = not any(raw.select(names.str.contains("\0", literal=True).any()).row(0))
    frame = convert(strip(raw), terms.decimals, terms.currency) if clean else None
    return read_cells(raw, lines, terms) if frame is None else frame


def read_cells(raw: pl.DataFrame, lines: Sequence[int], terms: Terms) -> pl.DataFrame:
    """Do what `read_strings` does, one cell after the other."""
    readers = {
        "id": read_name,
        "debtor": read_name,
        "creditor": read_name,
        "amount": lambda text: read_amount(text, terms.decimals),
        "currency": lambda text: read_currency(text, terms.currency),
        "issue_date": read_date,
        "due_date": read_date,
    }
    schema = {name: kind for name, kind in SCHEMA.items() if name in raw.columns or name == "currency"}
    records = []
    for line, row in zip(lines, raw.iter_rows(named=True), strict=True):
        record: dict[str, Any] = {}
        for name in schema:
            try:
                record[name] = readers[name](row.get(name, ""))
            except CellError as error:
                raise terms.error(error, line, name) from error
        if record["debtor"] == record["creditor"]:
            itself = CellError(f"{quote(record['debtor'])} owes itself", "leave out what a member owes itself")
            raise terms.error(itself, line, "creditor")
        records.append(record)
    return pl.DataFrame(records, schema=schema)


def _rows_of_one_width(data: bytes, start: int, lines: int, layout: Layout, file: str) -> Iterator[Row]:
    following = 1
    try:
        for row in read_rows(data, start, layout.delimiter):
            following = row.end + 1
            if len(row.fields) != layout.width:
                raise FileError(
                    file,
                    f"{_fields(len(row.fields))} where {_fields(layout.width)} separated by "
                    f"{DELIMITERS[layout.delimiter]} are expected",
                    "put a text that contains the delimiter between double quotes",
                    line=lines + row.line,
                )
            yield row
    except csv.Error as error:
        reason = "a double quote from here on is not closed properly"
        if "limit" in str(error):
            reason = f"a field has more than {csv.field_size_limit():,} characters; perhaps a double quote is left open"
        way_out = "close it, and write a double quote within a text twice"
        raise FileError(file, reason, way_out, line=lines + following) from error


def _fields(count: int) -> str:
    return f"{count:,} field{'' if count == 1 else 's'}"
