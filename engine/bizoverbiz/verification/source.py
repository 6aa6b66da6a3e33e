"""The rows of a result against the file of obligations it was made from."""

from datetime import date, timedelta
from pathlib import Path

import polars as pl

from bizoverbiz import files
from bizoverbiz.verification.errors import VerificationError
from bizoverbiz.verification.reading import SETOFFS, SUMMARY, Result
from bizoverbiz.verification.rows import find


def check_source(result: Result, path: Path) -> None:
    """Check that the result nets exactly the obligations of a file, each with its own amount.

    The file's rows, brought into the order of setoffs.csv (currency, debtor, creditor, due date, none last, id),
    must equal its rows one by one. Where the file has no ids, the amount decides between equals and rows are numbered
    within debtor, creditor and currency.

    Raises:
        VerificationError: another file, or the first row that differs.
    """
    summary = result.summary
    # rows that name no currency have the one of the run, which is the only one if there is only one
    only = list(summary.currency) if len(summary.currency) == 1 else ["EUR"]
    try:
        source = files.read(path, decimals=summary.decimals, currency=only[0])
    except ValueError as error:
        raise VerificationError(SUMMARY, f"{path} cannot be read with its figures: {error}") from None
    if source.sha256 != summary.sha256:
        raise VerificationError(
            SUMMARY, f"input.sha256 is {summary.sha256}, that of {path} is {source.sha256}: netted from another file"
        )
    if source.rows != summary.rows:
        raise VerificationError(SUMMARY, f"input.rows is {summary.rows}, {path} has {source.rows}")
    frame = source.frame.with_columns(pl.col("currency").cast(pl.String))
    if "due_date" not in frame.columns:
        frame = frame.with_columns(due_date=pl.lit(None, pl.Date))
    ordered = _in_order(frame, result.setoffs["id"])
    _compare(result.setoffs, ordered, path)
    _check_horizon(result, ordered["due_date"])


def _in_order(frame: pl.DataFrame, ids: pl.Series) -> pl.DataFrame:
    """Bring a file's rows into the order of setoffs.csv, whose ids help to be quicker than sorting."""
    pair = ["currency", "debtor", "creditor"]
    if "id" not in frame.columns:
        number = pl.int_range(1, pl.len() + 1).over(pair)
        ordered = frame.sort([*pair, "due_date", "amount"], nulls_last=True)
        return ordered.with_columns(id=pl.format("{}>{}#{}", "debtor", "creditor", number))
    if frame["id"].hash().n_unique() == frame.height:
        at = find(ids, frame["id"])
        quick = frame[at] if (at >= 0).all() else frame
        if _is_ordered(quick):
            return quick
    return frame.sort([*pair, "due_date", "id"], nulls_last=True)


def _is_ordered(frame: pl.DataFrame) -> bool:
    """Tell whether rows of the same debtor, creditor and currency, standing together, go by due date, then id."""
    before = {name: pl.col(name).shift() for name in ("currency", "debtor", "creditor", "id")}
    same = pl.all_horizontal(pl.col(name) == before[name] for name in ("currency", "debtor", "creditor"))
    due = pl.col("due_date").fill_null(date.max)
    back = (due < due.shift()) | ((due == due.shift()) & (pl.col("id") < before["id"]))
    return not bool(frame.select((same & back).any()).item())


def _compare(setoffs: pl.DataFrame, source: pl.DataFrame, path: Path) -> None:
    differs = pl.any_horizontal(
        (setoffs[name] != source[name]) for name in ("currency", "debtor", "creditor", "id", "amount")
    )
    rows = pl.select(differs).to_series()
    if rows.any():
        row = rows.arg_max() or 0
        here, there = (
            "obligation {id!r} of {debtor!r} to {creditor!r}, {amount} {currency}".format(**frame.row(row, named=True))
            for frame in (setoffs, source)
        )
        raise VerificationError(SETOFFS, f"{here}; in {path} it is {there}", line=row + 2)


def _check_horizon(result: Result, due: pl.Series) -> None:
    """Check that just what is due beyond the horizon was left out for it, unless too small anyway."""
    options, on = result.summary.options, result.summary.on
    if "horizon" not in options:
        return
    last = on + timedelta(days=options["horizon"])
    rule = result.setoffs["rule"]
    wrong = ((due > last).fill_null(False) & ~rule.is_in(["horizon", "smallest-obligation"])) | (
        (due <= last).fill_null(True) & (rule == "horizon")
    )
    wrong &= result.setoffs["amount"] > 0
    if wrong.any():
        row = wrong.arg_max() or 0
        raise VerificationError(
            SETOFFS,
            f"obligation {result.setoffs['id'][row]!r}: due {due[row] or 'at once'}, the horizon ends {last}, "
            f"and it is left out by {rule[row] or 'no rule'}",
            line=row + 2,
        )
