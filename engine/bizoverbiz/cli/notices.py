"""Notices, for whoever holds one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from bizoverbiz.cli.keys import Keys, read_keys
from bizoverbiz.cli.output import print_json
from bizoverbiz.cli.renderings import Format, Language
from bizoverbiz.cli.terminal import console
from bizoverbiz.currencies import format_amount
from bizoverbiz.errors import WrongInputError
from bizoverbiz.notices import Fault, NoticeError, Payload, keyid_of, verify_notice
from bizoverbiz.notices.rendering import document, render_pdf, render_text

app = typer.Typer(help="Signed notices.", no_args_is_help=True)
File = Annotated[Path, typer.Argument(help="The notice, a compact JWS.")]


@app.callback()
def _notice() -> None:
    """Signed notices."""


def read_token(file: Path) -> str:
    """The compact JWS in a file. Raises `NoticeError`."""
    try:
        return file.read_text(encoding="ascii").strip()
    except OSError as error:
        raise NoticeError(Fault.UNREADABLE, f"{file} cannot be read: {error.strerror}") from None
    except ValueError:
        raise NoticeError(
            Fault.NOT_A_JWS, f"{file} is not a compact JWS: it holds other characters than ASCII"
        ) from None


@app.command("verify")
def verify(
    file: File, keys: Keys = None, as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False
) -> None:
    """Check a notice's signature, its balance and its place in the round's published hash.

    Exit status 1 if it does not hold. Anybody can, with the engine's published keys and no database.
    """
    try:
        token = read_token(file)
        notice = verify_notice(token, read_keys(keys))
    except (NoticeError, WrongInputError) as error:
        if as_json:
            print_json({"holds": False, "fault": getattr(error, "fault", Fault.BAD_KEYS), "reason": str(error)})
            raise typer.Exit(1) from None
        raise
    if as_json:
        print_json({"holds": True, "keyid": keyid_of(token), **_summary(notice)})
        return
    console.print(
        f"Holds: notice {notice.number} of {escape(notice.name)} ({notice.member}), round {notice.round} of "
        f"{escape(notice.network)}, decided {notice.decided_at}, {len(notice.lines)} lines, "
        f"{format_amount(notice.total, notice.currency)} on either side\n"
        f"Signed with key {keyid_of(token)}; round hash {notice.round_root}; audit head {notice.audit_head}"
    )


@app.command("render")
def render(
    file: File,
    language: Annotated[Language, typer.Option(help="Language of the rendering.")] = Language.FR,
    form: Annotated[Format, typer.Option("--format", help="What to make.")] = Format.PDF,
    out: Annotated[Path | None, typer.Option(help="File to write. Default: beside the notice, or print text.")] = None,
    keys: Keys = None,
) -> None:
    """Verify a notice, then render it for people to read: PDF or plain text, in French or English."""
    token = read_token(file)
    words = document(verify_notice(token, read_keys(keys)), token, keyid_of(token), language)
    if form == Format.TEXT and out is None:
        typer.echo(render_text(words), nl=False)
        return
    out = out or file.with_suffix(f".{language}.pdf")
    content = render_pdf(words) if form == Format.PDF else render_text(words).encode()
    try:
        out.write_bytes(content)
    except OSError as error:
        raise WrongInputError(f"{out} cannot be written: {error.strerror}") from None
    console.print(f"{words.title}: {escape(str(out))}")


def _summary(notice: Payload) -> dict[str, Any]:
    names = ("network", "round", "member", "name", "number", "decided_at", "currency", "total")
    return {
        **{name: getattr(notice, name) for name in names},
        "lines": len(notice.lines),
        "round_root": notice.round_root,
        "audit_head": notice.audit_head,
    }
