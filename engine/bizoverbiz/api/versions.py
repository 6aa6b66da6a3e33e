"""Two people may edit the same thing: `ETag` tells which version one has read, `If-Match` which one is meant."""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import rfc8785

from bizoverbiz.errors import ChangedMeanwhileError, MalformedError

_TAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e]*"')


def etag(body: Mapping[str, Any]) -> str:
    """The version of what `body` says (JSON values only): the same whoever asks, another once anything changes."""
    return f'"{sha256(rfc8785.dumps(dict(body))).hexdigest()[:32]}"'


def check_unchanged(if_match: str | None, body: Mapping[str, Any], *, what: str) -> None:
    """Raises `ChangedMeanwhileError` if `If-Match` was sent and names no version of what `body` says now.

    Call it on what the transaction holds locked. `what` names the thing, such as "this statement".
    Raises `MalformedError` if the header is no list of entity tags (RFC 9110, 13.1.1).
    """
    if if_match is None or if_match.strip() == "*":
        return
    wanted = [tag.strip() for tag in if_match.split(",")]
    if not all(_TAG.fullmatch(tag) for tag in wanted):
        raise MalformedError('If-Match has to be an ETag as it was given, in quotes, or "*"', field="If-Match")
    if etag(body) not in wanted:
        raise ChangedMeanwhileError(
            f"{what} was changed after you read it: read it again, see what is different, and send your change then",
            field="If-Match",
        )
