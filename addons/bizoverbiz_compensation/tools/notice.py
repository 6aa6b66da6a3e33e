"""Reading and verifying a signed notice (avis de compensation) without trusting whoever delivered it.

A notice is a compact JWS (RFC 7515) signed with Ed25519 (RFC 9864) over canonical JSON (RFC 8785). Each of its lines
carries a Merkle proof that the set-off stands in the round whose root the notice names.
"""

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

TYPE = "bizoverbiz-notice+jws"
REVERSAL_TYPE = "bizoverbiz-reversal+jws"
LARGEST_EXACT_INTEGER = 2**53 - 1
SIDES = ("receivable", "payable")
_HEX_32 = re.compile(r"[0-9a-f]{64}")
_TEXTS = ("network", "member", "decided_at", "currency", "round_root", "audit_head")
_LINE_TEXTS = ("id", "side", "counterpart", "number", "salt")
_LINE_AMOUNTS = ("amount_open", "ceiling", "set_off", "remaining")


class NoticeInvalidError(ValueError):
    """The notice proves nothing. ``code`` names the reason, ``values`` what it is about."""

    def __init__(self, code: str, **values: Any):
        super().__init__(f"{code}: {values}" if values else code)
        self.code = code
        self.values = values


def canonical(value: Any) -> bytes:
    """Canonical JSON (RFC 8785) of what notices are made of: objects, arrays, strings, integers, booleans, null.

    :raises ValueError: on a float, an integer JSON cannot carry exactly, a lone surrogate, or a key that is no string
    """
    return _canonical(value).encode("utf-8")


def _canonical(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, int):
        if abs(value) > LARGEST_EXACT_INTEGER:
            raise ValueError(f"{value} is beyond what JSON carries exactly")
        return str(value)
    if isinstance(value, list):
        return "[" + ",".join(map(_canonical, value)) + "]"
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
        return "{" + ",".join(f"{_canonical(key)}:{_canonical(value[key])}" for key in keys) + "}"
    raise ValueError(f"{type(value).__name__} has no canonical form here")


