"""Netting a file of obligations.

Annotations are not postponed here: typer would evaluate those of the command four times over, at every start.
"""

from datetime import UTC, date, datetime
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from bizoverbiz.netting import Rules
    from bizoverbiz.results import FileNetting

_SLOW_FROM = 20_000
_SLOW = (
    "bizoverbiz: the netting kernel is interpreted here and takes minutes: install numba, or a C compiler with"
    " Python's headers and then bizoverbiz again"
)
_RULES = "Rules"
_INTEGERS = "Rules that need integer variables (small networks)"


class Backend(StrEnum):
    kernel = "kernel"
    highs = "highs"


class Language(StrEnum):
    en = "en"
    fr = "fr"


def net(
    obligations: Annotated[Path, typer.Argument(help="CSV or Parquet, plain or gzip: debtor, creditor, amount, …")],
    out: Annotated[Path | None, typer.Option(help="The result's directory; else named after the file.")] = None,
    decimals: Annotated[int, typer.Option(help="Decimals of the amounts; 0: they are minor units.")] = 0,
    currency: Annotated[str, typer.Option(help="ISO 4217 code of rows that name none.")] = "EUR",
    on: Annotated[str | None, typer.Option(help="The day at which ages are counted, YYYY-MM-DD; else today.")] = None,
    previous: Annotated[Path | None, typer.Option(help="Directory of an earlier result, to start from.")] = None,
    smallest_obligation: Annotated[
        int, typer.Option(min=0, help="Leave out obligations below this, in minor units.", rich_help_panel=_RULES)
    ] = 0,
    horizon: Annotated[
        int | None,
        typer.Option(min=0, help="Leave out what is due more than so many days later.", rich_help_panel=_RULES),
    ] = None,
    pair_cap: Annotated[
        int | None, typer.Option(min=0, help="The most that one member clears of another's.", rich_help_panel=_RULES)
    ] = None,
    member_cap: Annotated[
        int | None, typer.Option(min=0, help="The most that each member clears.", rich_help_panel=_RULES)
    ] = None,
    member_caps: Annotated[
        Path | None, typer.Option(help="CSV: member,cap; stands before --member-cap.", rich_help_panel=_RULES)
    ] = None,
    fairness: Annotated[
        str, typer.Option(help="Share of what it could clear alone that each member gets.", rich_help_panel=_RULES)
    ] = "0",
    smallest_set_off: Annotated[
        int, typer.Option(min=0, help="Clear at least so much of an obligation, or none.", rich_help_panel=_INTEGERS)
    ] = 0,
    whole: Annotated[
        bool, typer.Option("--whole", help="Clear obligations wholly or not at all.", rich_help_panel=_INTEGERS)
    ] = False,
    fewest: Annotated[
        bool, typer.Option("--fewest", help="Touch the fewest obligations.", rich_help_panel=_INTEGERS)
    ] = False,
    gap: Annotated[
        float, typer.Option(min=0, max=0.99, help="Share of the bound to be content with.", rich_help_panel=_INTEGERS)
    ] = 0.0,
    nodes: Annotated[int, typer.Option(min=1, help="Nodes to search at most.", rich_help_panel=_INTEGERS)] = 1_000,
    backend: Annotated[Backend, typer.Option(help="What solves; the result is the same.")] = Backend.kernel,
    page: Annotated[bool, typer.Option("--report/--no-report", help="Write report.html, for people.")] = True,
    lang: Annotated[Language, typer.Option(help="Language of report.html.")] = Language.en,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print summary.json.")] = False,
) -> None:
    """Set off what firms owe each other: the most that is possible, proven, and the oldest debts first.

    Amounts in all results are minor units (cents).
    """
    from bizoverbiz.cli.output import Steps, print_json
    from bizoverbiz.files import read
    from bizoverbiz.netting import Rules
    from bizoverbiz.netting.kernel import INTERPRETED
    from bizoverbiz.results import net_file, previous_potentials, write_directory
    from bizoverbiz.results.directory import check_directory

    day = _day(on)
    rules = Rules(
        smallest_obligation=smallest_obligation,
        horizon=horizon,
        pair_cap=pair_cap,
        member_cap=member_cap,
        member_caps=_caps(member_caps),
        fairness=_share(fairness),
        smallest_set_off=smallest_set_off,
        whole=whole,
        fewest=fewest,
        gap=gap,
        nodes=nodes,
    )
    _check_reading(decimals, currency)
    directory = out or obligations.with_name(obligations.name.split(".")[0] + "-netted")
    check_directory(directory)
    with Steps(("read", "reduce", "solve", "impute", "verify", "write"), quiet=quiet or json) as steps:
        steps.begin("read")
        start = None if previous is None else previous_potentials(previous)
        file = read(obligations, decimals=decimals, currency=currency, progress=steps.advance)
        if INTERPRETED and file.rows > _SLOW_FROM and not quiet:
            typer.echo(_SLOW, err=True)
        result = net_file(
            file, on=day, decimals=decimals, rules=rules, previous=start, backend=backend, on_step=steps.begin
        )
        del file
        report = _page(result, lang) if page else None
        write_directory(directory, result, report, steps.seconds)
    if json:
        print_json(result.summary | {"seconds": steps.seconds()})
    elif not quiet:
        _tell(directory, result.summary, rules, page=page)


