"""The fast way through a file gives what the careful way gives, whatever the file; a fuzz run of both.

BIZOVERBIZ_FUZZ=20000 runs that many examples of each property; a failure prints how to replay it.
"""

import csv
import gzip
import io
import os
import tempfile
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from unittest.mock import patch

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bizoverbiz.files import FileError, read, regular
from bizoverbiz.files.careful import Terms, read_cells
from bizoverbiz.files.columns import find_layout, read_rows
from bizoverbiz.files.regular import read_regular
from bizoverbiz.files.whole import check_whole

fuzz = settings(
    deadline=None,
    max_examples=int(os.environ.get("BIZOVERBIZ_FUZZ", "120")),
    suppress_health_check=[HealthCheck.too_slow],
    print_blob=True,
)
OPTIONAL = ("id", "currency", "issue_date", "due_date", "note")
#: Characters that readers of CSV have disagreed about.
NASTY = [
    *'",;\t \r\n-+.0159eE/ABé€',
    *("\r\n", '""', '","', "\ufeff", "\u00a0", "\u0085", "\u2028", "\x0b", "\x0c", "\x1c", "\x1f\x8b", "PAR1", "\0"),
    *("2026-02-28", "31/12/2026", "EUR", "nan", "9223372036854775807", "A" * 300, "\n\n", "\n,,\n"),
]


@contextmanager
def small_parts(block: int, part: int):
    """Let files of a few rows have several blocks and parts."""
    with patch.object(regular, "_BLOCK", block), patch.object(regular, "_PART", part):
        yield


def read_bytes(content: bytes, decimals: int = 0):
    with tempfile.NamedTemporaryFile(suffix=".csv") as file:
        file.write(content)
        file.flush()
        return read(Path(file.name), decimals=decimals)


texts = st.text(
    st.sampled_from([*'ab",;\té€ \n\r\u2028\ufeff'])
    | st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
    max_size=8,
)
names = texts.map(lambda text: text.strip(" \t\u00a0\u202f")).filter(bool)
dates = st.none() | st.dates(date(1, 1, 1), date(9999, 12, 31))


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[str], list[dict]]:
    titles = draw(st.permutations(["debtor", "creditor", "amount", *draw(st.sets(st.sampled_from(OPTIONAL)))]))
    rows = []
    for i in range(draw(st.integers(1, 12))):
        debtor, creditor = draw(st.lists(names, min_size=2, max_size=2, unique=True))
        rows.append(
            {
                "id": f"{draw(names)}{i:03}",
                "debtor": debtor,
                "creditor": creditor,
                "amount": draw(st.integers(1, 2**63 // 12)),
                "currency": draw(st.sampled_from(["EUR", "CHF", "XPF"])),
                "issue_date": draw(dates),
                "due_date": draw(dates),
                "note": draw(texts),
            }
        )
    return titles, rows


@st.composite
def files(draw: st.DrawFn) -> tuple[bytes, list[str], list[dict], int]:
    """A valid file, what it holds, and the decimals of its amounts."""
    titles, rows = draw(tables())
    decimals = draw(st.sampled_from([0, 0, 2, 3]))
    delimiter = draw(st.sampled_from(",;\t "))
    end = draw(st.sampled_from(["\n", "\r\n"]))
    quoted = draw(st.sampled_from([st.just(True), st.just(False), st.booleans()]))

    def field(value: object) -> str:
        text = "" if value is None else str(value)
        if draw(quoted) or any(char in text for char in f'"\r\n{delimiter}'):
            return '"' + text.replace('"', '""') + '"'
        return text

    def amount(minor: int) -> str:
        whole, fraction = divmod(minor, 10**decimals)
        return f"{whole}{draw(st.sampled_from('.,'))}{fraction:0{decimals}}" if decimals else str(minor)

    lines = [titles, *([row[title] if title != "amount" else amount(row[title]) for title in titles] for row in rows)]
    text = end.join(delimiter.join(map(field, line)) for line in lines)
    return (
        (draw(st.sampled_from(["", "\ufeff"])) + text + draw(st.sampled_from([end, "", end * 2]))).encode(),
        titles,
        rows,
        decimals,
    )


@fuzz
@given(files(), st.sampled_from([(40, 40), (200, 300), (2**16, 2**25)]))
def test_a_valid_file_gives_what_was_written_into_it(case, sizes):
    content, titles, rows, decimals = case
    with small_parts(*sizes):
        found = read_bytes(content, decimals).frame
    assert set(found.columns) == {*titles, "currency"} - {"note"}
    for got, row in zip(found.rows(named=True), rows, strict=True):
        assert got == {name: row[name] for name in found.columns} | (
            {} if "currency" in titles else {"currency": "EUR"}
        )


@fuzz
@given(files())
def test_a_valid_file_gives_what_the_csv_module_reads_in_it(case):
    content, _, _, decimals = case
    text = content.decode("utf-8-sig")
    delimiter = next(char for char in text if char in ",;\t ")
    expected = [
        (row["debtor"], row["creditor"], int(row["amount"].replace(",", "").replace(".", "")))
        for row in csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
    ]
    found = read_bytes(gzip.compress(content), decimals).frame
    assert found.select("debtor", "creditor", "amount").rows() == expected


@st.composite
def mutations(draw: st.DrawFn) -> tuple[bytes, int]:
    """A valid file after a few accidents."""
    content, _, _, decimals = draw(files())
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(content)))
        until = min(len(content), at + draw(st.integers(0, 6)))
        put = draw(st.sampled_from(NASTY).map(str.encode) | st.binary(max_size=3) | st.just(content[at : at + 40]))
        content = content[:at] + put + content[until:]
    return content, decimals


