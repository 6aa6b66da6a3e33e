"""Why something was or was not set off, for the accountant who asks."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer


def explain(
    directory: Annotated[Path, typer.Argument(help="The result directory that `net --out` made.")],
    member: Annotated[str | None, typer.Option(help="Explain all that this member owes and is owed.")] = None,
    obligation: Annotated[str | None, typer.Option(help="Explain one obligation, by its id.")] = None,
    asker: Annotated[
        str | None, typer.Option("--as", help="Tell only what this member may know. Default: all, to the operator.")
    ] = None,
    currency: Annotated[str | None, typer.Option(help="Only this currency, such as EUR.")] = None,
    lang: Annotated[str | None, typer.Option(help="en or fr. Default: that of the terminal.")] = None,
    json: Annotated[bool, typer.Option("--json", help="For machines: codes and minor units.")] = False,
) -> None:
    """Say why a member's debts, or one obligation, were set off so far and no further, and what would help."""
    if (member is None) == (obligation is None):
        raise typer.BadParameter("say what to explain: either --member M or --obligation ID")
    if member is not None and asker not in (None, member):
        raise typer.BadParameter("what --member is told is for that member alone: leave out --as")
    from bizoverbiz.cli.output import print_json, working
    from bizoverbiz.explanation import explain_member, explain_obligation, telling

    language = lang or _language()
    if member is not None:
        with working("searching", quiet=json):
            view = explain_member(directory, member, currency=currency)
        document, lines = telling.member_document(view), telling.tell_member(view, language)
    else:
        assert obligation is not None, "checked above"
        with working("searching", quiet=json):
            told = explain_obligation(directory, obligation, asker=asker, currency=currency)
        document, lines = telling.obligation_document(told), telling.tell_obligation(told, language)
    if json:
        print_json(document)
        return
    from rich.text import Text

    from bizoverbiz.cli.terminal import console

    for line in lines:
        console.print(Text("  " * line.depth + line.text, style="bold" if line.heading else ""))


def _language() -> str:
    """Give the terminal's language if it is French, English otherwise."""
    locale = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "fr" if locale.startswith("fr") else "en"
