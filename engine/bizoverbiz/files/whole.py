"""What must hold for all rows of a file together."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from bizoverbiz.files.careful import Terms
from bizoverbiz.files.cells import LARGEST
from bizoverbiz.files.errors import CellError, quote


def check_whole(frame: pl.DataFrame, line_of: Callable[[int], int], terms: Terms) -> None:
    """Check that no id occurs twice and that the amounts of each currency add up to at most 2^63 - 1.

    Args:
        frame: columns as in `SCHEMA`.
        line_of: gives the line of the row of that index, which may take long.
        terms: name the file in messages.

    Raises:
        FileError: names the first row that repeats an id or passes the sum.
    """
    if "id" in frame.columns:
        _check_ids(frame["id"], line_of, terms)
    largest = frame["amount"].max()
    assert isinstance(largest, int), "there are rows"
    if largest * frame.height <= LARGEST:  # as nearly always: no need to add up
        return
    sums = frame.group_by("currency").agg(pl.col("amount").cast(pl.Int128).sum())
    for currency in sorted(sums.filter(pl.col("amount") > LARGEST)["currency"]):
        running = pl.when(pl.col("currency") == currency).then("amount").otherwise(0).cast(pl.Int128).cum_sum()
        row = frame.select((running > LARGEST).arg_max()).item()
        reason = f"up to here the amounts in {currency} add up to more than {LARGEST:,} minor units"
        raise terms.error(CellError(reason, "net fewer obligations at a time"), line_of(row), "amount")


def _check_ids(ids: pl.Series, line_of: Callable[[int], int], terms: Terms) -> None:
    if ids.hash().n_unique() == len(ids):  # much sooner than to look at the text
        return
    distinct = ids.is_first_distinct()
    if distinct.all():
        return
    again = distinct.arg_min()
    assert again is not None
    first = ids.index_of(ids[again])
    assert first is not None
    reason = f"{quote(ids[again])} is also the id on {terms.unit} {line_of(first):,}"
    repeated = CellError(reason, "give each obligation its own id, or leave the column out")
    raise terms.error(repeated, line_of(again), "id")