def _decode(part: str) -> bytes:
    """Base64url without padding (RFC 7515, section 2); only the one canonical spelling of the bytes is accepted."""
    try:
        raw = base64.b64decode(part.replace("-", "+").replace("_", "/") + "=" * (-len(part) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise NoticeInvalidError("encoding") from error
    if encode(raw) != part:
        raise NoticeInvalidError("encoding")
    return raw


def encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def thumbprint(jwk: Mapping[str, str]) -> str:
    """RFC 7638 thumbprint of an Ed25519 key."""
    return encode(hashlib.sha256(canonical({name: jwk[name] for name in ("crv", "kty", "x")})).digest())


def _public_key(kid: Any, jwks: Mapping[str, Any]) -> Ed25519PublicKey:
    for jwk in jwks.get("keys", []):
        if jwk.get("kty") == "OKP" and jwk.get("crv") == "Ed25519" and thumbprint(jwk) == kid:
            return Ed25519PublicKey.from_public_bytes(_decode(jwk["x"]))
    raise NoticeInvalidError("key", kid=kid)


def open_jws(jws: str, jwks: Mapping[str, Any]) -> dict[str, Any]:
    """The payload of a notice signed with one of the pinned keys.

    :param jwks: the pinned JWK set (RFC 7517); a key counts under its own thumbprint, whatever ``kid`` it claims
    :raises NoticeInvalidError: if the form, the key, the signature or the canonical form is wrong, or if the header
        says another kind of notice than the payload
    """
    parts = jws.split(".")
    if len(parts) != 3:
        raise NoticeInvalidError("encoding")
    header_raw, payload_raw, signature = map(_decode, parts)
    header = _load(header_raw)
    kinds = {TYPE: None, REVERSAL_TYPE: "reversal"}
    if header.get("alg") != "Ed25519" or header.get("typ") not in kinds or set(header) != {"alg", "kid", "typ"}:
        raise NoticeInvalidError("header")
    try:
        _public_key(header["kid"], jwks).verify(signature, f"{parts[0]}.{parts[1]}".encode("ascii"))
    except InvalidSignature as error:
        raise NoticeInvalidError("signature") from error
    payload = _load(payload_raw)
    try:
        is_canonical = canonical(payload) == payload_raw
    except ValueError:
        is_canonical = False
    if not is_canonical:
        raise NoticeInvalidError("canonical")
    if payload.get("kind") != kinds[header["typ"]]:
        raise NoticeInvalidError("header")
    return payload


def _load(raw: bytes) -> dict[str, Any]:
    try:
        value = json.loads(raw)
    except ValueError as error:
        raise NoticeInvalidError("encoding") from error
    if not isinstance(value, dict):
        raise NoticeInvalidError("encoding")
    return value


def leaf(line: Mapping[str, Any], member: str, round_number: int, currency: str) -> bytes:
    """Hash of one set-off as both parties compute it: SHA-256 of 0x00 + canonical JSON."""
    receivable = line["side"] == "receivable"
    content = {
        "creditor": member if receivable else line["counterpart"],
        "debtor": line["counterpart"] if receivable else member,
        "id": line["id"],
        "number": line["number"],
        "round": round_number,
        "currency": currency,
        "set_off": line["set_off"],
        "salt": line["salt"],
    }
    return hashlib.sha256(b"\x00" + canonical(content)).digest()


def fold(node: bytes, proof: list[list[str]]) -> str:
    """Root reached from a leaf; inner nodes are SHA-256 of 0x01 + left + right."""
    for step in proof:
        if len(step) != 2 or step[0] not in ("left", "right") or not _HEX_32.fullmatch(str(step[1])):
            raise NoticeInvalidError("proof")
        sibling = bytes.fromhex(step[1])
        pair = sibling + node if step[0] == "left" else node + sibling
        node = hashlib.sha256(b"\x01" + pair).digest()
    return node.hex()


def verify(jws: str, jwks: Mapping[str, Any], member: str, number: int) -> dict[str, Any]:
    """The payload of a notice that is genuine, addressed to ``member``, carries ``number`` and is consistent in itself.

    :param member: identifier of the addressee
    :param number: the next number expected; notice numbers are gapless
    :raises NoticeInvalidError: with the reason
    """
    payload = open_jws(jws, jwks)
    _check_form(payload)
    if payload["member"] != member:
        raise NoticeInvalidError("member", member=payload["member"], expected=member)
    if payload["number"] != number:
        raise NoticeInvalidError("number", number=payload["number"], expected=number)
    totals = dict.fromkeys(SIDES, 0)
    for line in payload["lines"]:
        if not 0 < line["set_off"] <= line["ceiling"]:
            raise NoticeInvalidError("ceiling", line=line["number"])
        if not _reverses(payload, line):
            raise NoticeInvalidError("reverses", line=line["number"])
        totals[line["side"]] += line["set_off"]
        if fold(leaf(line, member, payload["round"], payload["currency"]), line["proof"]) != payload["round_root"]:
            raise NoticeInvalidError("proof", line=line["number"])
    if set(totals.values()) != {payload["total"]}:
        raise NoticeInvalidError("balance", **totals, total=payload["total"])
    return payload


def _reverses(payload: Mapping[str, Any], line: Mapping[str, Any]) -> bool:
    """A line of a reversal names an earlier notice and opens all of its ceiling again; no other line names one."""
    if payload.get("kind") != "reversal":
        return "reverses" not in line
    earlier = _is_amount(line.get("reverses")) and 0 < line["reverses"] < payload["number"]
    return earlier and line["set_off"] == line["ceiling"] and line["remaining"] == line["amount_open"] + line["set_off"]


def _is_amount(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _check_form(payload: Mapping[str, Any]) -> None:
    """Everything the booking reads is there and of its type; an unknown member beside it is allowed."""
    lines = payload.get("lines")
    good = (
        all(isinstance(payload.get(name), str) for name in _TEXTS)
        and all(_is_amount(payload.get(name)) for name in ("round", "number", "total"))
        and isinstance(lines, list)
        and bool(lines)
        and all(isinstance(line, dict) for line in lines)
        and all(isinstance(line.get(name), str) for line in lines for name in _LINE_TEXTS)
        and all(_is_amount(line.get(name)) for line in lines for name in _LINE_AMOUNTS)
        and all(line["side"] in SIDES and isinstance(line.get("proof"), list) for line in lines)
        and len({line["id"] for line in lines}) == len(lines)
    )
    if not good:
        raise NoticeInvalidError("form")
    try:
        moment = datetime.fromisoformat(payload["decided_at"])
    except ValueError as error:
        raise NoticeInvalidError("form") from error
    if moment.tzinfo is None:
        raise NoticeInvalidError("form")
