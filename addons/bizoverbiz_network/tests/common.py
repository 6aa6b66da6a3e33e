import base64
import hashlib
import json
import re

import requests
import responses
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from odoo import Command
from odoo.tests import TransactionCase, new_test_user

from ..tools import keys

URL = "https://localhost:8443/engine"


class FakeEngine:
    """A third party's engine, answering the protocol from memory. It checks every signature it is given."""

    def __init__(self):
        self.private_key = keys.new_private_key()
        self.jwk = keys.public_jwk(self.private_key)
        self.invitations = {}
        self.members = {}
        self.answers = {}
        self.also_members = set()
        #: version of the framework agreement in force; None: whatever is accepted
        self.agreement = None
        self.agreements = [self.new_agreement("2026-11", "2026-11-01", "in-force", accepted_at="2026-11-22T10:00:00Z")]
        self.requests = []
        #: "down": no connection; "slow": no answer in time; "lost": a write is done and its answer lost; (status, body)
        self.mood = None
        self.mock = responses.RequestsMock(assert_all_requests_are_fired=False)
        self.mock.add_callback(responses.GET, f"{URL}/v1/keys", lambda request: self._answer(request, self._keys))
        for method, path, handler in (
            (responses.POST, "members", self._join),
            (responses.GET, "members", self._members),
            (responses.GET, "member", self._member),
            (responses.POST, "member/keys", self._add_key),
            (responses.GET, "agreements", self._list_agreements),
            (responses.PUT, "member/agreement", self._accept_agreement),
            (responses.POST, "member/copy", self._confirm_copy),
        ):
            self.mock.add_callback(
                method,
                re.compile(rf"{re.escape(URL)}/v1/{path}(\?.*)?$"),
                lambda request, handler=handler: self._answer(request, handler),
            )

    def invite(self, secret=bytes(range(32)), used=False, url=URL, jwk=None):
        """An invitation string; the engine knows the secret, and one already used has another holder."""
        text = keys.base64url(secret)
        self.invitations[text] = "somebody-else" if used else None
        content = {"url": url, "network": "Réseau du Forez", "keys": [keys.thumbprint(jwk or self.jwk)], "secret": text}
        body = keys.base64url(json.dumps(content).encode())
        return f"bob1.{body}.{hashlib.sha256(body.encode()).hexdigest()[:8]}"

    def answer_other_addons(self):
        """Have nothing for the addons that extend the exchange, if they are installed."""
        self.mock.add(
            responses.GET, re.compile(rf"{re.escape(URL)}/v1/rounds/"), status=404, json=problem(404, "not-found")[1]
        )
        for name in ("notices", "statements", "discrepancies", "preview", "commitments"):
            self.mock.add_callback(
                responses.GET,
                re.compile(rf"{re.escape(URL)}/v1/{name}(\?.*)?$"),
                lambda request, name=name: self._answer(request, lambda _request: (200, {name: []})),
            )

    def _answer(self, request, handler):
        self.requests.append(request)
        if self.mood == "down":
            raise requests.ConnectionError("connection refused")
        if self.mood == "slow":
            raise requests.ReadTimeout("read timed out")
        if isinstance(self.mood, tuple):
            status, body = self.mood
            return status, {}, body if isinstance(body, str) else json.dumps(body)
        status, body, *headers = handler(request)
        if self.mood == "lost" and request.method != "GET":
            raise requests.ReadTimeout("read timed out")
        return status, {"Content-Type": "application/json", **dict(*headers)}, json.dumps(body)

    def _keys(self, _request):
        # the kid lies: it must not be believed
        return 200, {"keys": [{**self.jwk, "kid": "whatever"}]}

    def _join(self, request):
        payload = json.loads(request.body)
        self.verify(request, payload["public_key"])
        idempotency_key = request.headers["Idempotency-Key"]
        if idempotency_key in self.answers:
            body, answer = self.answers[idempotency_key]
            return answer if body == request.body else problem(409, "idempotency-conflict")
        if payload["invitation"] not in self.invitations:
            return problem(403, "invitation-invalid")
        if self.invitations[payload["invitation"]]:
            return problem(409, "invitation-used")
        if self.agreement and payload["agreement"] != self.agreement:
            status, refusal = problem(409, "agreement-differs")
            return status, {**refusal, "field": "agreement", "acceptable": [self.agreement]}
        keyid = keys.thumbprint(payload["public_key"])
        member = {
            "member": f"00000000-0000-4000-8000-{len(self.members):012}",
            "identifier": payload["identifier"],
            "name": payload["name"],
            "network": "Réseau du Forez",
            "agreement": payload["agreement"],
            "keyid": keyid,
            "last_notice": 0,
        }
        self.invitations[payload["invitation"]] = keyid
        self.members[keyid] = {"member": member, "jwk": payload["public_key"], "status": "active"}
        self.answers[idempotency_key] = (request.body, (201, member))
        return 201, member

    def _member(self, request):
        known = self._authenticate(request)
        return (200, {**known["member"], "status": known["status"]}) if known else problem(401, "signature-invalid")

    @staticmethod
    def new_agreement(version, in_force_from, state, **values):
        return {
            "version": version,
            "in_force_from": in_force_from,
            "state": state,
            "sha256": None,
            "accepted_at": None,
            "answered_by": None,
            **values,
        }

    def _list_agreements(self, request):
        if not self._authenticate(request):
            return problem(401, "signature-invalid")
        return 200, {"agreements": self.agreements, "next": None}

    def _accept_agreement(self, request):
        known, accepted = self._authenticate(request), json.loads(request.body)
        for one in self.agreements:
            if one["version"] == accepted["version"] and one["state"] in ("in-force", "next"):
                one.update(accepted_at="2026-11-22T10:00:00Z", answered_by=accepted["answered_by"])
                if one["state"] == "in-force":
                    known["member"].update(agreement=one["version"], takes_part=True, absence=None)
                return 200, {**known["member"], "status": known["status"]}
        return problem(409, "agreement-differs")

    def _add_key(self, request):
        known = self._authenticate(request)
        if not known:
            return problem(401, "signature-invalid")
        payload = json.loads(request.body)
        keyid = keys.thumbprint(payload["public_key"])
        told = "\n".join(("bizoverbiz member key", known["member"]["member"], keyid)).encode()
        public = Ed25519PublicKey.from_public_bytes(keys.unbase64url(payload["public_key"]["x"]))
        public.verify(keys.unbase64url(payload["proof"]), told)
        self.members[keyid] = {**known, "jwk": payload["public_key"]}
        return 201, {"keyid": keyid, "expires_at": None}

    def _confirm_copy(self, request):
        known = self._authenticate(request)
        known["confirmed"] = json.loads(request.body) | {"database": request.headers["BizOverBiz-Database"]}
        known["member"].pop("in_doubt_since", None)
        return 200, {"database": request.headers["BizOverBiz-Database"], "last_notice": 5, "reopened": [4, 5]}

    def _members(self, request):
        if not self._authenticate(request):
            return problem(401, "signature-invalid")
        asked = request.params.get("identifier", [])
        asked = [asked] if isinstance(asked, str) else asked
        assert len(asked) <= 500, "the protocol allows 500 identifiers"
        return 200, {"members": [identifier for identifier in asked if identifier in self.also_members]}

    def _authenticate(self, request):
        known = self.members.get(re.search(r'keyid="([^"]*)"', request.headers["Signature-Input"])[1])
        if known:
            self.verify(request, known["jwk"])
        return known

    @staticmethod
    def verify(request, jwk):
        """RFC 9421, section 3.2, from the text of the RFC and not with the code under test."""
        _label, parameters = request.headers["Signature-Input"].split("=", 1)
        derived = {"@method": request.method, "@target-uri": request.url}
        lines = [
            f'"{name}": {derived.get(name) or request.headers[name]}'
            for name in re.findall(r'"([^"]*)"', parameters.split(")")[0])
        ]
        base = "\n".join([*lines, f'"@signature-params": {parameters}']).encode()
        signature = base64.b64decode(request.headers["Signature"].removeprefix("sig=:").removesuffix(":"))
        try:
            Ed25519PublicKey.from_public_bytes(keys.unbase64url(jwk["x"])).verify(signature, base)
        except InvalidSignature as error:
            raise AssertionError(f"wrong signature over {base!r}") from error


