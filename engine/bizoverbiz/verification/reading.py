"""The files of a result directory, read strictly: what is not of the agreed form is refused, never guessed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
from polars.exceptions import PolarsError

from bizoverbiz.verification.errors import VerificationError
from bizoverbiz.verification.forms import FORMAT, Form

SETOFFS, MEMBERS, CERTIFICATE, SUMMARY, REPORT = (
    "setoffs.csv",
    "members.csv",
    "certificate.json",
    "summary.json",
    "report.html",
)
#: The largest sum of amounts of one currency; below it no sum of rows overflows 64 bits.
LARGEST = 2**63 - 1
#: Potentials and multipliers beyond this have no use in any network that fits a machine.
LARGEST_PRICE = 2**40

_SETOFF_COLUMNS = {
    "id": pl.String,
    "debtor": pl.String,
    "creditor": pl.String,
    "currency": pl.String,
    "amount": pl.Int64,
    "ceiling": pl.Int64,
    "set_off": pl.Int64,
    "remaining": pl.Int64,
    "rule": pl.String,
}
_MEMBER_COLUMNS = {
    "member": pl.String,
    "currency": pl.String,
    "receivable": pl.Int64,
    "payable": pl.Int64,
    "net_before": pl.Int64,
    "net_after": pl.Int64,
    "set_off": pl.Int64,
}


@dataclass(frozen=True, slots=True)
class Solver:
    """What a mixed-integer solver says of its own result."""

    #: No set-off within the rules can be greater, minor units.
    bound: int
    gap: Decimal
    #: False when it was stopped by time.
    reproducible: bool


@dataclass(frozen=True, slots=True)
class Certificate:
    """The proof of one currency's total; every amount in minor units, members left out count as 0."""

    total: int
    bound: int
    potentials: Mapping[str, int]
    #: Above 0 the price of a member's cap, below 0 of its floor.
    multipliers: Mapping[str, int]
    #: The most and the least a member's receivables set off may add up to.
    caps: Mapping[str, int]
    floors: Mapping[str, int]
    #: None for a pure flow.
    solver: Solver | None


@dataclass(frozen=True, slots=True)
class Figures:
    """What the summary says of one currency, minor units."""

    total: int
    set_off: int
    #: set_off in hundredths of the total.
    percent: Decimal
    #: Sum of what the members have to pay or to get after every possible set-off, each counted once.
    net_internal_debt: int
    upper_bound: int


@dataclass(frozen=True, slots=True)
class Summary:
    """The run in short."""

    #: Name, SHA-256 (hexadecimal) and number of rows of the file of obligations.
    name: str
    sha256: str
    rows: int
    firms: int
    obligations: int
    #: The day at which ages were counted.
    on: date
    #: Digits of the minor unit: amounts of the input were multiplied by 10**decimals.
    decimals: int
    options: Mapping[str, Any]
    currency: Mapping[str, Figures]
    optimal: bool


@dataclass(frozen=True, slots=True)
class Result:
    """A result directory as read: of the agreed form, not yet known to be right."""

    #: id, debtor, creditor, currency, amount, ceiling, set_off, remaining, rule; a row an obligation.
    setoffs: pl.DataFrame
    #: member, currency, receivable, payable, net_before, net_after, set_off.
    members: pl.DataFrame
    #: By currency.
    certificate: Mapping[str, Certificate]
    summary: Summary


def read_result(directory: Path) -> Result:
    """Read all files of a result directory.

    Raises:
        VerificationError: a file is missing, unreadable or not of the agreed form.
    """
    if not directory.is_dir():
        raise VerificationError(str(directory), "is no directory; give the one that `bizoverbiz net --out` made")
    if (directory / REPORT).exists() and not _open(directory / REPORT).stat().st_size:
        raise VerificationError(REPORT, "is empty")
    return Result(
        summary=read_summary(directory),
        certificate=_read_certificate(directory),
        members=_read_csv(directory / MEMBERS, _MEMBER_COLUMNS),
        setoffs=_read_csv(directory / SETOFFS, _SETOFF_COLUMNS),
    )


