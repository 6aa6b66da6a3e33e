"""The careful way through a file: row by row, up to the first that is wrong."""

from __future__ import annotations

import csv
import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import polars as pl

from bizoverbiz.files.cells import LARGEST, read_amount, read_currency, read_date, read_name
from bizoverbiz.files.columns import DELIMITERS, Layout, read_rows
from bizoverbiz.files.errors import CellError, FileError, quote
from bizoverbiz.files.vectors import SCHEMA

Value = str | int | dt.date | None
#: Rows converted to columns together.
_BATCH = 100_000


class CarefulReader:
    """Checks the rows of one file and keeps what they mean."""

    def __init__(self, file: str, decimals: int, currency: str, unit: str = "line") -> None:
        self._file, self._decimals, self._currency, self._unit = file, decimals, currency, unit
        self._sums: dict[str, int] = defaultdict(int)

    def read(self, rows: Iterable[tuple[int, Sequence[str]]], positions: dict[str, int]) -> pl.DataFrame:
        """Give the columns of `SCHEMA` from rows with their line numbers.

        Raises:
            FileError: names the first row that is wrong.
        """
        schema: dict[str, type[pl.DataType]] = {
            name: kind for name, kind in SCHEMA.items() if name in positions or name == "currency"
        }
        records = self._records(rows, positions, schema)
        parts = [pl.DataFrame(schema=schema | {"line": pl.Int64})]
        while batch := list(islice(records, _BATCH)):
            parts.append(pl.DataFrame(batch, schema=schema | {"line": pl.Int64}, orient="row"))
        frame = pl.concat(parts, rechunk=True)
        if "id" in schema:
            self._check_ids(frame)
        return frame.drop("line")

    def _records(
        self, rows: Iterable[tuple[int, Sequence[str]]], positions: dict[str, int], names: Iterable[str]
    ) -> Iterator[list[Value]]:
        for line, fields in rows:
            record: dict[str, Value] = {}
            for name in names:
                try:
                    record[name] = self._cell(name, fields[positions[name]] if name in positions else "")
                except CellError as error:
                    raise self._error(error.reason, error.way_out, line, name) from error
            if record["debtor"] == record["creditor"]:
                name = quote(str(record["debtor"]))
                raise self._error(f"{name} owes itself", "leave out what a member owes itself", line, "creditor")
            self._add(str(record["currency"]), record["amount"], line)
            yield [*record.values(), line]

    def _cell(self, name: str, text: str) -> Value:
        match name:
            case "amount":
                return read_amount(text, self._decimals)
            case "currency":
                return read_currency(text, self._currency)
            case "issue_date" | "due_date":
                return read_date(text)
            case _:
                return read_name(text)

    def _add(self, currency: str, amount: Value, line: int) -> None:
        assert isinstance(amount, int)
        self._sums[currency] += amount
        if self._sums[currency] > LARGEST:
            reason = f"up to here the amounts in {currency} add up to more than {LARGEST:,} minor units"
            raise self._error(reason, "net fewer obligations at a time, or write larger units", line, "amount")

    def _check_ids(self, frame: pl.DataFrame) -> None:
        again = frame.filter(~pl.col("id").is_first_distinct()).head(1)
        if again.height:
            name, line = again["id"][0], again["line"][0]
            first = frame.filter(pl.col("id") == name)["line"][0]
            reason = f"{quote(name)} is also the id on {self._unit} {first:,}"
            raise self._error(reason, "give each obligation its own id, or leave the column out", line, "id")

    def _error(self, reason: str, way_out: str, line: int, column: str | None = None) -> FileError:
        return FileError(self._file, reason, way_out, line=line, column=column, unit=self._unit)


def read_carefully(
    data: bytes, start: int, lines: int, layout: Layout, file: str, decimals: int, currency: str
) -> pl.DataFrame:
    """Read the rows of a CSV file from byte `start` on, before which there are that many lines.

    Raises:
        FileError: names the first line that is wrong.
    """
    rows = _rows_of_one_width(data, start, lines, layout, file)
    return CarefulReader(file, decimals, currency).read(rows, layout.positions)


def _rows_of_one_width(
    data: bytes, start: int, lines: int, layout: Layout, file: str
) -> Iterator[tuple[int, Sequence[str]]]:
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
            yield lines + row.line, row.fields
    except csv.Error as error:
        raise FileError(
            file,
            f"a double quote from here on is not closed properly ({error})",
            "close it, and write a double quote within a text twice",
            line=lines + following,
        ) from error


def _fields(count: int) -> str:
    return f"{count:,} field{'' if count == 1 else 's'}"
