"""`bizoverbiz member …`: a firm whose books are not in Odoo takes part, with nothing but the engine's address."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from bizoverbiz.cli.output import print_json
from bizoverbiz.cli.terminal import console
from bizoverbiz.client import Client, Home, join
from bizoverbiz.client.rotation import rotate
from bizoverbiz.errors import BizoverbizError, WrongInputError
from bizoverbiz.matching import IdentifierError
from bizoverbiz.members.invitation import InvitationError

app = typer.Typer(help="Take part as a member, from the command line.", no_args_is_help=True)
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
By = Annotated[str | None, typer.Option("--by", help="Who answers, for the record. Default: your login.")]


@app.callback()
def _member(
    context: typer.Context,
    home: Annotated[
        Path | None,
        typer.Option(
            envvar="BIZOVERBIZ_MEMBER_HOME",
            help="The member's private folder. Default: bizoverbiz/member in XDG_DATA_HOME.",
        ),
    ] = None,
) -> None:
    """Take part as a member, from the command line."""
    context.obj = Home(home)


def tell(text: str) -> None:
    """What is worth knowing beside the answer."""
    sys.stderr.write(f"{text}\n")


@contextmanager
def opened(context: typer.Context) -> Iterator[Client]:
    """The member of this folder, which no other command uses meanwhile."""
    home: Home = context.obj
    with home.locked():
        client = Client(home, tell=tell)
        try:
            yield client
        finally:
            client.close()


def who(named: str | None) -> str:
    return named or getpass.getuser()


@app.command("join")
def join_(
    context: typer.Context,
    invitation: Annotated[str, typer.Argument(help="The string the operator gave you, bob1.….")],
    identifier: Annotated[str, typer.Option(help="The firm's SIREN, or its VAT number abroad.")],
    name: Annotated[str, typer.Option(help="The firm's name, as the others read it.")],
    agreement: Annotated[str, typer.Option(help="Version of the framework agreement the firm accepts.")],
    country: Annotated[str, typer.Option(help="ISO 3166-1 alpha-2.")] = "FR",
    by: By = None,
    again: Annotated[bool, typer.Option("--again", help="The invitation renews this folder's membership.")] = False,
    as_json: AsJson = False,
) -> None:
    """Join a network. Repeat it with the same invitation if there was no answer."""
    home: Home = context.obj
    with home.locked():
        try:
            membership = join(
                home,
                invitation,
                identifier=identifier,
                name=name,
                country=country,
                agreement=agreement,
                answered_by=who(by),
                again=again,
            )
        except (InvitationError, IdentifierError) as error:
            raise WrongInputError(str(error)) from None
    if as_json:
        print_json({"member": membership.member, "identifier": membership.identifier, "network": membership.network})
        return
    console.print(
        f"{escape(membership.name)} ({membership.identifier}) is a member of {escape(membership.network)}.\n"
        f"Its key is in {escape(str(home.key))}: back this folder up, and give it to nobody."
    )


@app.command("status")
def status(context: typer.Context, as_json: AsJson = False) -> None:
    """How the engine knows this member, and what is still to be sent."""
    with opened(context) as client:
        told, unsent = client.get("/v1/member"), [request.what for _, request in client.home.unsent()]
        booked = client.membership.last_booked
    if as_json:
        print_json(told | {"last_booked": booked, "unsent": unsent})
        return
    absence = "" if told.get("takes_part", True) else f", takes no part ({told.get('absence')})"
    console.print(
        f"{escape(told['name'])} ({told['identifier']}) in {escape(told['network'])}: {told['status']}{absence}\n"
        f"Agreement {escape(told['agreement'])}; signs with key {told['keyid']}\n"
        f"{told['last_notice']} notices issued, booked up to notice {booked}"
    )
    for what in unsent:
        console.print(f"Not answered yet, sent again before the next request: {escape(what)}")


@app.command("rotate-key")
def rotate_key(
    context: typer.Context,
    overlap_days: Annotated[int, typer.Option(min=0, max=30, help="Days the old key goes on signing.")] = 7,
) -> None:
    """Sign with a new key from now on. Repeat it if there was no answer."""
    with opened(context) as client:
        keyid = rotate(client, overlap_days)
    console.print(f"Signs with key {keyid} now; the key before signs for {overlap_days} more days.")


@app.command("agreement")
def agreement(
    context: typer.Context,
    accept: Annotated[str | None, typer.Option(help="Version to accept: the one in force or the next one.")] = None,
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """The versions of the framework agreement, or accept one."""
    with opened(context) as client:
        if accept is not None:
            body = {"version": accept, "answered_by": who(by)}
            client.write(f"accepting agreement {accept}", "PUT", "/v1/member/agreement", body)
        versions = list(client.pages("/v1/agreements", "agreements"))
    if as_json:
        print_json(versions)
        return
    print_rows(versions, version="Version", in_force_from="In force from", state="State", accepted_at="Accepted")


@app.command("confirm-copy")
def confirm_copy(
    context: typer.Context,
    last_notice: Annotated[
        int | None, typer.Option(min=0, help="Last notice the books contain. Default: what this folder knows.")
    ] = None,
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Confirm that this folder and its books are the live copy: after a restore, or when a copy has written."""
    with opened(context) as client:
        last = client.membership.last_booked if last_notice is None else last_notice
        body = {"answered_by": who(by), "last_notice": last}
        told = client.write("confirming this copy", "POST", "/v1/member/copy", body, ahead=True)
        client.keep_booked(last)
    if as_json:
        print_json(told)
        return
    console.print(f"This copy is the live one; its books contain notices up to {last}.")
    if told["reopened"]:
        console.print(f"To be booked and acknowledged again: {', '.join(map(str, told['reopened']))}")


@app.command("leave")
def leave(
    context: typer.Context,
    yes: Annotated[bool, typer.Option("--yes", help="Leave without being asked.")] = False,
    reason: Annotated[str | None, typer.Option(help="Why, for the operator.")] = None,
    by: By = None,
) -> None:
    """Leave the network: no new rounds, declarations withdrawn; decided notices can still be fetched."""
    if not yes:
        typer.confirm("Leave the network? Only the operator can take the firm back.", abort=True)
    with opened(context) as client:
        client.write("leaving", "POST", "/v1/member/leaving", {"answered_by": who(by), "reason": reason})
    console.print("The firm has left the network. Keep the folder: it holds your notices.")


def print_rows(rows: list[dict[str, Any]], **titles: str) -> None:
    """A table of these fields, with these titles."""
    table = Table(*titles.values())
    for row in rows:
        table.add_row(*(escape(str(row.get(name) if row.get(name) is not None else "")) for name in titles))
    console.print(table)


def list_rows(
    rows: list[dict[str, Any]], shown: Callable[[dict[str, Any]], dict[str, Any]], *, as_json: bool, **titles: str
) -> None:
    """The rows as JSON, or a table of them with what is `shown` of each in place of what it holds."""
    if as_json:
        print_json(rows)
    else:
        print_rows([row | shown(row) for row in rows], **titles)


def day(text: str) -> str:
    """A day given on the command line. Raises `WrongInputError`."""
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).date().isoformat()
    except ValueError:
        raise WrongInputError(f"{text} is not a day: write YYYY-MM-DD") from None


class DisagreementError(BizoverbizError):
    """Done, but not all of it; exit status 1."""