def read_summary(directory: Path) -> Summary:
    """Read summary.json alone."""
    whole = Form(SUMMARY, "", _read_json(directory / SUMMARY))
    whole.format(FORMAT)
    source, seconds = whole.form("input"), whole.form("seconds")
    for step in ("read", "reduce", "solve", "impute", "verify", "write"):
        seconds.number(step)
    return Summary(
        name=source.text("name"),
        sha256=source.text("sha256"),
        rows=source.count("rows"),
        firms=whole.count("firms"),
        obligations=whole.count("obligations"),
        on=whole.day("on"),
        decimals=whole.count("decimals"),
        options=whole.form("options").values,
        currency={
            code: Figures(
                total=part.count("total"),
                set_off=part.count("set_off"),
                percent=part.number("percent"),
                net_internal_debt=part.count("net_internal_debt"),
                upper_bound=part.count("upper_bound"),
            )
            for code, part in whole.form("currency").forms()
        },
        optimal=whole.truth("optimal"),
    )


def _read_certificate(directory: Path) -> Mapping[str, Certificate]:
    whole = Form(CERTIFICATE, "", _read_json(directory / CERTIFICATE))
    whole.format(FORMAT)
    return {code: _certificate(part) for code, part in whole.form("currency").forms()}


def _certificate(part: Form) -> Certificate:
    solver = part.form("solver") if "solver" in part.values else None
    return Certificate(
        total=part.count("total"),
        bound=part.count("bound"),
        potentials=part.form("potentials").integers(-LARGEST_PRICE, LARGEST_PRICE),
        multipliers=part.form("multipliers").integers(-LARGEST_PRICE, LARGEST_PRICE),
        caps=part.form("caps").integers(0, LARGEST),
        floors=part.form("floors").integers(0, LARGEST),
        solver=None if solver is None else _solver(solver),
    )


def _solver(part: Form) -> Solver:
    return Solver(part.count("bound"), part.number("gap"), part.truth("reproducible"))


def _open(path: Path) -> Path:
    if not path.is_file():
        raise VerificationError(path.name, f"is missing in {path.parent}; a result directory has it")
    return path


def _read_json(path: Path) -> Any:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        """Refuse what readers differ on: which of two values counts."""
        values = dict(pairs)
        if len(values) < len(pairs):
            seen: set[str] = set()
            twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
            raise VerificationError(path.name, f"{twice!r} stands twice")
        return values

    try:
        return json.loads(_open(path).read_bytes(), object_pairs_hook=once, parse_float=Decimal)
    except (OSError, ValueError, RecursionError) as error:
        raise VerificationError(path.name, f"cannot be read as JSON: {error}") from None


def _read_csv(path: Path, columns: Mapping[str, type[pl.DataType]]) -> pl.DataFrame:
    header = ",".join(columns)
    try:
        with _open(path).open("rb") as file:
            first = file.readline(1000).decode(errors="replace").rstrip("\r\n")
        if first != header:
            raise VerificationError(path.name, f"the header is {first!r}, not {header!r}", line=1)
        try:
            frame = _parse(path, columns)
        except PolarsError as error:
            raise _bad_number(path, columns) or error from None
    except (OSError, PolarsError) as error:
        reason = str(error).splitlines()[0]
        raise VerificationError(path.name, f"cannot be read as CSV in UTF-8: {reason}") from None
    for name in columns:
        empty = frame[name].is_null() if columns[name] == pl.Int64 else frame[name].str.len_bytes() == 0
        if name != "rule" and empty.any():
            raise VerificationError(path.name, f"{name} is missing", line=2 + (empty.arg_max() or 0))
    return frame


def _parse(path: Path, columns: Mapping[str, type[pl.DataType]]) -> pl.DataFrame:
    return pl.read_csv(
        path, schema=columns, empty_string_is_null=False, extra_columns="raise", missing_columns="raise", glob=False
    ).rechunk()


def _bad_number(path: Path, columns: Mapping[str, type[pl.DataType]]) -> VerificationError | None:
    """Find the first text where an integer should be; None when the file is not even a table."""
    texts = _parse(path, dict.fromkeys(columns, pl.String))
    for name in (name for name, kind in columns.items() if kind == pl.Int64):
        bad = texts[name].cast(pl.Int64, strict=False).is_null() & (texts[name] != "")
        if bad.any():
            row = bad.arg_max() or 0
            return VerificationError(
                path.name, f"{name} {texts[name][row]!r} is not an integer of minor units", line=2 + row
            )
    return None