def cell_by_cell(content: bytes, decimals: int) -> pl.DataFrame | None:
    """What the csv module and the definition of each cell make of a file; None when they refuse it."""
    try:
        content.decode()
        layout = find_layout(content, 3 if content.startswith(b"\xef\xbb\xbf") else 0, "file")
        rows = list(read_rows(content, layout.start, layout.delimiter))
        if not rows or {len(row.fields) for row in rows} != {layout.width}:
            return None
        columns = {name: [row.fields[index] for row in rows] for name, index in layout.positions.items()}
        terms = Terms("file", decimals, "EUR")
        frame = read_cells(pl.DataFrame(columns), range(len(rows)), terms)
        check_whole(frame, lambda row: row, terms)
    except (FileError, csv.Error, UnicodeDecodeError):
        return None
    return frame


def agree(content: bytes, decimals: int) -> None:
    expected = cell_by_cell(content, decimals)
    try:
        found = read_bytes(content, decimals).frame
    except FileError:
        assert expected is None or b"\0" in content
        return
    assert expected is not None
    assert found.schema == expected.schema
    assert found.equals(expected)
    always = found.select(pl.exclude("issue_date", "due_date"))
    assert not any(always.null_count().row(0))


@fuzz
@given(mutations(), st.sampled_from([(40, 40), (200, 300), (2**16, 2**25)]))
def test_a_mutated_file_is_read_as_the_careful_way_reads_it_or_refused(case, sizes):
    content, decimals = case
    with small_parts(*sizes):
        agree(content, decimals)


#: Fields as a careless program writes them, most of them valid.
NAMES = [*"ABCDEFGH", "", " I", "J ", '"K"', '"L,M"', '"N""O"', '""', '"P\nQ"', '"R\r\nS"', '"\rT"']
ODD_NAMES = ['U"V', 'W"', '"X"Y', '"Z', ' "a"', '"b" ', "c\rd", "e\nf", "g,h", '""i', '"j""', "\ufeffk", "l\0", '"""']
AMOUNTS = ["1", "22", '"3"', " 4", "+5", "007", "8.5", '"9,5"', "10.25", "0", "-1", "1e2", ".5", "5.", "1.", ""]
DATES = ["", "2026-02-28", '"2026-12-31"', "28/02/2026", " 2026-01-01", "2026-02-29", "2026-1-1"]
ENDS = ["\n", "\r\n", "\r", "\n\n", "\n\r\n", ",\n", " \n"]


def mostly(usual: list[str], odd: list[str]) -> st.SearchStrategy[str]:
    return st.integers(0, 19).flatmap(lambda chance: st.sampled_from(odd if chance == 13 else usual))


@st.composite
def careless(draw: st.DrawFn) -> tuple[bytes, int]:
    """A file of rows that are mostly right, so that what is wrong is often the only thing."""
    name, date = mostly(NAMES[:8] + NAMES[9:], [*ODD_NAMES, ""]), mostly(DATES[:5], DATES)
    end, decimals = draw(mostly(ENDS[:2], ENDS)), draw(st.sampled_from([0, 2]))
    amount = mostly(AMOUNTS[: 9 if decimals else 6], AMOUNTS)
    title = draw(st.sampled_from(["debtor,creditor,amount,due_date", "debtor,creditor,amount,note"]))
    rows = [title + end]
    for i in range(draw(st.integers(1, 8))):
        fields = [draw(name), f"{i}", draw(amount), draw(date if "due" in title else name)]
        width = draw(mostly([4], [3, 5]))
        rows.append(",".join([*fields, "x"][:width]) + draw(mostly([end], ENDS)))
    return "".join(rows).encode(), decimals


@fuzz
@given(careless(), st.sampled_from([(16, 16), (60, 100), (2**16, 2**25)]))
def test_a_careless_file_is_read_as_the_careful_way_reads_it_or_refused(case, sizes):
    content, decimals = case
    with small_parts(*sizes):
        agree(content, decimals)


@fuzz
@given(st.binary(max_size=200), st.sampled_from([b"", b"\x1f\x8b", b"PAR1", b"debtor,creditor,amount\n"]))
def test_any_bytes_are_read_or_refused(content, head):
    agree(head + content, 0)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
@pytest.mark.parametrize("sizes", [(64, 64), (100, 300), (2**16, 2**25)])
def test_ordinary_files_go_the_fast_way_to_their_end(quoting, end, sizes):
    rows = [("Dupont, fils", 'Le "Lion"', 5, "EUR"), ("A\nB", "C", 6, "EUR"), ("D", "E\r\n, F", 7, "EUR")] * 9
    text = io.StringIO()
    writer = csv.writer(text, quoting=quoting, lineterminator=end)
    writer.writerows([["debtor", "creditor", "amount"], *(row[:3] for row in rows)])
    content = text.getvalue().encode()
    with small_parts(*sizes):
        parts, done = read_regular(content, find_layout(content, 0, "file"), Terms("file", 0, "EUR"))
    assert done == len(content)
    assert pl.concat(parts).rows() == rows
