"""The commands of a firm that takes part without Odoo; they load little of the engine."""

from __future__ import annotations

import typer

# These add their commands.
from bizoverbiz.cli import member_agreed, member_books, member_papers, member_rounds  # noqa: F401
from bizoverbiz.cli.member import app

__all__ = ["app", "only"]

#: `bizoverbiz member …` by itself.
only = typer.Typer(name="bizoverbiz", add_completion=False, pretty_exceptions_enable=False)
only.add_typer(app, name="member")
