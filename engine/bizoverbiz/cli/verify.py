"""Rechecking a result, for whoever was given one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bizoverbiz.currencies import format_amount

if TYPE_CHECKING:
    from bizoverbiz.verification import Verified, VerifiedCurrency


def verify(
    directory: Annotated[Path, typer.Argument(help="The result directory that `net --out` made.")],
    obligations: Annotated[Path | None, typer.Argument(help="The file that was netted, to be compared too.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing when everything holds.")] = False,
    json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Check a result from its files alone: amounts, balances, figures and the proof that no more was possible."""
    from bizoverbiz.cli.output import print_json, working
    from bizoverbiz.verification import VerificationError, verify_directory

    try:
        with working("verifying", quiet=quiet or json):
            verified = verify_directory(directory, obligations)
    except VerificationError as error:
        if not json:
            raise
        print_json({"holds": False, "file": error.file, "line": error.line, "reason": error.reason})
        raise typer.Exit(1) from None
    if quiet:
        return
    if json:
        print_json(_document(verified))
        return
    summary = verified.result.summary
    against = f"and is made from {obligations}" if obligations else "as far as its files alone can show"
    typer.echo(f"Holds, {against}: {summary.obligations:,} obligations of {summary.firms:,} firms")
    for code, part in verified.currency.items():
        typer.echo(_currency(code, part, summary.decimals))


def _document(verified: Verified) -> dict[str, object]:
    return {
        "holds": True,
        "input_compared": verified.with_input,
        "currency": {
            code: {
                "obligations": part.obligations,
                "firms": part.firms,
                "total": part.total,
                "set_off": part.set_off,
                "bound": part.bound,
                "proof": part.proof,
            }
            for code, part in verified.currency.items()
        },
    }


def _currency(code: str, part: VerifiedCurrency, decimals: int) -> str:
    def figure(amount: int) -> str:
        return format_amount(amount, code, decimals)

    proven = {
        "certificate": "the certificate proves that no more was possible",
        "solver": f"the solver says that no more was possible; proven is only that it is at most {figure(part.bound)}",
        "none": f"not proven to be the most; at most {figure(part.bound)} was possible",
    }[part.proof]
    return f"{figure(part.set_off)} of {figure(part.total)} set off; {proven}"
