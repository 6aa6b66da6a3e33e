"""Signing notices and verifying them: compact JWS (RFC 7515) with Ed25519 (RFC 9864)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from bizoverbiz.errors import MisconfiguredError
from bizoverbiz.notices.payload import Fault, NoticeError, Payload, check_payload


class _Registry(jws.JWSRegistry):
    """The library takes 128 kB at most; a notice has two kB a line, and a member may have hundreds of thousands."""

    max_payload_length = 700 * 1024 * 1024


_REGISTRY = _Registry(algorithms=["Ed25519"])
#: By kind of notice. A reversal has its own: who knows nothing of reversals must not take one for a set-off.
_TYPES = {None: "bizoverbiz-notice+jws", "reversal": "bizoverbiz-reversal+jws"}


def thumbprint(x: str) -> str:
    """RFC 7638 thumbprint of the Ed25519 public key whose JWK coordinate is `x`. Raises `ValueError`."""
    try:
        return OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": x}).thumbprint()
    except JoseError as error:
        raise ValueError(f"not an Ed25519 public key: {error}") from None


def public_jwk(x: str) -> dict[str, str]:
    """A signing key as it is published (RFC 7517). Raises `ValueError`."""
    return {"kty": "OKP", "crv": "Ed25519", "x": x, "kid": thumbprint(x), "use": "sig", "alg": "Ed25519"}


class SigningKey:
    """The engine's private key, held in memory only."""

    def __init__(self, pem: bytes) -> None:
        key = OKPKey.import_key(pem)
        if key.as_dict(private=False)["crv"] != "Ed25519":
            raise ValueError("not an Ed25519 key")
        self._key = key
        self.keyid = key.thumbprint()
        self.x = str(key.as_dict(private=False)["x"])

    def public_jwk(self) -> dict[str, str]:
        return public_jwk(self.x)

    def sign(self, payload: Payload) -> str:
        return self.sign_text(payload.canonical(), payload.kind)

    def sign_text(self, canonical: bytes, kind: Literal["reversal"] | None) -> str:
        """Sign a notice that is canonical JSON already."""
        header = {"alg": "Ed25519", "kid": self.keyid, "typ": _TYPES[kind]}
        return jws.serialize_compact(header, canonical, self._key, registry=_REGISTRY)


def create_key_file(path: Path) -> SigningKey:
    """Create a new key in `path`, readable by its owner only. Raises `MisconfiguredError` if that cannot be."""
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise MisconfiguredError(f"the signing key cannot be written to {path}: {error.strerror}") from None
    return SigningKey(pem)


def load_signing_key(path: Path) -> SigningKey:
    try:
        return SigningKey(path.read_bytes())
    except OSError as error:
        raise MisconfiguredError(f"the signing key {path} cannot be read: {error.strerror}") from None
    except (JoseError, ValueError, KeyError):
        raise MisconfiguredError(f"{path} holds no Ed25519 private key in PEM") from None


def verify_notice(token: str, keys: Mapping[str, Any]) -> Payload:
    """Verify a notice against a JWK set (RFC 7517) and return what it says. Raises `NoticeError`."""
    try:
        header = jws.extract_compact(token.encode("ascii"), registry=_REGISTRY).headers()
    except (JoseError, ValueError) as error:
        raise NoticeError(
            Fault.NOT_A_JWS, f"this is not a compact JWS (header.payload.signature, RFC 7515): {error}"
        ) from None
    kid = header.get("kid")
    try:
        published = {key["kid"]: key for key in keys["keys"]}
    except (KeyError, TypeError):
        raise NoticeError(Fault.BAD_KEYS, "the key set is not a JWK set (RFC 7517) of keys with a kid") from None
    if kid not in published:
        raise NoticeError(
            Fault.UNKNOWN_KEY,
            f"the notice is signed with key {kid}, which is not in the key set given "
            f"({', '.join(map(str, published)) or 'empty'})",
        )
    try:
        key = OKPKey.import_key(published[kid])
    except (JoseError, ValueError, TypeError) as error:
        raise NoticeError(Fault.BAD_KEYS, f"key {kid} of the key set is not an Ed25519 key: {error}") from None
    try:
        signed = jws.deserialize_compact(token, key, registry=_REGISTRY)
    except (JoseError, ValueError) as error:
        raise NoticeError(
            Fault.BAD_SIGNATURE,
            f"the signature of the notice does not hold: it was changed, or key {kid} did not sign it ({error})",
        ) from None
    typ = signed.headers().get("typ")
    if typ not in _TYPES.values():
        raise NoticeError(Fault.WRONG_TYPE, f"the JWS is of type {typ}, not {' or '.join(_TYPES.values())}")
    notice = check_payload(signed.payload)
    if typ != _TYPES[notice.kind]:
        raise NoticeError(Fault.WRONG_TYPE, f"the JWS is of type {typ}, but its notice is one of {_TYPES[notice.kind]}")
    return notice


def read_notice(token: str) -> Payload:
    """What a notice says, without verifying it: for those the engine itself has kept."""
    return Payload.model_validate_json(jws.extract_compact(token.encode("ascii"), registry=_REGISTRY).payload)


def keyid_of(token: str) -> str:
    """The thumbprint of the key a verified notice is signed with."""
    return str(jws.extract_compact(token.encode("ascii"), registry=_REGISTRY).headers()["kid"])
