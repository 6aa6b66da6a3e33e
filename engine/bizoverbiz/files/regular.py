"""The fast way through a CSV file, taken only as long as it provably gives what the careful way gives.

A file is regular when its quotes only enclose whole fields, every line ends with a line feed (after a carriage return
or not), and every row has the same number of fields. There all readers of CSV agree. That is checked here on the bytes
themselves, since polars fills short rows, and what it makes of a stray quote is its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from bizoverbiz.files.careful import Terms
from bizoverbiz.files.cells import BLANKS
from bizoverbiz.files.columns import Layout
from bizoverbiz.files.vectors import convert, strip

_QUOTE, _LINE_FEED, _CARRIAGE_RETURN = b'"\n\r'
_BLANKS = [blank.encode() for blank in BLANKS]
#: A block holds the end of at least one row, so that no field reaches the csv module's limit of 131,072 characters.
_BLOCK = 2**16
#: Bytes that are parsed and converted together; their strings are dropped before the next.
_PART = 2**21


class IrregularError(Exception):
    """From here on the file has to be read carefully."""


def read_regular(
    data: bytes, layout: Layout, terms: Terms, progress: Callable[[int, int], object] | None = None
) -> tuple[list[pl.DataFrame], int]:
    """Read the rows as far as they are regular and nothing in them is wrong.

    Returns:
        Columns of consecutive rows, and the first byte after the last of these rows: `len(data)` if that was all.
    """
    view, good, done = memoryview(data), list[pl.DataFrame](), layout.start
    blanks = [blank for blank in _BLANKS if blank.isascii()] if data.isascii() else _BLANKS

    def convert_part(part: _Part) -> pl.DataFrame | None:
        rows = _rows(data, part, layout)
        if rows is None:
            return None
        try:
            raw = _parse(view[part.first : part.last], layout)
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
            return None
        if any(data.find(blank, part.first, part.last) >= 0 for blank in blanks):
            raw = strip(raw)
        return convert(raw, terms.decimals, terms.currency) if raw.height == rows else None

    # two at a time: while one is parsed by several threads, the other's bytes and dates are looked at by one
    with ThreadPoolExecutor(2) as threads:
        parts = [(part, threads.submit(convert_part, part)) for part in _parts(data, layout)]
        for part, result in parts:
            frame = result.result()
            if frame is None:
                threads.shutdown(cancel_futures=True)
                break
            good.append(frame)
            done = part.following
            if progress:
                progress(done, len(data))
    return good, done


def _parse(part: memoryview, layout: Layout) -> pl.DataFrame:
    names = {index: name for name, index in layout.positions.items()}
    titles = [names.get(index, f"unknown {index}") for index in range(layout.width)]
    # under a header the first row cannot be taken for a byte order mark or a compressed file
    return pl.read_csv(
        b"".join([layout.delimiter.join(f'"{title}"' for title in titles).encode(), b"\n", part]),
        columns=[names[index] for index in sorted(names)],
        separator=layout.delimiter,
        schema=dict.fromkeys(titles, pl.String()),
        empty_string_is_null=False,
    )


class _Part(NamedTuple):
    """Consecutive rows: their first byte, their end, and where the next ones begin."""

    first: int
    last: int
    following: int


def _parts(data: bytes, layout: Layout) -> Iterator[_Part]:
    """Divide the rows where a line ends outside of quotes."""
    start, stop = layout.start, len(data)
    while stop > start and data[stop - 1] in b"\r\n":
        stop -= 1
    while start < stop:
        end, quotes = start, 0
        while end == start or (quotes % 2 and end < stop):
            first = end
            end = data.rfind(b"\n", first, first + _PART) + 1 if stop - first > _PART else stop
            if not end:
                return
            quotes += data.count(b'"', first, end)
        yield _Part(start, end, end if end < stop else len(data))
        start = end


def _rows(data: bytes, part: _Part, layout: Layout) -> int | None:
    """Count the rows of a part, if they are regular."""
    start, stop = part.first, part.last
    inside, fields, rows = False, 0, 0
    while start < stop:
        end = data.rfind(b"\n", start, start + _BLOCK) + 1 if stop - start > _BLOCK else stop
        try:
            breaks, inside = _breaks(data, start, end, layout.delimiter, inside)
        except IrregularError:
            return None
        # of the fields' ends each width-th is a row's end, and no other
        due = breaks[layout.width - 1 - fields :: layout.width]
        if not due.all() or np.count_nonzero(breaks) != len(due) or (end < stop and not len(due)):
            return None
        fields = (fields + len(breaks)) % layout.width
        rows += len(due)
        start = end
    # the last row of the file may have no end
    unended = data[stop - 1] != _LINE_FEED
    return rows + unended if not inside and fields == unended * (layout.width - 1) else None


def _breaks(data: bytes, start: int, end: int, delimiter: str, inside: bool) -> tuple[npt.NDArray[np.bool_], bool]:
    """Of each field's end in a block of whole lines: whether it is a row's end; and whether quotes stay open.

    Raises:
        IrregularError: an opening quote does not begin a field, a closing one does not end it (a doubled quote closes
            and opens again), a carriage return stands alone, or the block is empty.
    """
    if start >= end:
        raise IrregularError
    block = np.frombuffer(data, np.uint8, end - start, start)
    ends = (block == ord(delimiter)) | (block == _LINE_FEED)
    if data.find(b"\r", start, end) >= 0:
        returns = block == _CARRIAGE_RETURN
        if returns[-1] or (returns[:-1] & (block[1:] != _LINE_FEED)).any():
            raise IrregularError
    if inside or data.find(b'"', start, end) >= 0:
        quotes = block == _QUOTE
        within = np.logical_xor.accumulate(quotes) != inside
        around = ends | quotes
        opening, closing = quotes & within, quotes & ~within
        if (opening[1:] & ~around[:-1]).any() or (closing[:-1] & ~(around | (block == _CARRIAGE_RETURN))[1:]).any():
            raise IrregularError
        ends &= ~within
        inside = bool(within[-1])
    return block[np.flatnonzero(ends)] == _LINE_FEED, inside  # which is sooner found than by `ends` itself
