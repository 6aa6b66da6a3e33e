"""Which columns a file has, and what separates them."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from bizoverbiz.files.errors import FileError, quote

REQUIRED = ("debtor", "creditor", "amount")
OPTIONAL = ("id", "currency", "issue_date", "due_date")
#: Tried in this order: in a French file the comma is more often a decimal comma than a delimiter.
DELIMITERS = {"\t": "tabs", ";": "semicolons", ",": "commas", " ": "spaces"}
#: What ends a line for the csv module and for an editor.
LINE_END = re.compile(rb"\r\n?|\n")

_MEANINGS = {name.replace("_", ""): name for name in (*REQUIRED, *OPTIONAL)} | {
    "debiteur": "debtor",
    "creancier": "creditor",
    "montant": "amount",
    "devise": "currency",
    "datefacture": "issue_date",
    "echeance": "due_date",
    "dateecheance": "due_date",
}
_LIKE_A_NUMBER = re.compile(r"\s*[+-]?[0-9]")
_NEEDED = "name the columns debtor, creditor and amount, and if there are any id, currency, issue_date and due_date"
_NEEDED_IN_CSV = (
    f"{_NEEDED}, in the first line, separated by commas, semicolons, tabs or spaces; "
    "only three columns debtor, creditor, amount can do without names"
)


class Layout(NamedTuple):
    """How the rows of a CSV file are to be read."""

    delimiter: str
    #: Fields a row.
    width: int
    #: Index of the field of each column known here.
    positions: dict[str, int]
    #: Physical lines before the first row, and its first byte.
    lines: int
    start: int


def find_columns(titles: Sequence[str], file: str, line: int | None = None) -> dict[str, int]:
    """Give the index of each column known here; other columns mean nothing.

    Raises:
        FileError: a required column is missing, or two columns mean the same.
    """
    positions: dict[str, int] = {}
    for index, title in enumerate(titles):
        meaning = _meaning(title)
        if meaning is None:
            continue
        if meaning in positions:
            both = f"{quote(titles[positions[meaning]])} and {quote(title)}"
            raise FileError(file, f"two columns, {both}, mean {meaning}", "remove or rename one", line=line)
        positions[meaning] = index
    if missing := [name for name in REQUIRED if name not in positions]:
        way_out = _NEEDED if line is None else _NEEDED_IN_CSV
        found = quote(", ".join(title.strip() for title in titles[:99]), longest=160)
        raise FileError(file, f"no column {' and no column '.join(missing)} among {found}", way_out, line=line)
    return positions


def find_layout(data: bytes, start: int, file: str) -> Layout:
    """Find the delimiter and the columns from the first rows; `data` is UTF-8, read from byte `start` on.

    Raises:
        FileError: nothing there, or not the columns that are needed.
    """
    readable = {delimiter: rows for delimiter in DELIMITERS if (rows := _opening(data, start, delimiter))}
    if not readable:
        raise FileError(file, "the first row opens a double quote that is not closed properly", "correct it", line=1)
    for delimiter, rows in readable.items():
        fields = rows[0].fields
        if {_meaning(title) for title in fields}.issuperset(REQUIRED):
            positions, lines = find_columns(fields, file, rows[0].line), rows[0].end
            return Layout(delimiter, len(fields), positions, lines, _skip_lines(data, start, lines))
    # a first line alone may fit by accident, as "A B;C 5;10" does with spaces: the other lines count too
    headless = [delimiter for delimiter, rows in readable.items() if _is_data(rows[0])]
    if headless:
        delimiter = max(headless, key=lambda delimiter: all(map(_is_data, readable[delimiter])))
        positions, lines = {name: i for i, name in enumerate(REQUIRED)}, readable[delimiter][0].line - 1
        return Layout(delimiter, len(positions), positions, lines, _skip_lines(data, start, lines))
    likeliest = max((rows[0] for rows in readable.values()), key=lambda row: (_known(row.fields), len(row.fields)))
    find_columns(likeliest.fields, file, likeliest.line)
    raise AssertionError("columns that suffice are accepted above")


class Row(NamedTuple):
    """One record of a CSV file."""

    #: The physical line on which it begins, and the one on which it ends.
    line: int
    end: int
    fields: list[str]


def read_rows(data: bytes, start: int, delimiter: str) -> Iterator[Row]:
    """Give the records of a CSV file without the blank lines.

    Raises:
        csv.Error: quotes that are not closed, or text after a closing quote.
    """
    # a text stream with newline="" ends lines as editors do: at \\n, \\r and \\r\\n, and at nothing else
    raw = io.BytesIO(data)
    raw.seek(start)
    with io.TextIOWrapper(raw, encoding="utf-8", newline="") as lines:
        reader = csv.reader(lines, delimiter=delimiter, strict=True, skipinitialspace=delimiter != " ")
        end = 0
        for fields in reader:
            if fields:
                yield Row(end + 1, reader.line_num, fields)
            end = reader.line_num


def _skip_lines(data: bytes, start: int, lines: int) -> int:
    for _ in range(lines):
        end = LINE_END.search(data, start)
        start = end.end() if end else len(data)
    return start


def _opening(data: bytes, start: int, delimiter: str) -> list[Row]:
    rows: list[Row] = []
    try:
        rows.extend(islice(read_rows(data, start, delimiter), 20))
    except csv.Error:
        # a row that cannot be read is reported when its turn comes
        return rows
    return rows


def _meaning(title: str) -> str | None:
    plain = "".join(c for c in unicodedata.normalize("NFKD", title) if not unicodedata.combining(c))
    return _MEANINGS.get(re.sub(r"[\s_-]+", "", plain).casefold())


def _known(titles: Sequence[str]) -> int:
    return sum(_meaning(title) is not None for title in titles)


def _is_data(row: Row) -> bool:
    return len(row.fields) == 3 and _LIKE_A_NUMBER.match(row.fields[2]) is not None
