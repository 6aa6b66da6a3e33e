"""The network, its invitations and its members."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from bizoverbiz.cli.context import now, operator
from bizoverbiz.cli.output import console, print_json
from bizoverbiz.matching import canonical_identifier
from bizoverbiz.members import joining, standing
from bizoverbiz.notices import create_key_file, load_signing_key
from bizoverbiz.settings import load_settings

network = typer.Typer(help="The network this engine serves.", no_args_is_help=True)
invitation = typer.Typer(help="Invitations to join.", no_args_is_help=True)
members = typer.Typer(help="The members.", no_args_is_help=True)
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@network.command("init")
def init(
    name: Annotated[str, typer.Option(help="The network's name, as its members read it.")],
    agreement: Annotated[str, typer.Option(help="Version of the members' framework agreement, such as 2026-11.")],
) -> None:
    """Found the network and create its signing key, unless the key file exists."""
    path = load_settings().signing_key_path()
    with operator() as tx:
        joining.check_unfounded(tx)
        key = load_signing_key(path) if path.exists() else create_key_file(path)
        joining.found_network(tx, name=name, agreement=agreement, key=key, now=now())
    console.print(f"Network {escape(name)} is founded; its notices are signed with key {key.keyid}.")


@network.command("show")
def show(as_json: AsJson = False) -> None:
    """Name, agreement, keys and number of members."""
    with operator() as tx:
        row = joining.network(tx)
        keys = [key.keyid for key in tx.all("engine_keys")]
        members = tx.all("members_all")
    found = {"name": row.name, "agreement": row.agreement, "keys": keys, "members": len(members)}
    if as_json:
        print_json(found)
        return
    console.print(f"{escape(row.name)}, agreement {escape(row.agreement)}, {len(members)} members")
    for key in keys:
        console.print(f"signing key {key}")


@invitation.command("create")
def create(
    firm: Annotated[
        str | None,
        typer.Option("--for", help="SIREN or VAT number of the one firm that may join with it; the rule."),
    ] = None,
    expires_days: Annotated[int, typer.Option(min=1, max=365, help="Days until it expires.")] = 14,
    renew: Annotated[
        str | None, typer.Option(help="SIREN or VAT number of a member that lost its key or moved its books.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print a new invitation: one string to hand to one firm, once.

    Name the firm with --for: without it, anybody who holds the string may join as any firm.
    """
    if firm and renew:
        raise typer.BadParameter("--renew names the member already: leave --for out")
    moment, valid = now(), timedelta(days=expires_days)
    url = load_settings().base_url
    with operator() as tx:
        named = {"identifier": canonical_identifier(firm)} if firm else {}
        named |= {"renews": canonical_identifier(renew)} if renew else {}
        text = joining.invite(tx, url=url, valid=valid, now=moment, **named).to_string()
    if as_json:
        print_json({"invitation": text, "url": url, "expires_at": (moment + valid).isoformat(timespec="seconds")})
    else:
        typer.echo(text)


@members.command("list")
def list_(as_json: AsJson = False) -> None:
    """Every member and its standing."""
    with operator() as tx:
        rows = tx.all("members_all")
    if as_json:
        fields = ("identifier", "name", "country", "agreement", "status", "joined_at", "last_notice")
        print_json([{name: getattr(row, name) for name in fields} for row in rows])
        return
    table = Table("Identifier", "Name", "Country", "Agreement", "Status", "Joined", "Notices")
    for row in rows:
        cells = (row.identifier, row.name, row.country, row.agreement, row.status)
        table.add_row(*map(escape, cells), f"{row.joined_at:%Y-%m-%d}", str(row.last_notice))
    console.print(table)


@members.command("suspend")
def suspend(identifier: Annotated[str, typer.Argument(help="SIREN or VAT number.")]) -> None:
    """Keep a member out of proposals and decisions until it is taken back."""
    with operator() as tx:
        standing.set_standing(tx, canonical_identifier(identifier), status="suspended")
    console.print(f"{escape(identifier)} is suspended.")


@members.command("resume")
def resume(identifier: Annotated[str, typer.Argument(help="SIREN or VAT number.")]) -> None:
    """Take a suspended member back."""
    with operator() as tx:
        standing.set_standing(tx, canonical_identifier(identifier), status="active")
    console.print(f"{escape(identifier)} takes part again.")
