"""What a member files: its notices to read, and the evidence of a round."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from bizoverbiz.cli.member import app, opened
from bizoverbiz.cli.renderings import Format, Language
from bizoverbiz.cli.terminal import console
from bizoverbiz.errors import WrongInputError
from bizoverbiz.notices import keyid_of

Number = Annotated[int, typer.Argument(min=1, help="The notice's number.")]
Out = Annotated[Path | None, typer.Option(help="File to write; made anew if it is there already.")]


@app.command("notice")
def notice(
    context: typer.Context,
    number: Number,
    language: Annotated[Language, typer.Option(help="Language of the rendering.")] = Language.FR,
    form: Annotated[Format, typer.Option("--format", help="What to make.")] = Format.PDF,
    out: Out = None,
) -> None:
    """A notice to read and to file, as PDF or plain text, from the signed original, which is verified before."""
    # Most commands need nothing of what lays out a page.
    from bizoverbiz.notices.rendering import document, render_pdf, render_text

    with opened(context) as client:
        payload = client.fetch_notices().get(number)
        if payload is None:
            raise WrongInputError(f"there is no notice {number}: `bizoverbiz member notices` lists them")
        token = client.home.notices()[number]
    words = document(payload, token, keyid_of(token), language)
    if form == Format.TEXT and out is None:
        typer.echo(render_text(words), nl=False)
        return
    suffix = "pdf" if form == Format.PDF else "txt"
    content = render_pdf(words) if form == Format.PDF else render_text(words).encode()
    _write(out or Path(f"notice-{number}.{language}.{suffix}"), content, words.title)


@app.command("evidence")
def evidence(context: typer.Context, number: Number, out: Out = None) -> None:
    """All this member can show of a notice's round; `bizoverbiz evidence verify` checks it offline."""
    with opened(context) as client:
        content = client.evidence(number)
    _write(out or Path(f"evidence-{number}.zip"), content, f"The evidence of notice {number}")


def _write(out: Path, content: bytes, what: str) -> None:
    try:
        out.write_bytes(content)
    except OSError as error:
        raise WrongInputError(f"{out} cannot be written ({error.strerror}): name another file by --out") from None
    console.print(f"{what}: {escape(str(out))}")
