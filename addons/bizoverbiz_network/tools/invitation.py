"""The invitation to a network: one string to paste."""

import hashlib
import ipaddress
import json
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlsplit

from .keys import unbase64url

PREFIX = "bob1"


class InvitationError(ValueError):
    """The string is no usable invitation. ``reason`` is a code, for whoever words the message.

    ``prefix``: does not start as an invitation does. ``checksum``: incomplete or mistyped. ``content``: intact, but
    does not say what an invitation says. ``insecure``: names an engine reached without TLS over a public network.
    """

    def __init__(self, reason: str, message: str):
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True)
class Invitation:
    #: the engine's public address, without a slash at the end
    url: str
    #: the network's name
    network: str
    #: RFC 7638 thumbprints of the engine's signing keys
    keys: frozenset[str]
    #: base64url of 32 random bytes; whoever has it can join
    secret: str = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an invitation; blanks and line breaks, as e-mail adds them, do not matter.

        :raises InvitationError: if it is not intact
        """
        parts = "".join(text.split()).split(".")
        if parts[0] != PREFIX:
            raise InvitationError("prefix", f"an invitation begins with '{PREFIX}.'")
        if len(parts) != 3 or hashlib.sha256(parts[1].encode()).hexdigest()[:8] != parts[2].lower():
            raise InvitationError("checksum", "the invitation is incomplete or was changed: its checksum is wrong")
        try:
            content = json.loads(unbase64url(parts[1]))
            url, network, keys, secret = (content[name] for name in ("url", "network", "keys", "secret"))
            valid = all(isinstance(value, str) and value for value in (url, network, secret, *keys)) and keys
            valid = valid and isinstance(keys, list) and len(unbase64url(secret)) == 32
        except (ValueError, KeyError, TypeError) as error:
            raise InvitationError("content", f"the invitation cannot be read: {error}") from error
        if not valid:
            raise InvitationError("content", "the invitation lacks an address, a network, keys or a secret")
        if not _is_safe(url):
            raise InvitationError("insecure", f"the engine's address {url} needs https")
        return cls(url.rstrip("/"), network, frozenset(keys), secret)


def _is_safe(url: str) -> bool:
    """TLS anywhere; plain http only where nobody else listens: a private address, a name without a dot."""
    parts = urlsplit(url)
    host = parts.hostname
    if not host or parts.query or parts.fragment or parts.username:
        return False
    if parts.scheme == "https":
        return True
    try:
        private = ipaddress.ip_address(host).is_private
    except ValueError:
        private = "." not in host
    return parts.scheme == "http" and private
