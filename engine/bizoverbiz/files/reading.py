"""Reading a file of obligations: bytes, compression, encoding, and then the fast or the careful way."""

from __future__ import annotations

import codecs
import gzip
import hashlib
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import polars as pl

from bizoverbiz.currencies import CURRENCIES
from bizoverbiz.files.careful import Terms, read_carefully
from bizoverbiz.files.columns import LINE_END, find_layout, read_rows
from bizoverbiz.files.errors import FileError
from bizoverbiz.files.parquet import is_parquet, read_parquet
from bizoverbiz.files.regular import read_regular
from bizoverbiz.files.whole import check_whole

_GZIP_MAGIC = b"\x1f\x8b"
_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
#: The number of decimals an amount may be written with at most.
MOST_DECIMALS = 9


class ObligationFile(NamedTuple):
    """What a file of obligations contains."""

    #: The file's name without its folder.
    name: str
    #: SHA-256 of the file's bytes as they lie on disk, in hexadecimal.
    sha256: str
    #: Obligations.
    rows: int
    #: In the file's order: id (String, may be absent), debtor, creditor (String), amount (Int64, minor units),
    #: currency (Categorical), issue_date, due_date (Date, may be absent, null where the file says nothing).
    frame: pl.DataFrame


def read(
    path: Path,
    *,
    decimals: int = 0,
    currency: str = "EUR",
    progress: Callable[[int, int], object] | None = None,
) -> ObligationFile:
    """Read obligations from CSV (comma, semicolon, tab or space; with a header) or Parquet, plain or gzip.

    Args:
        path: the file.
        decimals: how many decimals the amounts may be written with; 0 when they are minor units already.
        currency: ISO 4217 code of rows that name none.
        progress: called now and then with the bytes done and the bytes in all (uncompressed), CSV only.

    Raises:
        FileError: the file cannot be read or holds something that is no obligation.
        ValueError: `decimals` or `currency` make no sense.
    """
    if not 0 <= decimals <= MOST_DECIMALS:
        raise ValueError(f"decimals must be 0 to {MOST_DECIMALS}, not {decimals}")
    if currency not in CURRENCIES:
        raise ValueError(f"{currency!r} is no ISO 4217 currency such as EUR")
    file = str(path)
    stored = _bytes(path)
    with ThreadPoolExecutor(1) as thread:
        # hashing takes as long as parsing and leaves the interpreter free
        digest = thread.submit(lambda: hashlib.sha256(stored).hexdigest())
        data = _unpack(stored, file)
        if is_parquet(data):
            terms = Terms(file, decimals, currency, unit="row")
            frame = read_parquet(data, terms)
            check_whole(frame, lambda row: row + 1, terms)
        else:
            frame = _read_csv(data, Terms(file, decimals, currency), progress)
        return ObligationFile(path.name, digest.result(), frame.height, frame)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise FileError(str(path), "there is no such file", "check its name and folder") from error
    except IsADirectoryError as error:
        raise FileError(str(path), "it is a folder", "name a file in it") from error
    except PermissionError as error:
        raise FileError(str(path), "reading it is not permitted", "ask its owner for the permission") from error
    except (OSError, ValueError) as error:
        raise FileError(str(path), f"it cannot be read ({error})", "check its name and the disk") from error


def _unpack(stored: bytes, file: str) -> bytes:
    if not stored.startswith(_GZIP_MAGIC):
        return stored
    try:
        return gzip.decompress(stored)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        cut = isinstance(error, EOFError)
        reason = "this gzip file ends too early" if cut else f"this gzip file is broken ({error})"
        raise FileError(file, reason, "copy or compress it again") from error


def _read_csv(data: bytes, terms: Terms, progress: Callable[[int, int], object] | None) -> pl.DataFrame:
    start = len(codecs.BOM_UTF8) if data.startswith(codecs.BOM_UTF8) else 0
    _check_text(data, terms.file)
    if not data[start : start + 2**16].strip() and not data[start:].strip():
        raise FileError(terms.file, "it is empty", "write a header and one row an obligation")
    layout = find_layout(data, start, terms.file)
    parts, done = read_regular(data, layout, terms, progress)
    if done < len(data):
        lines = layout.lines + data.count(b"\n", layout.start, done)
        parts.extend(read_carefully(data, done, lines, layout, terms))
    if not parts:
        raise FileError(terms.file, "it has a header and no rows", "write one row an obligation")
    # columns stay in their parts: joining them costs a third of the memory and whoever needs it does it for fewer
    frame = pl.concat(parts)

    def line_of(row: int) -> int:
        rows = read_rows(data, layout.start, layout.delimiter)
        return layout.lines + next(islice(rows, row, None)).line

    check_whole(frame, line_of, terms)
    return frame


def _check_text(data: bytes, file: str) -> None:
    if data.startswith(_UTF16_MARKS):
        raise FileError(file, "its text is UTF-16", "save it as UTF-8", line=1)
    if (position := data.find(b"\0")) >= 0:
        line = _line_of(data, position)
        raise FileError(file, "a NUL byte: this is no text", "write CSV as UTF-8, or Parquet", line=line)
    if data.isascii():
        return
    decoder = codecs.getincrementaldecoder("utf-8")()
    size = 2**20
    for begin in range(0, len(data), size):
        chunk = data[begin : begin + size]
        waiting = len(decoder.getstate()[0])
        try:
            decoder.decode(chunk, final=begin + size >= len(data))
        except UnicodeDecodeError as error:
            position = begin - waiting + error.start
            raise FileError(
                file,
                f"the byte {data[position]:#04x} is not UTF-8 (Latin-1 or Windows-1252?)",
                "save it as UTF-8",
                line=_line_of(data, position),
            ) from error


def _line_of(data: bytes, position: int) -> int:
    return sum(1 for _ in LINE_END.finditer(data, 0, position)) + 1
