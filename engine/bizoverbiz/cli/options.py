"""What a network's operator may set: `bizoverbiz network options`."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.markup import escape

from bizoverbiz.cli.context import operator
from bizoverbiz.cli.output import print_json
from bizoverbiz.cli.terminal import console
from bizoverbiz.rounds.options import NetworkOptions, network_options, set_network_options
from bizoverbiz.rounds.state import RoundState


def options(
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", help="name=value, such as limits.EUR.pair_cap=500000; repeat it for several."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show what the network has set, or change it for the rounds opened from now on."""
    with operator() as tx:
        found = set_network_options(tx, settings) if settings else network_options(tx)
        live = tx.all("rounds_in", states=[RoundState.COLLECTION]) if settings else []
    if as_json:
        print_json(found.model_dump(mode="json"))
        return
    for name, value in _flat(found):
        console.print(f"{name} = {escape(str(value))}", highlight=False)
    for one in live:
        console.print(f"Round {one.number} is open and keeps the options it was opened with.")


def _flat(options: NetworkOptions) -> list[tuple[str, Any]]:
    """As `--set` takes them."""
    flat: list[tuple[str, Any]] = []

    def add(name: str, value: Any) -> None:
        if isinstance(value, dict) and value:
            for part, inner in value.items():
                add(f"{name}.{part}", inner)
        else:
            flat.append((name, value))

    for name, value in options.model_dump(mode="json").items():
        add(name, value)
    return flat
