"""Signed notices: what they say, how they are signed, how anyone verifies them."""

from bizoverbiz.notices.merkle import Leaf, merkle_root, proofs, verify_inclusion
from bizoverbiz.notices.payload import Fault, NoticeError, NoticeLine, Payload, check_payload
from bizoverbiz.notices.signing import (
    SigningKey,
    create_key_file,
    keyid_of,
    load_signing_key,
    public_jwk,
    read_notice,
    thumbprint,
    verify_notice,
)

__all__ = [
    "Fault",
    "Leaf",
    "NoticeError",
    "NoticeLine",
    "Payload",
    "SigningKey",
    "check_payload",
    "create_key_file",
    "keyid_of",
    "load_signing_key",
    "merkle_root",
    "proofs",
    "public_jwk",
    "read_notice",
    "thumbprint",
    "verify_inclusion",
    "verify_notice",
]
