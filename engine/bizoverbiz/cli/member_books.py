"""What a member's books hold: declared, matched, in doubt."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from bizoverbiz.cli.member import AsJson, DisagreementError, app, list_rows, opened
from bizoverbiz.cli.output import print_json
from bizoverbiz.cli.terminal import console
from bizoverbiz.client.declaring import declare
from bizoverbiz.currencies import CURRENCIES, format_amount, parse_amount
from bizoverbiz.einvoices import EInvoiceError, read_documents
from bizoverbiz.errors import WrongInputError


@app.command("declare")
def declare_(
    context: typer.Context,
    files: Annotated[
        list[Path], typer.Argument(help="CSV files of open invoices; invoices in XML (UBL, CII) or PDF (Factur-X).")
    ],
    full: Annotated[
        bool, typer.Option("--full", help="The CSV files hold all that is open: withdraw what is not in them.")
    ] = False,
    open_: Annotated[
        str | None, typer.Option("--open", help="What is still open of the one document, such as 1234.50.")
    ] = None,
    last_notice: Annotated[
        int | None, typer.Option(min=0, help="Last notice the books contain. Default: what was acknowledged from here.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Declare what is open in the books. Exit status 1 if a line or document is refused; the others are kept."""
    still_open = None if open_ is None else _amount(open_, files)
    with opened(context) as client:
        outcome = declare(client, files, full=full, last_notice=last_notice, still_open=still_open)
    refused = [told for told in outcome.told if not told.accepted]
    if as_json:
        told = [{"place": one.place, "field": one.field, "reason": one.reason} for one in refused]
        counts = {"accepted": outcome.accepted, "refused": outcome.refused, "withdrawn": outcome.withdrawn}
        print_json(counts | {"lines": told})
    else:
        console.print(f"{outcome.accepted} accepted, {outcome.refused} refused, {outcome.withdrawn} withdrawn")
        for one in refused:
            console.print(f"{one.place}: {one.field}: {one.reason}", markup=False)
    if refused:
        raise DisagreementError(f"{len(refused)} of {len(outcome.told)} were refused: correct and declare them again")


def _amount(text: str, files: list[Path]) -> int:
    """In the currency the one document names, so that a number of cents is never taken for one of euros."""
    try:
        (invoice,) = read_documents([path.read_bytes() for path in files])
        if isinstance(invoice, EInvoiceError):
            raise WrongInputError(f"{files[0]}: {invoice}")
        return parse_amount(text, invoice.currency)
    except OSError as error:
        raise WrongInputError(f"{files[0]}: it cannot be read ({error.strerror}); check its name") from None
    except ValueError as error:
        raise WrongInputError(f"--open: {error}" if len(files) == 1 else "--open goes with one document") from None


@app.command("declarations")
def declarations(context: typer.Context, as_json: AsJson = False) -> None:
    """What is declared and what became of it."""
    with opened(context) as client:
        rows = list(client.pages("/v1/declarations", "lines"))
    list_rows(
        rows,
        lambda row: money(row, "amount_open", "matched_amount"),
        as_json=as_json,
        side="Side",
        counterpart="Counterpart",
        number="Number",
        amount_open="Open",
        state="State",
        matched_amount="Matched",
        reason="Reason",
    )


@app.command("discrepancies")
def discrepancies(context: typer.Context, as_json: AsJson = False) -> None:
    """Where this member and its partners disagree."""
    with opened(context) as client:
        rows = list(client.pages("/v1/discrepancies", "discrepancies"))
    list_rows(
        rows,
        lambda row: money(row, "creditor_amount", "debtor_amount"),
        as_json=as_json,
        kind="Kind",
        creditor="Creditor",
        debtor="Debtor",
        number="Number",
        creditor_amount="Creditor says",
        debtor_amount="Debtor says",
        reason="Reason",
    )


def money(row: dict[str, Any], *fields: str) -> dict[str, str]:
    """These amounts as people read them."""
    currency = row["currency"] if row.get("currency") in CURRENCIES else "EUR"
    return {name: "" if row.get(name) is None else format_amount(row[name], currency) for name in fields}
