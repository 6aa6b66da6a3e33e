"""Obligations from Parquet."""

from __future__ import annotations

import io

import polars as pl

from bizoverbiz.files.careful import CarefulReader
from bizoverbiz.files.columns import find_columns
from bizoverbiz.files.errors import FileError
from bizoverbiz.files.vectors import convert, ids_differ, sums_fit

#: A Parquet file begins and ends with these bytes.
MAGIC = b"PAR1"


def is_parquet(data: bytes) -> bool:
    """Tell Parquet, even when cut off, from text that begins with its mark by chance."""
    return data.startswith(MAGIC) and (data.endswith(MAGIC) or b"\0" in data)


def read_parquet(data: bytes, file: str, decimals: int, currency: str) -> pl.DataFrame:
    """Read the columns known here; amounts as integers, decimals or text.

    Raises:
        FileError: the file is broken, a column is missing or of a type that cannot be exact, or a row is wrong.
    """
    try:
        table = pl.scan_parquet(io.BytesIO(data))
        schema = table.collect_schema()
        positions = find_columns(schema.names(), file)
        raw = table.select(
            _text(pl.col(schema.names()[index]), schema.dtypes()[index], name, file, decimals).alias(name)
            for name, index in positions.items()
        ).collect()
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        reason = str(error).strip().split("\n")[0] or type(error).__name__
        raise FileError(file, f"this Parquet file cannot be read ({reason})", "write or copy it again") from error
    if not raw.height:
        raise FileError(file, "it has columns and no rows", "give one row an obligation")
    if _clean(raw):
        frame = convert(raw, decimals, currency)
        if frame is not None and sums_fit(frame) and ids_differ(frame):
            return frame
    rows = enumerate(raw.iter_rows(), start=1)
    places = {name: index for index, name in enumerate(raw.columns)}
    return CarefulReader(file, decimals, currency, unit="row").read(rows, places)


def _clean(raw: pl.DataFrame) -> bool:
    return not any(raw.select(pl.all().str.contains("\0", literal=True).any()).row(0))


def _text(column: pl.Expr, kind: pl.DataType, name: str, file: str, decimals: int) -> pl.Expr:
    """Every value as CSV would write it, nothing for null."""
    dates = name in {"issue_date", "due_date"}
    if isinstance(kind, pl.Decimal):
        # the scale belongs to the type: zeros beyond the decimals say nothing
        surplus = max(0, (kind.scale or 0) - decimals) if decimals else 0
        text = column.cast(pl.String).str.replace(rf"0{{1,{surplus}}}$", "") if surplus else column.cast(pl.String)
    elif dates and isinstance(kind, pl.Datetime) and kind.time_zone is None:
        text = column.cast(pl.Date).cast(pl.String)
    elif (
        kind.is_integer()
        or isinstance(kind, (pl.String, pl.Categorical, pl.Enum, pl.Null))
        or (dates and isinstance(kind, pl.Date))
    ):
        text = column.cast(pl.String)
    else:
        wanted = {"amount": "integers, decimals or text"}.get(name, "dates or text" if dates else "text")
        raise FileError(file, f"it is of type {kind}", f"write {wanted}", column=name)
    return text.fill_null("")
