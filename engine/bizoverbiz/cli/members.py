"""The members: their standing and their keys."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from bizoverbiz.cli.context import now, operator
from bizoverbiz.cli.output import print_json
from bizoverbiz.cli.terminal import console
from bizoverbiz.errors import NotFoundError
from bizoverbiz.matching import canonical_identifier
from bizoverbiz.members import copies, keys, leaving, standing
from bizoverbiz.store.database import Transaction

app = typer.Typer(help="The members.", no_args_is_help=True)
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Firm = Annotated[str, typer.Argument(help="SIREN or VAT number.")]


def found(tx: Transaction, identifier: str) -> Any:
    """The member's row by its identifier. Raises `NotFoundError`."""
    canonical = canonical_identifier(identifier)
    row = tx.one("member_id", identifier=canonical)
    if row is None:
        raise NotFoundError(f"there is no member {canonical}")
    return row.id


@app.command("list")
def members(as_json: AsJson = False) -> None:
    """Every member and its standing."""
    with operator() as tx:
        rows = tx.all("members_all")
    if as_json:
        fields = ("identifier", "name", "country", "agreement", "status", "joined_at", "last_notice", "takes_part")
        print_json([{name: getattr(row, name) for name in fields} | {"absence": standing.absence(row)} for row in rows])
        return
    table = Table("Identifier", "Name", "Country", "Agreement", "Status", "Joined", "Notices")
    for row in rows:
        status = standing.absence(row) or row.status
        cells = (row.identifier, row.name, row.country, row.agreement, status)
        table.add_row(*map(escape, cells), f"{row.joined_at:%Y-%m-%d}", str(row.last_notice))
    console.print(table)


@app.command("suspend")
def suspend(identifier: Firm) -> None:
    """Keep a member out of proposals and decisions until it is taken back."""
    with operator() as tx:
        standing.set_standing(tx, canonical_identifier(identifier), status="suspended", now=now())
    console.print(f"{escape(identifier)} is suspended.")


@app.command("resume")
def resume(identifier: Firm) -> None:
    """Take a suspended member back."""
    with operator() as tx:
        standing.set_standing(tx, canonical_identifier(identifier), status="active", now=now())
    console.print(f"{escape(identifier)} takes part again.")


@app.command("insolvent")
def insolvent(
    identifier: Firm,
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day the proceedings were opened.")
    ] = None,
    lift: Annotated[bool, typer.Option("--lift", help="There are no proceedings any more, or never were.")] = False,
) -> None:
    """Keep a member in insolvency proceedings out of proposals and decisions."""
    if lift == (since is not None):
        raise typer.BadParameter("give either --since with the day the proceedings were opened, or --lift")
    with operator() as tx:
        day = since.date() if since else None
        decided = standing.set_insolvent(tx, canonical_identifier(identifier), day, now=now())
    said = f"is noted as insolvent since {day}" if day else "is no longer noted as insolvent"
    console.print(f"{escape(identifier)} {said}.")
    if decided:
        numbers = ", ".join(map(str, decided))
        console.print(f"Decided from that day on: its notices {numbers}. They stand; have their effect examined.")


@app.command("leave")
def leave(
    identifier: Firm,
    by: Annotated[str, typer.Option(help="Who decided it, kept with the membership.")],
    reason: Annotated[str | None, typer.Option(help="Why.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
) -> None:
    """Let a member go: its open approvals count as refused, its declarations are withdrawn."""
    if not yes:
        typer.confirm(f"Let {identifier} go? Only an invitation that renews takes it back.", abort=True)
    with operator() as tx:
        gone = leaving.leave(tx, found(tx, identifier), answered_by=by, reason=reason, now=now())
    console.print(f"{escape(identifier)} has left{'' if gone else ' already'}.")


@app.command("copies")
def copies_in_doubt(as_json: AsJson = False) -> None:
    """Members of whose books two copies have written: nothing is taken from them until one is confirmed."""
    with operator() as tx:
        rows = tx.all("copies_in_doubt")
    if as_json:
        print_json([row._asdict() for row in rows])
        return
    table = Table("Identifier", "Name", "In doubt since", "Standing copy", "Others")
    for row in rows:
        others = ", ".join(mark[:8] for mark in row.disputed)
        since = f"{row.in_doubt_since.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
        table.add_row(row.identifier, escape(row.name), since, (row.mark or "-")[:8], others)
    console.print(table)


@app.command("confirm-copy")
def confirm_copy(
    identifier: Firm,
    mark: Annotated[str, typer.Argument(help="How the live copy's mark begins, as `members copies` shows it.")],
    last_notice: Annotated[
        int | None, typer.Option(min=0, help="The last notice its books contain: later ones are to be booked again.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
) -> None:
    """Say, for a member that cannot itself, which copy of its books is the live one."""
    if not yes:
        typer.confirm(f"The copy {mark} is the live one of {identifier}, and no other writes any more?", abort=True)
    with operator() as tx:
        own = found(tx, identifier)
        reopened = copies.confirm_by_operator(tx, own, mark, last_notice=last_notice, now=now())
    console.print(f"The copy {escape(mark)} of {escape(identifier)} is the live one.")
    if reopened:
        console.print(f"To be booked again: notices {', '.join(map(str, reopened))}.")


@app.command("keys")
def list_keys(identifier: Firm, as_json: AsJson = False) -> None:
    """Every key a member ever had."""
    with operator() as tx:
        rows = tx.all("member_keys", member=found(tx, identifier))
    if as_json:
        print_json([keys.describe(row) for row in rows])
        return
    table = Table("Key", "Since", "Signs")
    for row in rows:
        if row.revoked_at:
            signs = f"no: revoked {row.revoked_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC by {row.revoked_by}"
        elif row.expires_at:
            past = "" if keys.may_sign(row, now()) else "no: "
            signs = f"{past}until {row.expires_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
        else:
            signs = "yes"
        table.add_row(row.keyid, f"{row.created_at:%Y-%m-%d}", signs)
    console.print(table)


@app.command("revoke-key")
def revoke_key(identifier: Firm, keyid: Annotated[str, typer.Argument(help="The key's thumbprint.")]) -> None:
    """Let a key sign nothing any more; after its last one a member needs `invitation create --renew`."""
    with operator() as tx:
        keys.revoke(tx, member=found(tx, identifier), keyid=keyid, now=now(), by_operator=True)
    console.print(f"The key {escape(keyid)} signs nothing any more.")
