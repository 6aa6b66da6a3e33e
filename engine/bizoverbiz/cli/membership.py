"""The network and its invitations."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from bizoverbiz.cli.context import now, operator
from bizoverbiz.cli.output import print_json
from bizoverbiz.cli.terminal import console
from bizoverbiz.matching import canonical_identifier
from bizoverbiz.members import agreements, joining
from bizoverbiz.notices import create_key_file, load_signing_key
from bizoverbiz.settings import load_settings

network = typer.Typer(help="The network this engine serves.", no_args_is_help=True)
invitation = typer.Typer(help="Invitations to join.", no_args_is_help=True)
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


@network.command("agreement")
def agreement(
    version: Annotated[str, typer.Argument(help="Its name, such as 2027-01.")],
    in_force_from: Annotated[
        datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="The day it comes into force, from 00:00 UTC.")
    ],
    sha256: Annotated[str | None, typer.Option(help="SHA-256 of its text, in hex.")] = None,
) -> None:
    """Publish a version of the framework agreement: from its day on, who has not accepted it takes no part."""
    day = in_force_from.date()
    with operator() as tx:
        joining.network(tx)
        new = agreements.publish(tx, version, in_force_from=day, sha256=sha256, now=now())
    console.print(f"Version {escape(version)} is {'' if new else 'already '}published, in force from {day}.")


@network.command("agreements")
def list_agreements(as_json: AsJson = False) -> None:
    """Every version of the framework agreement, and how many members accepted it."""
    with operator() as tx:
        rows = tx.all("acceptances_count")
    if as_json:
        print_json([row._asdict() for row in rows])
        return
    table = Table("Version", "In force from", "Accepted by", "SHA-256")
    for row in rows:
        table.add_row(escape(row.version), str(row.in_force_from), str(row.accepted), row.sha256 or "")
    console.print(table)


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
