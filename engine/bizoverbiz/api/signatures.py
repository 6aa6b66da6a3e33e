"""Who sends a request: HTTP Message Signatures (RFC 9421) as docs/protocol.md asks for them."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from http_message_signatures import (
    HTTPMessageSignaturesException,
    HTTPMessageVerifier,
    HTTPSignatureKeyResolver,
    InvalidSignature,
)
from http_message_signatures.algorithms import ED25519

from bizoverbiz.errors import BizoverbizError, SignatureRefusedError

CLOCK_TOLERANCE = timedelta(seconds=300)
#: The header that tells copies of the books apart; see `members.lineage`.
LINEAGE = "bizoverbiz-lineage"
_LABEL = "sig"
_NONCE = re.compile(r"[A-Za-z0-9_-]{22,172}")
_PARAMETERS = {"created", "nonce", "keyid", "alg"}

#: Gives the JWK coordinate `x` of a key by its thumbprint, or None.
FindKey = Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """A request as it was signed: upper-case method, absolute address, header lines in order, body."""

    method: str
    url: str
    header_lines: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def headers(self) -> _Headers:
        return _Headers(self.header_lines)

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.header_lines if key.lower() == name), None)


@dataclass(frozen=True, slots=True)
class _Headers:
    lines: tuple[tuple[str, str], ...]

    def items(self) -> Iterable[tuple[str, str]]:
        return self.lines


@dataclass(frozen=True, slots=True)
class Signer:
    """What a valid signature says."""

    keyid: str
    nonce: str
    #: When the request was signed, as the signer's clock has it.
    created: datetime


def public_key(x: str) -> Ed25519PublicKey:
    """From the JWK coordinate, in its one canonical spelling. Raises `ValueError`."""
    raw = urlsafe_b64decode(x + "=" * (-len(x) % 4))
    if len(raw) != 32 or urlsafe_b64encode(raw).decode().rstrip("=") != x:
        raise ValueError("an Ed25519 public key is 32 bytes in base64url without padding")
    return Ed25519PublicKey.from_public_bytes(raw)


def verify_request(request: SignedRequest, find_key: FindKey, *, now: datetime) -> Signer:
    """Raises `SignatureRefusedError`, saying what is missing or wrong; the body is only to be read afterwards."""
    verifier = _Verifier(now, find_key)
    try:
        (result,) = verifier.verify(request, max_age=None, body=request.body)
    except InvalidSignature as error:
        if isinstance(error.__cause__, BizoverbizError):
            # The library takes whatever the key lookup raises for a bad signature.
            raise error.__cause__ from None
        raise _unholding(error, request) from None
    except (HTTPMessageSignaturesException, ValueError) as error:
        unreadable = "the signature cannot be read"
        raise SignatureRefusedError(f"{unreadable}: {error}", logged=unreadable) from None
    if result.label != _LABEL:
        raise SignatureRefusedError(f"the signature's label is {result.label!r}, it has to be {_LABEL!r}")
    covered = [str(name) for name in result.covered_components if name != '"@signature-params"']
    expected = _expected(request)
    if covered != expected:
        raise SignatureRefusedError(f"the signature covers {' '.join(covered)}; it has to cover {' '.join(expected)}")
    if set(result.parameters) != _PARAMETERS:
        raise SignatureRefusedError(f"the signature's parameters have to be {', '.join(sorted(_PARAMETERS))}, no other")
    if not _NONCE.fullmatch(str(result.nonce)):
        raise SignatureRefusedError("the nonce has to be at least 16 random bytes in base64url without padding")
    created = datetime.fromtimestamp(int(result.parameters["created"]), UTC)
    return Signer(str(result.parameters["keyid"]), str(result.nonce), created)


def _expected(request: SignedRequest) -> list[str]:
    names = ["@method", "@target-uri"]
    names += ["content-digest"] if request.body else []
    names += ["idempotency-key"] if request.header("idempotency-key") is not None else []
    names += ["if-match"] if request.header("if-match") is not None else []
    names += [LINEAGE] if request.header(LINEAGE) is not None else []
    return [f'"{name}"' for name in [*names, "bizoverbiz-database"]]


def _unholding(error: InvalidSignature, request: SignedRequest) -> SignatureRefusedError:
    cause = error.args[0] if error.args else ""
    if str(cause):
        return SignatureRefusedError(f"the signature does not hold: {cause}")
    why = "the key, a covered header or the address differs from what was signed"
    return SignatureRefusedError(
        f"the signature does not hold for {request.method} {request.url}: {why}", logged=f"it does not hold: {why}"
    )


class _Keys(HTTPSignatureKeyResolver):
    def __init__(self, find_key: FindKey) -> None:
        self._find_key = find_key

    def resolve_public_key(self, key_id: str) -> Ed25519PublicKey:
        x = self._find_key(key_id)
        if x is None:
            raise InvalidSignature(f"no member has the key {key_id}")
        return public_key(x)


class _Verifier(HTTPMessageVerifier):
    """With the engine's clock instead of the library's, and its tolerance both ways."""

    def __init__(self, now: datetime, find_key: FindKey) -> None:
        super().__init__(signature_algorithm=ED25519, key_resolver=_Keys(find_key))
        self._now = now

    def validate_created_and_expires(self, sig_input: Any, max_age: timedelta | None = None) -> None:
        created = sig_input.params.get("created")
        if created is None:
            raise InvalidSignature('the parameter "created" is missing')
        away = created - int(self._now.timestamp())
        if abs(away) > CLOCK_TOLERANCE.total_seconds():
            raise InvalidSignature(
                f"it was created {abs(away)} seconds {'ahead of' if away > 0 else 'behind'} the engine's clock "
                f"({self._now:%Y-%m-%d %H:%M:%S} UTC), more than {CLOCK_TOLERANCE.total_seconds():.0f}: set the clock"
            )
