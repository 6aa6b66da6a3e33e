"""The audit log: verified where it is kept, or exported for an auditor without access to the database."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from bizoverbiz.cli.context import operator
from bizoverbiz.cli.keys import Keys, read_keys
from bizoverbiz.cli.output import print_json, working
from bizoverbiz.cli.terminal import console
from bizoverbiz.errors import WrongInputError
from bizoverbiz.rounds import record
from bizoverbiz.rounds.checking import ViolationError
from bizoverbiz.rounds.verifying import verify_file, verify_round, verify_succession

app = typer.Typer(help="The audit log, and whether the rounds hold.", no_args_is_help=True)


@app.command("export")
def export(
    number: Annotated[int, typer.Argument(metavar="ROUND", help="The round's number.", min=1)],
    out: Annotated[Path, typer.Option(help="The file to write, JSON lines.")],
) -> None:
    """Write all a round can be checked from to a file, for `bizoverbiz audit verify --file`.

    It tells every member's obligations: hand it to the auditor alone.
    """
    with operator() as tx:
        lines = record.export(record.load(tx, number))
    try:
        with out.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(lines)
    except OSError as error:
        raise WrongInputError(f"{out} cannot be written: {error.strerror}") from None
    console.print(f"Round {number} is in {escape(str(out))}.")


@app.command("verify")
def verify(
    number: Annotated[int | None, typer.Argument(metavar="[ROUND]", help="Default: every round.", min=1)] = None,
    file: Annotated[Path | None, typer.Option(help="An export to verify, instead of the database.")] = None,
    keys: Keys = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check chains, certificates, approvals and notices without solving anything again; exit status 1 if one fails."""
    if file is not None:
        if number is not None:
            raise WrongInputError("an export is of one round: leave the round's number out")
        pinned = read_keys(keys) if keys else None
        outcomes = [_outcome(None, lambda: verify_file(file, pinned))]
    else:
        with operator() as tx:
            wanted = [number] if number else [row.number for row in tx.all("round_numbers")]
            outcomes = [_outcome(None, lambda: (None, [verify_succession(tx)]))]
            for one in wanted:
                with working(f"round {one}", quiet=as_json):
                    outcomes.append(_outcome(one, lambda: (one, verify_round(tx, one))))  # noqa: B023 - called at once
    holds = all(outcome["violation"] is None for outcome in outcomes)
    if as_json:
        print_json({"holds": holds, "outcomes": outcomes})
    else:
        for outcome in outcomes:
            _print(outcome)
    raise typer.Exit(0 if holds else 1)


def _outcome(number: int | None, check: Callable[[], tuple[int | None, list[str]]]) -> dict[str, Any]:
    try:
        number, checked = check()
    except ViolationError as error:
        return {"round": number, "checked": [], "violation": str(error)}
    return {"round": number, "checked": checked, "violation": None}


def _print(outcome: dict[str, Any]) -> None:
    where = f"round {outcome['round']}: " if outcome["round"] else ""
    for line in outcome["checked"]:
        console.print(f"[green]holds[/green]  {where}{escape(line)}")
    if outcome["violation"] is not None:
        console.print(f"[red]broken[/red] {where}{escape(outcome['violation'])}")
