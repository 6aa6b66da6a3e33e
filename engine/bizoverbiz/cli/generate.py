"""A made-up network, to try netting out on."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer


def generate(
    firms: Annotated[int, typer.Option(help="How many firms.", min=2)],
    seed: Annotated[int, typer.Option(help="The same seed draws the same network, on every machine.", min=0)],
    obligations: Annotated[int | None, typer.Option(help="How many obligations; not with --profiles.", min=1)] = None,
    profiles: Annotated[
        bool, typer.Option("--profiles", help="Draw the firms' profiles for the directory, as JSON lines.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option(help="A .csv, .csv.gz or .parquet file. Default: CSV on standard output.")
    ] = None,
    on: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The day the obligations are open. Default: 2026-11-22."),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No statistics: computing them takes longest.")] = False,
) -> None:
    """Draw a network of obligations like a real one: amounts in cents, statistics on standard error."""
    # here, because numpy, polars and scipy take a second to load, and every command would wait for them
    from bizoverbiz import generation
    from bizoverbiz.cli.output import working

    if profiles:
        if obligations is not None:
            raise typer.BadParameter("profiles have no obligations: leave --obligations out")
        _write_profiles(firms, seed, out)
        return
    if obligations is None:
        raise typer.BadParameter("say how many --obligations, or draw --profiles")
    day = on.date() if on else generation.DEFAULT_ON
    try:
        if out is not None:
            generation.check_target(out)
        with working("drawing", quiet=quiet):
            network = generation.draw_network(firms, obligations, seed, on=day)
            generation.write(network.frame(), out or sys.stdout.buffer)
    except generation.GenerationError as error:
        raise typer.BadParameter(str(error)) from None
    if quiet:
        return
    with working("measuring"):
        statistics = generation.measure(
            network.debtor,
            network.creditor,
            network.amount,
            network.due,
            on=day,
            clearing=generation.maximum_set_off,
        )
    typer.echo("\n".join(statistics.lines()), err=True)


def _write_profiles(firms: int, seed: int, out: Path | None) -> None:
    from bizoverbiz import generation
    from bizoverbiz.cli.output import working

    try:
        with working("drawing"):
            if out is None:
                sys.stdout.writelines(generation.profile_lines(firms, seed))
            else:
                with out.open("w", encoding="utf-8", newline="\n") as target:
                    target.writelines(generation.profile_lines(firms, seed))
    except (generation.GenerationError, OSError) as error:
        raise typer.BadParameter(str(error)) from None
