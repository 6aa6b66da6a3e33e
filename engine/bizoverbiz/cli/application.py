"""All commands: those on files, and those of a network's operator, which load the whole engine."""

from __future__ import annotations

import typer

from bizoverbiz.cli import (
    audit,
    candidates,
    directory,
    evidence,
    membering,
    members,
    membership,
    notices,
    options,
    rounds,
    services,
)
from bizoverbiz.cli.explain import explain
from bizoverbiz.cli.generate import generate
from bizoverbiz.cli.net import net
from bizoverbiz.cli.verify import verify

app = typer.Typer(
    name="bizoverbiz",
    help="The shared engine that sets off what firms owe each other.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for command in (net, verify, explain, generate):
    app.command()(command)
app.add_typer(services.db, name="db")
app.add_typer(membership.network, name="network")
membership.network.command("options")(options.options)
app.add_typer(membership.invitation, name="invitation")
app.add_typer(members.app, name="members")
app.add_typer(candidates.app, name="candidates")
app.add_typer(directory.app, name="directory")
app.add_typer(membering.app, name="member")
app.add_typer(rounds.app, name="round")
app.add_typer(notices.app, name="notice")
app.add_typer(audit.app, name="audit")
app.add_typer(evidence.app, name="evidence")
app.command("serve")(services.serve)
app.command("worker")(services.worker)
