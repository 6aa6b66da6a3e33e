"""Evidence packs: made by the operator, verified by anybody."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from bizoverbiz.cli.context import operator
from bizoverbiz.cli.keys import read_keys
from bizoverbiz.cli.output import print_json
from bizoverbiz.cli.terminal import console
from bizoverbiz.errors import NotFoundError, WrongInputError
from bizoverbiz.evidence import EvidenceError, collect, verify_pack, write
from bizoverbiz.matching import canonical_identifier

app = typer.Typer(help="What a member can show of a round, as one archive.", no_args_is_help=True)


@app.command("pack")
def pack(
    number: Annotated[int, typer.Argument(metavar="ROUND", help="The round's number.", min=1)],
    identifier: Annotated[str, typer.Argument(metavar="MEMBER", help="SIREN or VAT number.")],
    out: Annotated[Path, typer.Option(help="The archive to write.")],
) -> None:
    """Write the evidence pack of one member of a decided round."""
    with operator() as tx:
        member = tx.one("member_id", identifier=canonical_identifier(identifier))
        if member is None:
            raise NotFoundError(f"there is no member {identifier}")
        core = collect(tx, number, member.id)
    try:
        out.write_bytes(write(core))
    except OSError as error:
        raise WrongInputError(f"{out} cannot be written: {error.strerror}") from None
    console.print(f"The evidence of {escape(identifier)} in round {number} is in {escape(str(out))}.")


@app.command("verify")
def verify(
    file: Annotated[Path, typer.Argument(metavar="PACK", help="The archive.")],
    keys: Annotated[
        str | None, typer.Option(help="The engine's key set: a file or an address. Default: the one in the pack.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check an evidence pack offline, part by part; exit status 1 with the first that does not hold."""
    try:
        verdict = verify_pack(file, read_keys(keys) if keys else None)
    except EvidenceError as error:
        if not as_json:
            raise
        print_json({"holds": False, "reason": str(error)})
        raise typer.Exit(1) from None
    if as_json:
        names = ("network", "round", "member", "name", "checked", "unchecked")
        print_json({"holds": True} | {name: getattr(verdict, name) for name in names})
        return
    console.print(
        f"Evidence of {escape(verdict.name)} ({verdict.member}) in round {verdict.round} of {escape(verdict.network)}"
    )
    for line in verdict.checked:
        console.print(f"[green]holds[/green]  {escape(line)}")
    for line in verdict.unchecked:
        console.print(f"[yellow]not checked[/yellow]  {escape(line)}")
