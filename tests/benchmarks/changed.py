"""Write a file of obligations with one in a hundred amounts changed, by up to a half either way."""

from __future__ import annotations

import sys

import numpy as np
import polars as pl


def main() -> None:
    source, target = sys.argv[1:]
    frame = pl.read_csv(source, infer_schema=False).with_columns(pl.col("amount").cast(pl.Int64))
    draw = np.random.Generator(np.random.PCG64(1))
    row = draw.choice(len(frame), max(1, len(frame) // 100), replace=False)
    amount = frame["amount"].to_numpy().copy()
    amount[row] += 1 + amount[row] * draw.integers(-50, 51, len(row)) // 100
    frame.with_columns(amount=pl.Series(amount)).write_csv(target)


if __name__ == "__main__":
    main()
