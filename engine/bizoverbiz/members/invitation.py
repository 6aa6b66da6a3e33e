"""The one string an operator hands to a firm that is to join (docs/protocol.md, Invitation)."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from dataclasses import asdict, dataclass
from hashlib import sha256

from bizoverbiz.errors import BizoverbizError

_PREFIX = "bob1"


class InvitationError(BizoverbizError):
    """A string that is no invitation, or one that was mistyped."""


def _checksum(body: str) -> str:
    return sha256(body.encode("ascii")).hexdigest()[:8]


@dataclass(frozen=True, slots=True)
class Invitation:
    #: The engine's public address.
    url: str
    network: str
    #: Thumbprints of the engine's signing keys: how they are pinned.
    keys: list[str]
    #: 32 random bytes in base64url.
    secret: str

    def to_string(self) -> str:
        text = json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":"))
        body = urlsafe_b64encode(text.encode()).decode("ascii").rstrip("=")
        return f"{_PREFIX}.{body}.{_checksum(body)}"

    @classmethod
    def from_string(cls, text: str) -> Invitation:
        prefix, _, rest = text.strip().partition(".")
        body, _, checksum = rest.partition(".")
        if prefix != _PREFIX or not body.isascii() or checksum != _checksum(body):
            raise InvitationError("this is not a whole invitation: paste the string again, from bob1. to its end")
        try:
            return cls(**json.loads(urlsafe_b64decode(body + "=" * (-len(body) % 4))))
        except (Base64Error, ValueError, TypeError) as error:
            raise InvitationError(f"this invitation cannot be read: {error}") from None
