import json

from odoo.addons.bizoverbiz_network.tools import keys
from odoo.tests import BaseCase, tagged

from ..tools.notice import NoticeInvalidError, canonical, verify
from .engine import SetOffEngine, merkle, sign

LINES = [
    ("receivable", "732829320", 700, "ä"),
    ("receivable", "542065479", 300, "b"),
    ("payable", "356000000", 1000, "c"),
]


@tagged("post_install", "-at_install")
class TestVerification(BaseCase):
    """The pure verification: no database, real signatures."""

    def setUp(self):
        super().setUp()
        self.private_key = keys.new_private_key()
        self.jwks = {"keys": [keys.public_jwk(self.private_key)]}

    def _payload(self, lines=LINES, **changes):
        payload = {
            "network": "Réseau",
            "round": 7,
            "member": "552100554",
            "name": "Morin",
            "number": 4,
            "decided_at": "2026-11-22T10:00:00Z",
            "currency": "EUR",
            "total": 1000,
            "audit_head": "00" * 32,
            **changes,
        }
        content = [
            {
                "id": f"{index}",
                "side": side,
                "counterpart": counterpart,
                "number": number,
                "reference": None,
                "due_date": "2026-10-31",
                "amount_open": 5000,
                "ceiling": 1000,
                "set_off": set_off,
                "remaining": 5000 - set_off,
                "salt": f"{index:064}",
            }
            for index, (side, counterpart, set_off, number) in enumerate(lines)
        ]
        root, proofs = merkle([SetOffEngine._leaf(payload, line) for line in content] + [b"\x07" * 32] * 2)
        payload["round_root"] = root
        payload["lines"] = [{**line, "proof": proof} for line, proof in zip(content, proofs, strict=False)]
        return payload

    def _refused(self, code, payload=None, jws=None, member="552100554", number=4):
        jws = jws or sign(self.private_key, payload)
        with self.assertRaises(NoticeInvalidError) as refusal:
            verify(jws, self.jwks, member, number)
        self.assertEqual(refusal.exception.code, code)

    def test_a_genuine_notice_is_believed(self):
        payload = self._payload()
        self.assertEqual(verify(sign(self.private_key, payload), self.jwks, "552100554", 4), payload)

    def test_every_changed_byte_of_the_signed_part_is_noticed(self):
        jws = sign(self.private_key, self._payload())
        header, body, signature = jws.split(".")
        for position in range(0, len(body), 37):
            changed = body[:position] + ("A" if body[position] != "A" else "B") + body[position + 1 :]
            with self.assertRaises(NoticeInvalidError):
                verify(f"{header}.{changed}.{signature}", self.jwks, "552100554", 4)

    def test_another_key_is_not_believed_whatever_kid_it_claims(self):
        stranger = keys.new_private_key()
        self._refused("key", jws=sign(stranger, self._payload()))
        header = {"alg": "Ed25519", "kid": keys.thumbprint(self.jwks["keys"][0]), "typ": "bizoverbiz-notice+jws"}
        self._refused("signature", jws=sign(stranger, self._payload(), header=header))
        self.jwks["keys"].append({**keys.public_jwk(stranger), "kid": header["kid"]})
        self._refused("signature", jws=sign(stranger, self._payload(), header=header))

    def test_other_algorithms_types_and_critical_headers_are_refused(self):
        good = {"alg": "Ed25519", "kid": keys.thumbprint(self.jwks["keys"][0]), "typ": "bizoverbiz-notice+jws"}
        for change in ({"alg": "none"}, {"alg": "EdDSA"}, {"typ": "JWT"}, {"crit": ["b64"]}):
            self._refused("header", jws=sign(self.private_key, self._payload(), header={**good, **change}))

    def test_malformed_documents_are_refused(self):
        for jws in ("", "a.b", "a.b.c.d", "é.é.é", "....", "e30.e30.e30=", "bnVsbA.e30.e30"):
            self._refused("header" if jws == "e30.e30.e30" else "encoding", jws=jws)

    def test_content_that_is_not_canonical_is_refused(self):
        payload = self._payload()
        for raw in (
            json.dumps(payload).encode(),
            canonical(payload).replace(b'"round":7', b'"round":7.0'),
            canonical(payload).replace(b'"round":7', b'"round":6,"round":7'),
        ):
            self._refused("canonical", jws=sign(self.private_key, payload, raw=raw))

    def test_somebody_elses_notice_is_refused(self):
        self._refused("member", self._payload(member="732829320"))

    def test_a_gap_and_a_repetition_are_refused(self):
        self._refused("number", self._payload(), number=3)
        self._refused("number", self._payload(), number=5)

    def test_an_unbalanced_notice_is_refused(self):
        lines = [*LINES[:1], ("receivable", "542065479", 299, "b"), LINES[2]]
        self._refused("balance", self._payload(lines))
        self._refused("balance", self._payload(lines[:1] + LINES[1:], total=999))

    def test_a_set_off_beyond_the_ceiling_or_of_nothing_is_refused(self):
        self._refused(
            "ceiling", self._payload([("receivable", "732829320", 1001, "a"), ("payable", "356000000", 1001, "b")])
        )
        self._refused("ceiling", self._payload([("receivable", "732829320", 0, "a")]))

    def test_a_line_that_is_not_in_the_round_is_refused(self):
        for change in ("set_off", "number", "counterpart", "salt"):
            payload = self._payload()
            for line in payload["lines"][1:]:
                line[change] = {"set_off": 500, "number": "x", "counterpart": "383474814", "salt": "00"}[change]
            self._refused("proof", payload)
        payload = self._payload()
        payload["lines"][0]["proof"][0][0] = "above"
        self._refused("proof", payload)

    def test_incomplete_content_is_refused(self):
        for name in ("network", "round", "currency", "decided_at", "lines"):
            payload = self._payload()
            del payload[name]
            self._refused("form", payload)
        payload = self._payload()
        payload["lines"][0]["set_off"] = True
        self._refused("form", payload)
        payload = self._payload()
        payload["lines"].append(payload["lines"][0])
        self._refused("form", payload)
        self._refused("form", self._payload(decided_at="2026-11-22T10:00:00"))
        self._refused("form", {**self._payload(), "lines": [], "total": 0})

    def test_canonical_form_of_rfc_8785(self):
        # RFC 8785, section 3.2.3: keys sorted by UTF-16 code units
        value = {
            "\u20ac": 1,
            "\r": 2,
            "\ufb33": 3,
            "1": 4,
            "\U0001f600": 5,
            "\u0080": 6,
            "\u00f6": [None, True, 'a"\x0f'],
        }
        self.assertEqual(
            canonical(value).decode(),
            '{"\\r":2,"1":4,"\u0080":6,"\u00f6":[null,true,"a\\"\\u000f"],"\u20ac":1,"\U0001f600":5,"\ufb33":3}',
        )
        for wrong in (1.5, 2**53, {1: 2}, b"x"):
            with self.assertRaises(ValueError):
                canonical(wrong)
