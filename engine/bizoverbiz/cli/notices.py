"""Notices, for whoever holds one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any
from urllib.error import URLError
from urllib.request import urlopen

import typer
from rich.markup import escape

from bizoverbiz.cli.context import operator
from bizoverbiz.cli.output import console
from bizoverbiz.currencies import format_amount
from bizoverbiz.members.joining import key_set
from bizoverbiz.notices import NoticeError, verify_notice

app = typer.Typer(help="Signed notices.", no_args_is_help=True)
_TIMEOUT = 20.0


@app.callback()
def _notice() -> None:
    """Signed notices."""


@app.command("verify")
def verify(
    file: Annotated[Path, typer.Argument(help="The notice, a compact JWS.")],
    keys: Annotated[str | None, typer.Option(help="Key set: a file or https address. Default: the database.")] = None,
) -> None:
    """Check a notice's signature, its balance and its place in the round's published hash."""
    try:
        token = file.read_text(encoding="ascii").strip()
    except (OSError, ValueError) as error:
        raise NoticeError(f"{file} cannot be read: {error}") from None
    notice = verify_notice(token, _keys(keys))
    console.print(
        f"Holds: notice {notice.number} of {escape(notice.name)} ({notice.member}), round {notice.round} of "
        f"{escape(notice.network)}, {len(notice.lines)} lines, {format_amount(notice.total, notice.currency)}"
    )


def _keys(source: str | None) -> dict[str, Any]:
    if source is None:
        with operator() as tx:
            return dict(key_set(tx))
    try:
        if source.startswith(("https://", "http://")):
            with urlopen(source, timeout=_TIMEOUT) as answer:  # noqa: S310 - the scheme is checked
                return dict(json.load(answer))
        return dict(json.loads(Path(source).read_text(encoding="utf-8")))
    except (OSError, URLError, ValueError, TypeError) as error:
        raise NoticeError(f"no key set could be read from {source}: {error}") from None
