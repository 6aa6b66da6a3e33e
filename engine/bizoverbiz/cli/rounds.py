"""Rounds, step by step."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import typer
from rich.markup import escape
from rich.table import Table

from bizoverbiz.cli.context import database, now, operator
from bizoverbiz.cli.output import print_json
from bizoverbiz.cli.terminal import console
from bizoverbiz.currencies import format_amount
from bizoverbiz.errors import IllegalStepError
from bizoverbiz.notices import load_signing_key
from bizoverbiz.rounds import opening, worker
from bizoverbiz.rounds.checking import ViolationError
from bizoverbiz.rounds.report import describe_round
from bizoverbiz.rounds.reversing import propose_reversal
from bizoverbiz.rounds.state import RoundState
from bizoverbiz.rounds.verifying import verify_round
from bizoverbiz.settings import load_settings
from bizoverbiz.store import rounds as store

app = typer.Typer(help="Rounds of set-off.", no_args_is_help=True)
Number = Annotated[int, typer.Argument(help="The round's number.", min=1)]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("open")
def open_(
    approval_hours: Annotated[
        int | None,
        typer.Option(min=1, max=24 * 60, help="Hours to answer a statement. Default: the network's option."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Open the next round."""
    with operator() as tx:
        number = opening.open_round(tx, approval_hours=approval_hours, now=now())
    if as_json:
        print_json({"number": number})
    else:
        console.print(f"Round {number} is open.")


@app.command("cut")
def cut(number: Annotated[int | None, typer.Argument(help="Default: the open round.", min=1)] = None) -> None:
    """Freeze what is matched, and propose."""
    with operator() as tx:
        number = number or opening.collecting(tx)
        if store.get(tx, number).state != RoundState.FROZEN:
            opening.cut_off(tx, number, now=now())
    try:
        with database() as base:
            worker.propose_round(base, number, now=now())
    except IllegalStepError:
        # A worker may have proposed first, and even decided what concerns nobody: that is what was asked for.
        with operator() as tx:
            if store.get(tx, number).state == RoundState.ABANDONED:
                raise
    show(number)


@app.command("show")
def show(number: Number, as_json: AsJson = False) -> None:
    """Totals, statements and answers, and whether the optimum is verified."""
    with operator() as tx:
        found = describe_round(tx, number)
    if as_json:
        print_json(found)
        return
    console.print(f"Round {number}: {found['state']}, {found['discrepancies']} discrepancies in the network")
    if found["deadline"]:
        console.print(f"Proposed {found['proposed_at']}, answers until {found['deadline']}")
    for problem in found["currencies"]:
        _show_currency(problem)
    notices = found["notices"]
    if notices["issued"]:
        console.print(f"{notices['acknowledged']} of {notices['issued']} notices acknowledged")


def _show_currency(problem: dict[str, Any]) -> None:
    currency = problem["currency"]

    def shown(amount: int | None) -> str:
        return "-" if amount is None else format_amount(amount, currency)

    verified = {None: "-", True: "yes", False: "NO: run `bizoverbiz round verify`"}[problem["optimum_verified"]]
    console.print(
        f"{currency}: {problem['obligations']} obligations, matched {shown(problem['matched'])}, "
        f"proposed {shown(problem['proposed'])}, set off {shown(problem['set_off'])}, optimum verified: {verified}"
    )
    if problem["statements"]:
        table = Table("Member", "Name", "Statement", "Answered by", "Reason")
        for row in problem["statements"]:
            cells = (row["member"], row["name"], row["state"], row["answered_by"] or "-", row["reason"] or "")
            table.add_row(*map(escape, cells))
        console.print(table)


@app.command("decide")
def decide(
    number: Number, yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False
) -> None:
    """Close approval early and decide; a statement nobody answered counts as refused."""
    path = load_settings().signing_key_path()
    with operator() as tx:
        if store.get(tx, number).state != RoundState.PROPOSED:
            raise IllegalStepError(
                f"round {number} is {store.get(tx, number).state}: only a proposed round can be decided"
            )
        silent = sum(row.state == "proposed" for row in tx.all("statements_of_round", round=number))
    if not yes:
        typer.confirm(f"Decide round {number}? {silent} unanswered statements will count as refused.", abort=True)
    with database() as base:
        worker.decide_round(base, number, load_key=lambda: load_signing_key(path), now=now(), early=True)
    show(number)


@app.command("verify")
def verify(number: Number, as_json: AsJson = False) -> None:
    """Check a stored round without solving anything again; exit status 1 with the first violation."""
    with operator() as tx:
        try:
            checked, violation = verify_round(tx, number), None
        except ViolationError as error:
            checked, violation = [], error
    if as_json:
        print_json({"round": number, "holds": violation is None, "checked": checked, "violation": violation})
        raise typer.Exit(0 if violation is None else 1)
    if violation is not None:
        raise violation
    for line in checked:
        console.print(f"[green]holds[/green]  {escape(line)}")


@app.command("reverse")
def reverse(
    number: Number,
    line: Annotated[
        list[UUID] | None,
        typer.Option(help="A line of a notice; the smallest circulation through these is reversed. Default: all."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
) -> None:
    """Propose to open again what a round has set off; it happens if every member on it approves, or not at all."""
    if not yes:
        typer.confirm(f"Ask the members to reverse {'lines' if line else 'all'} of round {number}?", abort=True)
    with operator() as tx:
        own = propose_reversal(tx, number, lines=line or (), now=now())
    show(own)


@app.command("abandon")
def abandon(
    number: Number, yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False
) -> None:
    """Give up a round that is not decided yet."""
    if not yes:
        typer.confirm(f"Abandon round {number}? Its statements will be void.", abort=True)
    with operator() as tx:
        opening.abandon(tx, number, now=now())
    console.print(f"Round {number} is abandoned.")
