"""Obligations from Parquet."""

from __future__ import annotations

import io

import polars as pl

from bizoverbiz.files.careful import Terms, read_strings
from bizoverbiz.files.columns import find_columns
from bizoverbiz.files.errors import FileError

#: A Parquet file begins and ends with these bytes.
_MAGIC = b"PAR1"
#: Rows converted together.
_BATCH = 1_000_000


def is_parquet(data: bytes) -> bool:
    """Tell Parquet, even when cut off, from text that begins with its mark by chance."""
    return data.startswith(_MAGIC) and (data.endswith(_MAGIC) or b"\0" in data)


def read_parquet(data: bytes, terms: Terms) -> pl.DataFrame:
    """Read the columns known here; amounts as integers, decimals or text.

    Raises:
        FileError: the file is broken, a column is missing or of a type that cannot be exact, or a row is wrong.
    """
    try:
        table = pl.scan_parquet(io.BytesIO(data))
        schema = table.collect_schema()
        positions = find_columns(schema.names(), terms.file)
        raw = table.select(
            _text(pl.col(schema.names()[index]), schema.dtypes()[index], name, terms).alias(name)
            for name, index in positions.items()
        ).collect()
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        reason = str(error).strip().split("\n")[0] or type(error).__name__
        raise FileError(terms.file, f"this Parquet file cannot be read ({reason})", "write it again") from error
    if not raw.height:
        raise FileError(terms.file, "it has columns and no rows", "give one row an obligation")
    return pl.concat(
        (
            read_strings(part, range(_BATCH * i + 1, _BATCH * i + part.height + 1), terms)
            for i, part in enumerate(raw.iter_slices(_BATCH))
        )
    )


def _text(column: pl.Expr, kind: pl.DataType, name: str, terms: Terms) -> pl.Expr:
    """Every value as CSV would write it, nothing for null."""
    text = column.cast(pl.String)
    dates = name in {"issue_date", "due_date"}
    if isinstance(kind, pl.Decimal):
        # the scale belongs to the type: zeros beyond the decimals say nothing
        surplus = kind.scale - terms.decimals if terms.decimals else 0
        text = text.str.replace(rf"0{{1,{surplus}}}$", "") if surplus > 0 else text
    elif dates and isinstance(kind, pl.Datetime) and kind.time_zone is None:
        text = column.cast(pl.Date).cast(pl.String)
    elif not (
        kind.is_integer()
        or isinstance(kind, (pl.String, pl.Categorical, pl.Enum, pl.Null))
        or (dates and isinstance(kind, pl.Date))
    ):
        wanted = {"amount": "integers, decimals or text"}.get(name, "dates or text" if dates else "text")
        raise FileError(terms.file, f"it is of type {kind}", f"write {wanted}", column=name)
    return text.fill_null("")
