"""What a member agrees to ahead of a round: mandates, one invoice under two numbers, sales not yet invoiced."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

import typer
from rich.markup import escape

from bizoverbiz.cli.member import AsJson, By, app, day, list_rows, opened, print_rows, who
from bizoverbiz.cli.member_books import money
from bizoverbiz.cli.output import print_json
from bizoverbiz.cli.terminal import console
from bizoverbiz.client import Client
from bizoverbiz.currencies import CURRENCIES, format_amount, parse_amount
from bizoverbiz.errors import WrongInputError

_MANDATE = "/v1/member/mandate"
CurrencyName = Annotated[str, typer.Option(help="ISO 4217.")]


@app.command("preview")
def preview(context: typer.Context, as_json: AsJson = False) -> None:
    """About what would be set off if the round were cut off now: rounded, and computed once a day at most."""
    with opened(context) as client:
        rows = client.get("/v1/preview")["preview"]
    if not rows and not as_json:
        console.print("Nothing could be set off yet, or nothing has been computed yet.")
        return
    titles = {"set_off": "About, on either side", "computed_at": "Computed"}
    list_rows(rows, lambda row: money(row, "set_off"), as_json=as_json, **titles)


@app.command("mandate")
def mandate(context: typer.Context, as_json: AsJson = False) -> None:
    """The standing mandate in force: the rules by which statements are approved without a person."""
    with opened(context) as client:
        shown = client.get(_MANDATE)
    _show_mandate(shown, as_json=as_json)


@app.command("give-mandate")
def give_mandate(
    context: typer.Context,
    until: Annotated[str, typer.Option(help="The last day on which it counts, YYYY-MM-DD.")],
    currency: CurrencyName = "EUR",
    per_round: Annotated[str | None, typer.Option(help="At most this much in one round, such as 50000.")] = None,
    per_line: Annotated[str | None, typer.Option(help="At most this much of one invoice.")] = None,
    per_counterpart: Annotated[str | None, typer.Option(help="At most this much with one firm in one round.")] = None,
    only: Annotated[
        list[str] | None, typer.Option(help="With nobody but these firms (SIREN or VAT number); repeatable.")
    ] = None,
    without: Annotated[list[str] | None, typer.Option(help="Not with this firm; repeatable.")] = None,
    only_overdue: Annotated[bool, typer.Option("--only-overdue", help="Only what is due before the cut-off.")] = False,
    whole: Annotated[bool, typer.Option("--whole", help="Up to each line's ceiling instead of the proposal.")] = False,
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Approve statements in advance, by rules; replaces the mandate given before."""
    limits = {"per_round": per_round, "per_line": per_line, "per_counterpart": per_counterpart}
    amounts = {name: None if text is None else _amount(f"--{name}", text, currency) for name, text in limits.items()}
    rules = {
        "currencies": [{"currency": currency.upper()} | amounts],
        "counterparts": [{"counterpart": one, "currency": currency.upper(), "per_round": 0} for one in without or []],
        "only_counterparts": only or None,
        "only_overdue": only_overdue,
        "whole": whole,
    }
    body = {"given_by": who(by), "valid_until": day(until), "rules": rules}
    with opened(context) as client:
        shown = client.write("giving a mandate", "PUT", _MANDATE, body)
    _show_mandate(shown, as_json=as_json)


@app.command("end-mandate")
def end_mandate(context: typer.Context, by: By = None) -> None:
    """End the mandate. What it has approved stands, and may be lowered by `approve`."""
    with opened(context) as client:
        client.write("ending the mandate", "DELETE", f"{_MANDATE}?{urlencode({'ended_by': who(by)})}", {})
    console.print("There is no mandate any more: statements wait for your answer.")


