"""A member's own key: an Ed25519 private key in a file only its owner reads."""

from __future__ import annotations

import os
from base64 import urlsafe_b64encode
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from bizoverbiz.client.errors import ClientError
from bizoverbiz.notices import thumbprint


class MemberKey:
    """The private key, its public part as a JWK, and the name the engine knows it by."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self.private = private
        self.x = base64url(private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))
        self.jwk = {"kty": "OKP", "crv": "Ed25519", "x": self.x}
        self.keyid = thumbprint(self.x)

    @classmethod
    def load(cls, path: Path) -> MemberKey:
        """Raises `ClientError` if there is no key in `path`, or others may read it."""
        try:
            if path.stat().st_mode & 0o077:
                raise ClientError(
                    f"others may read the key {path}: run `chmod 600 {path}`, and rotate the key if they did"
                )
            private = load_pem_private_key(path.read_bytes(), None)
        except OSError as error:
            raise ClientError(f"the key {path} cannot be read: {error.strerror}") from None
        except (ValueError, TypeError):
            raise ClientError(f"{path} holds no private key in PEM: restore it from a backup") from None
        if not isinstance(private, Ed25519PrivateKey):
            raise ClientError(f"{path} holds no Ed25519 key: restore it from a backup")
        return cls(private)

    @classmethod
    def load_or_create(cls, path: Path) -> MemberKey:
        """A new key is on the disk before anybody hears of it."""
        if not path.exists():
            pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            write_private(path, pem)
        return cls.load(path)


def write_private(path: Path, content: bytes) -> None:
    """Write a file that is there wholly or not at all, and that its owner alone reads."""
    temporary = path.with_name(f".{path.name}.part")
    temporary.unlink(missing_ok=True)
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Let a new name in a folder outlast a power failure."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def base64url(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode("ascii").rstrip("=")
