"""HTTP Message Signatures (RFC 9421) with Ed25519, for ``requests``."""

import base64
import hashlib
import secrets
import time

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from requests import PreparedRequest
from requests.auth import AuthBase

#: Headers covered when the request has them, in the order the protocol fixes.
COVERED_HEADERS = ("content-digest", "idempotency-key", "bizoverbiz-lineage", "bizoverbiz-database")


class HttpSignature(AuthBase):
    """Sign a request: method, target URI, body digest, Idempotency-Key and the database it comes from.

    Adds ``BizOverBiz-Database``, ``BizOverBiz-Lineage`` (if the books have a mark), ``Content-Digest`` (RFC 9530, if
    there is a body), ``Signature-Input`` and ``Signature`` under the label ``sig``.

    :param key: the member's private key
    :param keyid: RFC 7638 thumbprint of its public half
    :param database: uuid of the database whose books speak
    :param lineage: mark of this copy of the books, ``<previous>.<new>``, or None
    """

    def __init__(self, key: Ed25519PrivateKey, keyid: str, database: str, lineage: str | None = None):
        self._key = key
        self._keyid = keyid
        self._database = database
        self._lineage = lineage

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        request.headers["BizOverBiz-Database"] = self._database
        if self._lineage:
            request.headers["BizOverBiz-Lineage"] = self._lineage
        if request.body:
            body = request.body.encode() if isinstance(request.body, str) else request.body
            digest = base64.b64encode(hashlib.sha256(body).digest()).decode("ascii")
            request.headers["Content-Digest"] = f"sha-256=:{digest}:"
        components = [("@method", request.method), ("@target-uri", request.url)]
        components += [(name, request.headers[name].strip()) for name in COVERED_HEADERS if name in request.headers]
        parameters = self._parameters([name for name, _value in components])
        lines = [f'"{name}": {value}' for name, value in components] + [f'"@signature-params": {parameters}']
        signature = self._key.sign("\n".join(lines).encode("ascii"))
        request.headers["Signature-Input"] = f"sig={parameters}"
        request.headers["Signature"] = f"sig=:{base64.b64encode(signature).decode('ascii')}:"
        return request

    def _parameters(self, names: list[str]) -> str:
        """The signature's parameters as an RFC 8941 inner list."""
        covered = " ".join(f'"{name}"' for name in names)
        return (
            f'({covered});created={int(time.time())};nonce="{secrets.token_urlsafe(16)}"'
            f';keyid="{self._keyid}";alg="ed25519"'
        )
