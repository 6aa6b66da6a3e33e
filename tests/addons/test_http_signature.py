"""The addon's request signatures, verified by a library that shares no code with it."""

import base64
import hashlib
import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from http_message_signatures import HTTPMessageVerifier, HTTPSignatureKeyResolver, InvalidSignature, algorithms

TOOLS = Path(__file__).parents[2] / "addons" / "bizoverbiz_network" / "tools"
DATABASE = "0f7a2f0e-6c1d-11f0-9a53-0242ac120002"


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"bizoverbiz_network_{name}", TOOLS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


http_signature = load("http_signature")
keys = load("keys")


class Resolver(HTTPSignatureKeyResolver):
    def __init__(self, known: dict[str, Ed25519PublicKey]) -> None:
        self.known = known

    def resolve_public_key(self, key_id: str) -> Ed25519PublicKey:
        return self.known[key_id]

    def resolve_private_key(self, key_id: str) -> Ed25519PrivateKey:
        raise AssertionError(f"verifying needs no private key ({key_id})")


@pytest.fixture(scope="module")
def pem() -> str:
    return keys.new_private_key()


@pytest.fixture
def keyid(pem: str) -> str:
    return keys.thumbprint(keys.public_jwk(pem))


@pytest.fixture
def verifier(pem: str, keyid: str) -> HTTPMessageVerifier:
    public = keys.load_private_key(pem).public_key()
    return HTTPMessageVerifier(signature_algorithm=algorithms.ED25519, key_resolver=Resolver({keyid: public}))


def signed(pem: str, keyid: str, method: str = "GET", url: str = "https://engine.example/v1/member", **options):
    auth = http_signature.HttpSignature(keys.load_private_key(pem), keyid, DATABASE)
    return requests.Request(method, url, auth=auth, **options).prepare()


WRITE = {
    "method": "PUT",
    "url": "https://engine.example/v1/notices/4/acknowledgement",
    "data": '{"booked":[{"entry":"BOB/2026/0001","amount":4500000}],"à":"é"}'.encode(),
    "headers": {"Idempotency-Key": "acknowledge-4", "Content-Type": "application/json"},
}


@pytest.mark.parametrize(
    ("request_", "covered"),
    [
        ({}, ["@method", "@target-uri", "bizoverbiz-database"]),
        (
            {"url": "https://engine.example/v1/members", "params": [("identifier", "552100554"), ("identifier", "é&")]},
            ["@method", "@target-uri", "bizoverbiz-database"],
        ),
        (WRITE, ["@method", "@target-uri", "content-digest", "idempotency-key", "bizoverbiz-database"]),
    ],
)
def test_a_signed_request_verifies_and_covers_what_the_protocol_says(pem, keyid, verifier, request_, covered) -> None:
    [result] = verifier.verify(signed(pem, keyid, **request_))
    assert result.label == "sig"
    assert [name.strip('"') for name in result.covered_components if "signature-params" not in name] == covered
    assert list(result.parameters) == ["created", "nonce", "keyid", "alg"]
    assert (result.parameters["keyid"], result.parameters["alg"]) == (keyid, "ed25519")
    assert len(base64.urlsafe_b64decode(result.parameters["nonce"] + "==")) >= 16


def test_the_body_digest_is_of_the_bytes_sent(pem, keyid) -> None:
    request = signed(pem, keyid, **WRITE)
    digest = base64.b64encode(hashlib.sha256(WRITE["data"]).digest()).decode()
    assert request.headers["Content-Digest"] == f"sha-256=:{digest}:"


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Idempotency-Key", "acknowledge-5"),
        ("BizOverBiz-Database", "ffffffff-6c1d-11f0-9a53-0242ac120002"),
        ("Content-Digest", "sha-256=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:"),
    ],
)
def test_a_covered_header_cannot_be_changed(pem, keyid, verifier, header, value) -> None:
    request = signed(pem, keyid, **WRITE)
    request.headers[header] = value
    with pytest.raises(InvalidSignature):
        verifier.verify(request)


def test_neither_method_nor_address_can_be_changed(pem, keyid, verifier) -> None:
    for attribute, value in (("method", "DELETE"), ("url", "https://engine.example/v1/members")):
        request = signed(pem, keyid)
        setattr(request, attribute, value)
        with pytest.raises(InvalidSignature):
            verifier.verify(request)


def test_no_nonce_is_used_twice(pem, keyid) -> None:
    inputs = [signed(pem, keyid).headers["Signature-Input"] for _ in range(100)]
    assert len({re.search(r'nonce="([^"]+)"', text)[1] for text in inputs}) == 100


def test_the_thumbprint_is_that_of_rfc_8037() -> None:
    """Appendix A.3 of RFC 8037 gives a key and its thumbprint."""
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
    assert keys.thumbprint({**jwk, "use": "sig"}) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


@pytest.mark.parametrize("jwk", [{}, {"kty": "RSA"}, {"kty": "OKP", "crv": "Ed25519", "x": "AAAA"}])
def test_another_kind_of_key_has_no_thumbprint_here(jwk) -> None:
    with pytest.raises(ValueError, match="not an Ed25519 public key"):
        keys.thumbprint(jwk)
