"""What a member is proposed, answers, and is told in the end."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from bizoverbiz.cli.member import AsJson, By, app, day, list_rows, opened, print_rows, who
from bizoverbiz.cli.member_books import money
from bizoverbiz.cli.output import print_json
from bizoverbiz.cli.terminal import console
from bizoverbiz.client import Client
from bizoverbiz.client import statements as proposed
from bizoverbiz.currencies import format_amount, parse_amount
from bizoverbiz.errors import WrongInputError
from bizoverbiz.notices import Payload

Statement = Annotated[str, typer.Argument(help="The round's number, or the beginning of the statement's id.")]


@app.command("statements")
def statements(context: typer.Context, as_json: AsJson = False) -> None:
    """What is proposed to this member, newest first."""
    with opened(context) as client:
        rows = proposed.statements(client)
    list_rows(
        rows,
        lambda row: money(row, "receivable", "payable") | {"id": row["id"][:8]},
        as_json=as_json,
        round="Round",
        id="Statement",
        state="State",
        receivable="Receivables",
        payable="Payables",
        deadline="Answer until",
        answered_by="Answered by",
    )


@app.command("show")
def show(context: typer.Context, statement: Statement, as_json: AsJson = False) -> None:
    """One statement, line by line."""
    with opened(context) as client:
        shown = proposed.statement(client, statement)
    _show(shown, as_json=as_json)


def _show(shown: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(shown)
        return
    currency = shown["currency"]
    console.print(
        f"Round {shown['round']}, statement {shown['id'][:8]}: {shown['state']}, answer until {shown['deadline']}\n"
        f"Proposed: {format_amount(shown['receivable'], currency)} of your receivables against as much of your payables"
    )
    amounts = ("amount_open", "ceiling", "proposed", "approved", "set_off")
    rows = [row | _bare(row, currency, *amounts) | {"id": row["id"][:8]} for row in shown["lines"]]
    print_rows(
        rows,
        id="Line",
        side="Side",
        counterpart_name="Counterpart",
        number="Number",
        due_date="Due",
        amount_open="Open",
        proposed="Proposed",
        approved="Approved",
        set_off="Set off",
    )


def _bare(row: dict[str, Any], currency: str, *fields: str) -> dict[str, str]:
    """Amounts of one currency, which is said above them."""
    said = money(row | {"currency": currency}, *fields)
    return {name: text.removesuffix(f" {currency}") for name, text in said.items()}


@app.command("approve")
def approve(
    context: typer.Context,
    statement: Statement,
    line: Annotated[
        list[str] | None, typer.Option(help="LINE=AMOUNT: approve this line up to that amount, such as F-12=1000.50.")
    ] = None,
    strike: Annotated[list[str] | None, typer.Option(help="LINE: not to be set off. Id or invoice number.")] = None,
    whole: Annotated[
        bool, typer.Option("--whole", help="Up to each line's ceiling instead of what is proposed.")
    ] = False,
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Approve what is proposed, line by line up to an amount. May be repeated to lower it, never to raise it."""
    amounts: dict[str, str] = {}
    for text in line or []:
        name, equals, amount = text.rpartition("=")
        if not equals or not name:
            raise WrongInputError(f"--line {text}: write LINE=AMOUNT, such as F-12=1000.50")
        amounts[name] = amount
    if both := sorted(amounts.keys() & set(strike or [])):
        raise WrongInputError(f"line {both[0]} is both approved and struck: choose one")
    with opened(context) as client:
        shown = proposed.statement(client, statement)
        lines = proposed.approved(shown, amounts, strike or [], whole=whole)
        answered = proposed.answer(client, shown, {"answer": "approve", "answered_by": who(by), "lines": lines})
    _show(answered, as_json=as_json)


@app.command("refuse")
def refuse(
    context: typer.Context,
    statement: Statement,
    reason: Annotated[str, typer.Option(help="Why, for the operator.")],
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Refuse a statement as a whole: nothing of this member is set off in that round."""
    with opened(context) as client:
        shown = proposed.statement(client, statement)
        answered = proposed.answer(client, shown, {"answer": "refuse", "answered_by": who(by), "reason": reason})
    _show(answered, as_json=as_json)


@app.command("notices")
def notices(
    context: typer.Context,
    save: Annotated[Path | None, typer.Option(help="Write each notice to a file in this folder, verbatim.")] = None,
    as_json: AsJson = False,
) -> None:
    """Fetch the notices, verify them, keep them, and list them."""
    with opened(context) as client:
        found = client.fetch_notices()
        booked, kept = set(client.membership.booked), client.home.notices()
    if save is not None:
        _save(save, kept)
    rows = [_summary(notice) | {"booked": number in booked} for number, notice in found.items()]
    list_rows(
        rows,
        lambda row: money(row, "total") | {"booked": "yes" if row["booked"] else "to book"},
        as_json=as_json,
        number="Notice",
        round="Round",
        decided_at="Decided",
        total="Set off on either side",
        lines="Lines",
        booked="Booked",
    )


def _summary(notice: Payload) -> dict[str, Any]:
    names = ("number", "round", "decided_at", "currency", "total")
    return {name: getattr(notice, name) for name in names} | {"lines": len(notice.lines)}


def _save(folder: Path, kept: dict[int, str]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for number, jws in kept.items():
            (folder / f"notice-{number}.jws").write_text(jws, encoding="ascii")
    except OSError as error:
        raise WrongInputError(f"{folder}: it cannot be written ({error.strerror}); name another folder") from None


@app.command("acknowledge")
def acknowledge(
    context: typer.Context,
    number: Annotated[int, typer.Argument(min=1, help="The notice's number.")],
    entry: Annotated[
        list[str], typer.Option(help="The journal entry that books it; ENTRY=AMOUNT for each of several.")
    ],
    date: Annotated[str, typer.Option(help="The entry's date, YYYY-MM-DD.")],
) -> None:
    """Tell that a notice is booked: what is declared from now on contains it."""
    booked_on = day(date)
    with opened(context) as client:
        notice = _kept(client, number)
        entries = [_entry(text, notice, alone=len(entry) == 1) for text in entry]
        body = {"booked": [one | {"date": booked_on, "currency": notice.currency} for one in entries]}
        what = f"acknowledging notice {number}"
        client.write(what, "PUT", f"/v1/notices/{number}/acknowledgement", body, books=number)
    amount = format_amount(notice.total, notice.currency)
    console.print(f"Notice {number} is booked: {amount} on either side, {escape(', '.join(entry))}.")


def _kept(client: Client, number: int) -> Payload:
    notice = client.fetch_notices().get(number)
    if notice is None:
        raise WrongInputError(f"there is no notice {number}: run `bizoverbiz member notices`")
    return notice


def _entry(text: str, notice: Payload, *, alone: bool) -> dict[str, Any]:
    name, equals, amount = text.rpartition("=")
    if alone and not equals:
        return {"entry": text, "amount": notice.total}
    if not name:
        raise WrongInputError(f"--entry {text}: write ENTRY=AMOUNT for each of several entries")
    try:
        return {"entry": name, "amount": parse_amount(amount, notice.currency)}
    except ValueError as error:
        raise WrongInputError(f"--entry {text}: {error}") from None
