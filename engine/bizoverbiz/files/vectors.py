"""What `cells` says, for whole columns at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import polars as pl

from bizoverbiz.files.cells import BLANKS, LONGEST_NAME, read_currency, read_date
from bizoverbiz.files.errors import CellError

#: The columns of a result in their order, with their types; the optional ones may be absent.
SCHEMA: Mapping[str, type[pl.DataType]] = {
    "id": pl.String,
    "debtor": pl.String,
    "creditor": pl.String,
    "amount": pl.Int64,
    "currency": pl.Categorical,
    "issue_date": pl.Date,
    "due_date": pl.Date,
}


def strip(raw: pl.DataFrame) -> pl.DataFrame:
    """Take away the blanks around strings."""
    return raw.select(pl.all().str.strip_chars(BLANKS))


def convert(raw: pl.DataFrame, decimals: int, currency: str) -> pl.DataFrame | None:
    """Give strings their meaning.

    Args:
        raw: String columns named as in `SCHEMA`, without nulls, NUL characters and blanks around, of which id,
            currency and the dates may be absent.
        decimals: of the amounts as they are written.
        currency: where none is written.

    Returns:
        The columns of `SCHEMA`, or None if anything in it may be wrong.
    """
    names = [name for name in ("id", "debtor", "creditor") if name in raw.columns]
    try:
        frame = raw.select(
            *names,
            _amount(decimals),
            *(_by_value(raw[name], read_date, pl.Date) for name in ("issue_date", "due_date") if name in raw.columns),
            _by_value(raw["currency"], partial(read_currency, default=currency), pl.Categorical)
            if "currency" in raw.columns
            else pl.lit(currency, pl.Categorical).alias("currency"),
        )
    except CellError:
        return None
    sound = frame.select(
        pl.col("amount").is_null().any().not_() & (pl.col("amount") > 0).all(),
        *(pl.col(name).str.len_chars().is_between(1, LONGEST_NAME).all().alias(name) for name in names),
        (pl.col("debtor") != pl.col("creditor")).all().alias("self"),
    )
    return frame.select(name for name in SCHEMA if name in frame.columns) if all(sound.row(0)) else None


def _amount(decimals: int) -> pl.Expr:
    """Minor units; null where `read_amount` would refuse, except for numbers that are negative or zero."""
    text = pl.col("amount")
    if not decimals:
        # the cast takes a sign and digits, nothing else
        return text.cast(pl.Int64, strict=False)
    written = text.str.contains(rf"^\+?[0-9]+(?:[.,][0-9]{{1,{decimals}}})?$")
    exact = text.str.replace(",", ".", literal=True).cast(pl.Decimal(38, decimals), strict=False)
    return pl.when(written).then(exact.to_physical().cast(pl.Int64, strict=False)).alias("amount")


def _by_value(column: pl.Series, read: Callable[[str], Any], kind: type[pl.DataType]) -> pl.Series:
    """Read each distinct string once: columns of dates and currencies hold few."""
    values = column.unique()
    return column.replace_strict(values, pl.Series([read(text) for text in values], dtype=kind), return_dtype=kind)