def _page(result: "FileNetting", language: Language) -> str:
    from bizoverbiz.report import render  # loads what draws

    return render(result.summary, result.setoffs, result.members, result.ages, language=language.value)


def _tell(directory: Path, summary: dict[str, Any], rules: "Rules", *, page: bool) -> None:
    from bizoverbiz.currencies import format_amount

    typer.echo(f"{summary['obligations']:,} obligations of {summary['firms']:,} firms")
    decimals = summary["decimals"]
    for code, part in summary["currency"].items():
        cleared, total = (format_amount(part[name], code, decimals) for name in ("set_off", "total"))
        proof = (
            "proven to be the most possible"
            if part["set_off"] == part["upper_bound"]
            else (f"at most {format_amount(part['upper_bound'], code, decimals)} possible")
        )
        typer.echo(f"{cleared} of {total} set off ({part['percent']} %), {proof}")
    if rules.fairness:
        kept = summary["options"]["fairness"]["kept"]
        shares = ", ".join(f"{float(Fraction(share)):.6f} in {code}" for code, share in kept.items())
        typer.echo(f"fairness kept: {shares}")
    shows = f"{directory / 'report.html'} shows it, " if page else ""
    typer.echo(f"{shows}`bizoverbiz verify {directory}` checks it")


def _day(text: str | None) -> date:
    if text is None:
        return datetime.now(UTC).astimezone().date()
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no day such as 2026-11-22", param_hint="--on") from None


def _share(text: str) -> Fraction:
    try:
        share = Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise typer.BadParameter(f"{text!r} is no share such as 0.5", param_hint="--fairness") from None
    return share


def _check_reading(decimals: int, currency: str) -> None:
    from bizoverbiz.currencies import CURRENCIES
    from bizoverbiz.files.reading import MOST_DECIMALS

    if not 0 <= decimals <= MOST_DECIMALS:
        raise typer.BadParameter(f"{decimals} is not 0 to {MOST_DECIMALS}", param_hint="--decimals")
    if currency not in CURRENCIES:
        raise typer.BadParameter(f"{currency!r} is no ISO 4217 code such as EUR", param_hint="--currency")


def _caps(path: Path | None) -> dict[str, int]:
    """Read member,cap lines; minor units."""
    import csv

    from bizoverbiz.files import FileError

    caps: dict[str, int] = {}
    if path is None:
        return caps
    try:
        with path.open(newline="", encoding="utf-8-sig") as lines:
            for number, row in enumerate(csv.reader(lines), 1):
                if number == 1 and row == ["member", "cap"]:
                    continue
                if len(row) != 2 or not row[1].strip().isascii() or not row[1].strip().isdigit():
                    reason = f"{','.join(row)[:80]!r} is no member and cap"
                    raise FileError(str(path), reason, "write member,cap", line=number)
                if row[0].strip() in caps:
                    raise FileError(str(path), f"{row[0]!r} stands twice", "give each member one cap", line=number)
                caps[row[0].strip()] = int(row[1])
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise FileError(str(path), f"it cannot be read ({error})", "name a CSV file with member,cap") from error
    return caps
