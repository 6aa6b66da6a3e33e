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
    kinds: dict[str, tuple[Callable[[str], Any], type[pl.DataType]]] = {
        "issue_date": (read_date, pl.Date),
        "due_date": (read_date, pl.Date),
        "currency": (partial(read_currency, default=currency), pl.Categorical),
    }
    kinds = {name: kind for name, kind in kinds.items() if name in raw.columns}
    distinct = raw.select(pl.col(name).unique().implode() for name in kinds)
    try:
        values = [_by_value(name, distinct[name].item(), *kind) for name, kind in kinds.items()]
    except CellError:
        return None
    if "currency" not in kinds:
        values.append(pl.lit(currency, pl.Categorical).alias("currency"))
    frame = raw.select(*names, _amount(decimals), *values)
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


def _by_value(name: str, texts: pl.Series, read: Callable[[str], Any], kind: type[pl.DataType]) -> pl.Expr:
    """Read each distinct string once: columns of dates and currencies hold few."""
    meanings = [read(text) for text in texts]
    if len(meanings) == 1:
        return pl.lit(meanings[0], kind).alias(name)
    return pl.col(name).replace_strict(texts, pl.Series(meanings, dtype=kind), return_dtype=kind)
