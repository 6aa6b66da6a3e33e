"""A member's signing key."""

from __future__ import annotations

import json
from base64 import b64encode, urlsafe_b64encode
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


class Key:
    """A member's signing key."""

    def __init__(self, raw: bytes) -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(raw)
        self.x = base64url(self._private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))
        self.jwk = {"kty": "OKP", "crv": "Ed25519", "x": self.x}
        self.keyid = base64url(sha256(json.dumps(self.jwk, sort_keys=True, separators=(",", ":")).encode()).digest())

    def sign(self, text: str) -> str:
        return b64encode(self._private.sign(text.encode())).decode()

    def prove(self, word: str) -> str:
        """Verified in every run: it is part of what is written."""
        return base64url(self._private.sign(word.encode()))

    def seal(self, text: str) -> str:
        """As much its own as a signature, where nobody verifies it."""
        return b64encode(sha256((self.keyid + text).encode()).digest()).decode()


def base64url(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode("ascii").rstrip("=")
