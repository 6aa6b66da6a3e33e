"""Firms that members put forward, and the operator's answer to each."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated
from uuid import UUID

import typer
from rich.markup import escape
from rich.table import Table

from bizoverbiz.cli.context import now, operator
from bizoverbiz.cli.output import print_json
from bizoverbiz.cli.terminal import console
from bizoverbiz.members import candidates
from bizoverbiz.members.events import instant
from bizoverbiz.settings import load_settings

app = typer.Typer(help="Firms that members put forward.", no_args_is_help=True)
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Candidate = Annotated[UUID, typer.Argument(help="Its id, as `candidates list` shows it.")]


@app.command("list")
def list_candidates(as_json: AsJson = False) -> None:
    """Every firm that was put forward, those not answered first."""
    with operator() as tx:
        rows = tx.all("candidates_all")
    if as_json:
        moments = ("asked_at", "settled_at")
        print_json(
            [
                row._asdict() | {"id": str(row.id)} | {name: instant(getattr(row, name)) for name in moments}
                for row in rows
            ]
        )
        return
    table = Table("Id", "Identifier", "Name", "Contact", "Put forward by", "Asked", "State")
    for row in rows:
        contact = f"{row.contact_name} <{row.contact_email}>" if row.contact_email else ""
        cells = (str(row.id), row.identifier, row.name, contact, f"{row.put_forward_by} {row.put_forward_by_name}")
        table.add_row(*map(escape, cells), f"{row.asked_at:%Y-%m-%d}", row.state)
    console.print(table)


@app.command("accept")
def accept(
    candidate: Candidate,
    expires_days: Annotated[int, typer.Option(min=1, max=365, help="Days until its invitation expires.")] = 14,
    as_json: AsJson = False,
) -> None:
    """Print an invitation for this firm alone: check who asks, and hand it to that firm yourself.

    Whoever put the firm forward is told that it was accepted, and never sees the invitation.
    """
    moment, valid = now(), timedelta(days=expires_days)
    with operator() as tx:
        row, invitation = candidates.accept(tx, candidate, url=load_settings().base_url, valid=valid, now=moment)
    if as_json:
        names = ("identifier", "name", "contact_name", "contact_email", "language")
        print_json(
            {name: getattr(row, name) for name in names}
            | {"invitation": invitation.to_string(), "expires_at": instant(moment + valid)}
        )
        return
    # Of one that was refused before, nobody knows any more who asked.
    contact = f"{row.contact_name} <{row.contact_email}> of " if row.contact_email else ""
    console.print(f"Hand this to {escape(contact + row.name)}:")
    typer.echo(invitation.to_string())


@app.command("refuse")
def refuse(
    candidate: Candidate,
    reason: Annotated[str, typer.Option(help="Why; told to the member that put the firm forward.")],
) -> None:
    """Refuse a firm; where it was to be reached is forgotten."""
    with operator() as tx:
        row = candidates.refuse(tx, candidate, reason=reason, now=now())
    console.print(f"{escape(row.name)} ({row.identifier}) is refused.")