def _show_mandate(shown: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(shown)
        return
    rules = shown["rules"]
    console.print(f"Given by {escape(shown['given_by'])} on {shown['given_at']}, until {shown['valid_until']}:")
    limits = ("per_round", "per_line", "per_counterpart")
    rows = [
        row | {name: said or "no limit" for name, said in money(row, *limits).items()} for row in rules["currencies"]
    ]
    print_rows(
        rows, currency="Currency", per_round="In a round", per_line="Of an invoice", per_counterpart="With a firm"
    )
    for one in rules.get("counterparts") or []:
        console.print(f"With {one['counterpart']}: at most {format_amount(one['per_round'], one['currency'])}")
    if firms := rules.get("only_counterparts"):
        console.print(f"With nobody but {', '.join(firms)}")
    if rules.get("only_overdue"):
        console.print("Only what is due before the cut-off")
    console.print("Up to each line's ceiling" if rules.get("whole") else "Up to what is proposed")


@app.command("suggestions")
def suggestions(context: typer.Context, as_json: AsJson = False) -> None:
    """Pairs of numbers that may be one invoice, to be confirmed by both sides."""
    with opened(context) as client:
        rows = list(client.pages("/v1/suggestions", "suggestions"))
    list_rows(
        rows,
        lambda row: money(row, "amount_total") | {"id": row["id"][:8]},
        as_json=as_json,
        id="Suggestion",
        creditor="Creditor",
        creditor_number="Its number",
        debtor="Debtor",
        debtor_number="Its number",
        amount_total="Total",
        state="State",
        answer="Your answer",
    )


Suggestion = Annotated[str, typer.Argument(help="The suggestion's id, or the beginning of it.")]


@app.command("confirm-suggestion")
def confirm_suggestion(context: typer.Context, suggestion: Suggestion, by: By = None, as_json: AsJson = False) -> None:
    """Say that both numbers mean one invoice."""
    _answer(context, suggestion, "confirm", by, as_json=as_json)


@app.command("reject-suggestion")
def reject_suggestion(context: typer.Context, suggestion: Suggestion, by: By = None, as_json: AsJson = False) -> None:
    """Say that the two numbers are different invoices."""
    _answer(context, suggestion, "reject", by, as_json=as_json)


def _answer(context: typer.Context, begins: str, answer: str, by: str | None, *, as_json: bool) -> None:
    with opened(context) as client:
        found = _suggestion(client, begins)
        body = {"answer": answer, "answered_by": who(by)}
        shown = client.write("answering a suggestion", "PUT", f"/v1/suggestions/{found['id']}/answer", body)
    if as_json:
        print_json(shown)
    else:
        numbers = f"{escape(shown['creditor_number'])} and {escape(shown['debtor_number'])}"
        console.print(f"{numbers}: you say {shown['answer']}; {shown['state']}")


def _suggestion(client: Client, begins: str) -> dict[str, Any]:
    rows = [row for row in client.pages("/v1/suggestions", "suggestions") if begins and row["id"].startswith(begins)]
    if len(rows) != 1:
        count = "several suggestions begin" if rows else "no suggestion begins"
        raise WrongInputError(f"{count} with {begins}: `bizoverbiz member suggestions` lists them")
    return rows[0]


@app.command("commitments")
def commitments(context: typer.Context, as_json: AsJson = False) -> None:
    """Agreed sales that are not invoiced yet: yours, and those you are asked to confirm."""
    with opened(context) as client:
        rows = list(client.pages("/v1/commitments", "commitments"))
    list_rows(
        rows,
        _commitment_shown,
        as_json=as_json,
        reference="Reference",
        side="Side",
        counterpart="Counterpart",
        amount="Amount",
        due_date="Due",
        state="State",
        waits="Waits for",
        differences="Differs in",
        matched_amount="May be set off",
    )


def _commitment_shown(row: dict[str, Any]) -> dict[str, Any]:
    said = row["own"] or row["theirs"]
    amounts = {"currency": said["currency"], "amount": said["amount"], "matched_amount": row["matched_amount"]}
    waits = "you" if row["own"] is None else row["counterpart"] if row["theirs"] is None else ""
    more = {"due_date": said["due_date"], "differences": ", ".join(row["differences"]), "waits": waits}
    return money(amounts, "amount", "matched_amount") | more


@app.command("commit")
def commit(
    context: typer.Context,
    side: Annotated[str, typer.Option(help="receivable: you sell; payable: you buy.")],
    counterpart: Annotated[str, typer.Option(help="The other firm's SIREN or VAT number.")],
    amount: Annotated[str, typer.Option(help="With taxes, such as 12000.00.")],
    agreed_on: Annotated[str, typer.Option(help="When the sale was agreed, YYYY-MM-DD.")],
    due: Annotated[str, typer.Option(help="When its invoice will be due, YYYY-MM-DD.")],
    currency: CurrencyName = "EUR",
    expires: Annotated[str | None, typer.Option(help="The last day it counts uninvoiced. Default: --due.")] = None,
    reference: Annotated[
        str | None, typer.Option(help="As the other side gave it. Default: the engine makes one, to be passed on.")
    ] = None,
    description: Annotated[str | None, typer.Option(help="What is sold.")] = None,
    nettable: Annotated[
        bool, typer.Option("--nettable", help="It may be set off before it is invoiced; both sides have to say so.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Register or confirm an agreed sale; the other side registers the same under the same reference."""
    body = {
        "reference": reference,
        "side": side,
        "counterpart": counterpart,
        "currency": currency.upper(),
        "amount": _amount("--amount", amount, currency),
        "agreed_on": day(agreed_on),
        "due_date": day(due),
        "expires_on": None if expires is None else day(expires),
        "description": description,
        "nettable": nettable,
    }
    with opened(context) as client:
        shown = client.write("registering a commitment", "POST", "/v1/commitments", body)
    if as_json:
        print_json(shown)
        return
    console.print(f"Commitment {shown['reference']}: {shown['state']}")
    if shown["theirs"] is None:
        console.print(f"Give this reference to {shown['counterpart']}, which registers the same under it.")
    elif shown["differences"]:
        console.print(f"The two sides differ in: {', '.join(shown['differences'])}")


@app.command("withdraw-commitment")
def withdraw_commitment(
    context: typer.Context, reference: Annotated[str, typer.Argument(help="Of 13 characters.")]
) -> None:
    """Take back what this member has registered under a reference."""
    if not reference.replace("-", "").isalnum():
        raise WrongInputError(f"{reference} is no reference of a commitment: 13 letters and digits")
    with opened(context) as client:
        client.write("withdrawing a commitment", "PUT", f"/v1/commitments/{reference}/withdrawal", {})
    console.print(f"Commitment {escape(reference)} is withdrawn on your side.")


def _amount(option: str, text: str, currency: str) -> int:
    option = option.replace("_", "-")
    if currency.upper() not in CURRENCIES:
        raise WrongInputError(f"--currency: {currency} is no currency of ISO 4217; write EUR, say")
    try:
        return parse_amount(text, currency.upper())
    except ValueError as error:
        raise WrongInputError(f"{option}: {error}") from None
