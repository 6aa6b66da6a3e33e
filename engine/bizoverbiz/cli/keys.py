"""The engine's published keys, from wherever whoever verifies has them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated, Any
from urllib.request import urlopen

import typer

from bizoverbiz.cli.context import operator
from bizoverbiz.errors import WrongInputError
from bizoverbiz.members.joining import key_set

_TIMEOUT = 20.0
#: A key set has a few hundred bytes a key.
_LARGEST = 1024 * 1024

Keys = Annotated[
    str | None,
    typer.Option(help="The engine's key set (its /v1/keys): a file or an address. Default: the engine's database."),
]


def read_keys(source: str | None) -> dict[str, Any]:
    """The JWK set in a file or at an address; None takes the engine's own, where its database is at hand.

    Raises `WrongInputError`, saying how to come by a key set.
    """
    if source is None:
        if not os.environ.get("DATABASE_URL"):
            raise WrongInputError(
                "name the engine's published keys with --keys: the address of its /v1/keys, or a file that holds them"
            )
        with operator() as tx:
            return dict(key_set(tx))
    try:
        if source.startswith(("https://", "http://")):
            # Both linters ask whether the scheme is checked: it is, the line above.
            with urlopen(source, timeout=_TIMEOUT) as answer:  # noqa: S310  # nosec B310
                return dict(json.loads(answer.read(_LARGEST)))
        return dict(json.loads(Path(source).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise WrongInputError(f"no key set could be read from {source}: {error}") from None
