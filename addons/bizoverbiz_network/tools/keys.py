"""Ed25519 keys (RFC 8032) as PEM, as JWK (RFC 8037) and by their thumbprint (RFC 7638)."""

import base64
import binascii
import hashlib
import json

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


def base64url(data: bytes) -> str:
    """Base64url without padding (RFC 7515, appendix C)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def unbase64url(text: str) -> bytes:
    """Undo :func:`base64url`.

    :raises ValueError: on any character outside the alphabet, which the standard library would skip
    """
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise ValueError(f"not base64url: {error}") from error


def new_private_key() -> str:
    """A fresh Ed25519 private key, as unencrypted PKCS #8 PEM."""
    return (
        Ed25519PrivateKey.generate()
        .private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        .decode("ascii")
    )


def load_private_key(pem: str) -> Ed25519PrivateKey:
    """Read back what :func:`new_private_key` gave.

    :raises ValueError: if this is no PEM or another kind of key
    """
    key = serialization.load_pem_private_key(pem.encode("ascii"), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError(f"an Ed25519 private key is needed, this is a {type(key).__name__}")
    return key


def public_jwk(pem: str) -> dict[str, str]:
    """The public half of a private key, as the three members a thumbprint is made of."""
    public = load_private_key(pem).public_key()
    raw = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return {"kty": "OKP", "crv": "Ed25519", "x": base64url(raw)}


def thumbprint(jwk: dict) -> str:
    """RFC 7638 SHA-256 thumbprint of an Ed25519 public key, base64url; members other than crv, kty, x do not count.

    :raises ValueError: if the JWK is not an Ed25519 public key of 32 bytes
    """
    x = jwk.get("x")
    if jwk.get("kty") != "OKP" or jwk.get("crv") != "Ed25519" or not isinstance(x, str) or len(unbase64url(x)) != 32:
        raise ValueError("not an Ed25519 public key (RFC 8037: kty OKP, crv Ed25519, x of 32 bytes)")
    canonical = json.dumps({"crv": "Ed25519", "kty": "OKP", "x": x}, separators=(",", ":"))
    return base64url(hashlib.sha256(canonical.encode("ascii")).digest())


def pinned(jwks: dict, thumbprints) -> list[dict[str, str]]:
    """The keys of a JWK set (RFC 7517) whose thumbprint is one of those named; a ``kid`` is not believed.

    Each comes back as ``{"kty", "crv", "x", "kid"}``, ``kid`` being the thumbprint just computed.
    """
    kept = []
    entries = jwks.get("keys")
    for jwk in entries if isinstance(entries, list) else []:
        try:
            kid = thumbprint(jwk)
        except (ValueError, AttributeError):
            continue
        if kid in thumbprints:
            kept.append({"kty": "OKP", "crv": "Ed25519", "x": jwk["x"], "kid": kid})
    return kept
