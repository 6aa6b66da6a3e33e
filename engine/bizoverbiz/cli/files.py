"""The commands that work on files alone; they load little, so that small files are done at once."""

from __future__ import annotations

from collections.abc import Callable

import typer

from bizoverbiz.cli.explain import explain
from bizoverbiz.cli.generate import generate
from bizoverbiz.cli.net import net
from bizoverbiz.cli.verify import verify

COMMANDS: dict[str, Callable[..., None]] = {"net": net, "verify": verify, "explain": explain, "generate": generate}


def add_commands(app: typer.Typer) -> None:
    """Add them to a command line."""
    for name, command in COMMANDS.items():
        app.command(name)(command)


app = typer.Typer(name="bizoverbiz", add_completion=False, pretty_exceptions_enable=False)
add_commands(app)