def problem(status, slug, detail="the engine's own words"):
    return status, {
        "type": f"https://bizoverbiz.example/problems/{slug}",
        "title": slug,
        "status": status,
        "detail": detail,
    }


class NetworkCase(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls._new_company("Atelier Morin", "55210055400013")
        cls.administrator = cls._new_user("administrator", "group_administrator")
        cls.approver = cls._new_user("approver", "group_approver")
        cls.user = cls._new_user("user", "group_user")
        cls.memberships = cls.env["bizoverbiz.membership"].with_user(cls.administrator)

    @classmethod
    def _new_company(cls, name, registry, parent=None):
        country = cls.env.ref("base.be") if registry is None else cls.env.ref("base.fr")
        company = cls.env["res.company"].create(
            {"name": name, "country_id": country.id, "parent_id": parent.id if parent else False}
        )
        if not parent:
            company.company_registry = registry
        return company

    @classmethod
    def _new_user(cls, login, group, companies=None):
        companies = companies or cls.company
        return new_test_user(
            cls.env,
            login=f"bizoverbiz_{login}",
            groups=f"bizoverbiz_network.{group}",
            company_id=companies[:1].id,
            company_ids=[Command.set(companies.ids)],
        )

    def setUp(self):
        super().setUp()
        self.engine = FakeEngine()
        self.engine.answer_other_addons()
        self.engine.mock.start()
        self.addCleanup(self.engine.mock.stop, allow_assert=False)

    def _join(self, memberships=None, **invitation):
        memberships = self.memberships if memberships is None else memberships
        return memberships.browse(memberships.join(self.engine.invite(**invitation), True))
