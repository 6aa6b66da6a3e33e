"""The directory: putting firms into it, and searching it as a member would."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from bizoverbiz.cli.context import operator
from bizoverbiz.cli.members import found
from bizoverbiz.cli.output import print_json, working
from bizoverbiz.cli.terminal import console
from bizoverbiz.directory import loading, searching
from bizoverbiz.directory.territories import area
from bizoverbiz.errors import MalformedError, WrongInputError

app = typer.Typer(help="Who sells and buys what, and where.", no_args_is_help=True)
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


class Direction(StrEnum):
    suppliers = "suppliers"
    customers = "customers"


@app.command("load")
def load(
    profiles: Annotated[
        Path, typer.Argument(help="JSON lines: siren, name, sells, buys, naf, commune, radius_km, published.")
    ],
    as_json: AsJson = False,
) -> None:
    """Put firms that have agreed to it into the directory; a line that cannot be used holds up no other."""
    try:
        with profiles.open(encoding="utf-8-sig") as lines, operator() as tx, working("loading"):
            done = loading.load(tx, lines)
    except (OSError, UnicodeDecodeError) as error:
        raise WrongInputError(f"{profiles} cannot be read as UTF-8 text: {error}") from None
    if as_json:
        print_json(
            {
                "published": done.published,
                "removed": done.removed,
                "left_alone": done.left_alone,
                "refused": done.refusals,
                "refusals": [{"line": number, "reason": reason} for number, reason in done.refused],
            }
        )
    else:
        console.print(f"{done.published} published, {done.removed} removed, {done.left_alone} left as they want to be.")
        for number, reason in done.refused:
            console.print(f"line {number}: {escape(reason)}", highlight=False)
    if done.refusals:
        raise WrongInputError(f"{done.refusals} lines of {profiles} were refused, the others were taken")


@app.command("search")
def search(
    direction: Annotated[Direction, typer.Option(help="Firms that sell it, or firms that buy it.")],
    keywords: Annotated[str | None, typer.Option(help="Words, in French.")] = None,
    commune: Annotated[str | None, typer.Option(help="INSEE code of the commune to look around.")] = None,
    radius: Annotated[int | None, typer.Option(help="Km around it.", min=1, max=500)] = None,
    departement: Annotated[str | None, typer.Option("--departement", "--department", help="INSEE code.")] = None,
    region: Annotated[str | None, typer.Option(help="INSEE code.")] = None,
    naf: Annotated[str | None, typer.Option(help="NAF code, and all below it.")] = None,
    naf_version: Annotated[str, typer.Option(help="rev2 or 2025.")] = "rev2",
    member: Annotated[
        str | None, typer.Option(help="Search as this member: without its partners, with potential.")
    ] = None,
    limit: Annotated[int, typer.Option(help="Hits at most.", min=1, max=200)] = 20,
    as_json: AsJson = False,
) -> None:
    """Find firms, the best first, with the reasons."""
    try:
        where = area(commune=commune, radius_km=radius, department=departement, region=region)
        if naf_version not in ("rev2", "2025"):
            raise MalformedError(f"{naf_version!r} is no version of the NAF: rev2 or 2025")
        question = searching.Question(direction.value, keywords, naf, naf_version, where)
    except MalformedError as error:
        raise WrongInputError(str(error)) from None
    with operator() as tx:
        who = searching.asker(tx, found(tx, member), now=None) if member else None
        rows, reasons = searching.search(tx, question, who, size=limit)
    hits = [searching.describe(row, reasons[row.id], who, member=True) for row in rows[:limit]]
    if as_json:
        print_json([_told(hit) for hit in hits])
        return
    table = Table("SIREN", "Name", "Score", "Km", "Potential", "Reasons")
    for hit in hits:
        told = "; ".join(reason["text"] for reason in hit["reasons"])
        distance = "" if hit["distance_km"] is None else str(hit["distance_km"])
        table.add_row(
            hit["identifier"],
            escape(hit["name"]),
            f"{hit['score']:.2f}",
            distance,
            hit["potential"] or "",
            escape(told),
        )
    console.print(table)


def _told(hit: dict[str, Any]) -> dict[str, Any]:
    kept = ("name", "score", "reasons", "distance_km", "potential")
    return {"siren": hit["identifier"]} | {name: hit[name] for name in kept}
