"""`bizoverbiz …`: what the operator of a network does."""

from __future__ import annotations

import sys

import typer

from bizoverbiz.cli import membership, notices, rounds, services
from bizoverbiz.cli.context import configure_logging
from bizoverbiz.errors import BizoverbizError
from bizoverbiz.netting import NettingError

app = typer.Typer(
    name="bizoverbiz",
    help="The shared engine that sets off what firms owe each other.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(services.db, name="db")
app.add_typer(membership.network, name="network")
app.add_typer(membership.invitation, name="invitation")
app.add_typer(membership.member, name="member")
app.add_typer(rounds.app, name="round")
app.add_typer(notices.app, name="notice")
app.command("serve")(services.serve)
app.command("worker")(services.worker)


def main() -> None:
    """Exit status 0; 1 when something failed, told in one line; 2 for wrong usage."""
    configure_logging()
    try:
        app()
    except (BizoverbizError, NettingError) as error:
        sys.stderr.write(f"bizoverbiz: {error}\n")
        raise SystemExit(1) from None
