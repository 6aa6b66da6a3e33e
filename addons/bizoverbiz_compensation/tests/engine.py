"""A third party's engine, as far as set-offs go: it answers the protocol from memory and signs notices for real."""

import hashlib
import json
import re
import uuid

import requests
import responses
from odoo.addons.bizoverbiz_network.tests.common import URL, FakeEngine, problem
from odoo.addons.bizoverbiz_network.tools import keys

from .commitments import Commitments


def canonical(value):
    """Enough of RFC 8785 for ASCII keys; not the code under test."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def sign(private_key, payload, header=None, raw=None):
    kind = "reversal" if payload and payload.get("kind") == "reversal" else "notice"
    header = header or {
        "alg": "Ed25519",
        "kid": keys.thumbprint(keys.public_jwk(private_key)),
        "typ": f"bizoverbiz-{kind}+jws",
    }
    signed = f"{keys.base64url(canonical(header))}.{keys.base64url(raw or canonical(payload))}"
    signature = keys.load_private_key(private_key).sign(signed.encode())
    return f"{signed}.{keys.base64url(signature)}"


def merkle(leaves):
    """Root and one proof a leaf; an odd last node moves up unchanged."""
    proofs = [[] for _leaf in leaves]
    level = [(leaf, [index]) for index, leaf in enumerate(leaves)]
    while len(level) > 1:
        above = []
        for left, right in zip(level[::2], level[1::2], strict=False):
            for index in left[1]:
                proofs[index].append(["right", right[0].hex()])
            for index in right[1]:
                proofs[index].append(["left", left[0].hex()])
            above.append((hashlib.sha256(b"\x01" + left[0] + right[0]).digest(), left[1] + right[1]))
        level = above + ([level[-1]] if len(level) % 2 else [])
    return level[0][0].hex(), proofs


def discrepancy(**values):
    """One as the engine lists it: the debtor declares less."""
    way_out = {"code": "reconcile", "text": "Look for a payment."}
    return {
        "id": "7f3f3f0e-6a5c-4e53-9d68-2f1f35ad6a01",
        "kind": "amounts-differ",
        "creditor": "552100554",
        "debtor": "732829320",
        "number": "INV/1",
        "currency": "EUR",
        "creditor_amount": 120000,
        "debtor_amount": 100000,
        "issue_date": "2026-09-01",
        "due_date": "2026-10-31",
        "reason": "The debtor declares 200.00 less.",
        "disputed_by": None,
        "dispute_code": None,
        "reference": None,
        "suggestion": None,
        "way_out": {"creditor": way_out, "debtor": way_out},
        **values,
    }


class SetOffEngine(Commitments, FakeEngine):
    def __init__(self):
        super().__init__()
        self.member = None
        self.declarations, self.statements, self.notices, self.discrepancies = [], [], [], []
        self.suggestions = {}
        self.acknowledged = {}
        self.refused = {}
        #: number of the notice that a reversal's line reverses, by the line's identifier
        self.reversed = {}
        #: routes that do not answer, and routes that do the work and then lose the answer
        self.broken, self.lossy = set(), set()
        self.too_late = False
        #: parts of declarations: from which one on the connection fails, which are lost, names that are too old
        self.fail_from_part, self.forget, self.stale = None, set(), set()
        self.parts = {}
        self.preview = []
        self.mandate, self.mandate_refusal, self.rounds = None, None, {}
        self.answer_commitments()
        for method, path, handler in (
            (responses.POST, "declarations", self._declare),
            (responses.GET, "discrepancies", lambda request: (200, {"discrepancies": self.discrepancies})),
            (responses.GET, "suggestions", self._list_suggestions),
            (responses.PUT, "suggestions/[^/]+/answer", self._answer_suggestion),
            (responses.GET, "statements", lambda request: (200, {"statements": self.statements[::-1]})),
            (responses.PUT, "statements/[^/]+/answer", self._answer_statement),
            (responses.PUT, "member/mandate", self._give_mandate),
            (responses.DELETE, "member/mandate", self._end_mandate),
            (responses.GET, "rounds/[0-9]+", self._tell_round),
            (responses.GET, "preview", lambda request: (200, {"preview": self.preview})),
            (responses.GET, "notices", self._list_notices),
            (responses.PUT, "notices/[0-9]+/acknowledgement", self._acknowledge),
        ):
            self.mock.add_callback(
                method,
                re.compile(rf"{re.escape(URL)}/v1/{path}(\?.*)?$"),
                lambda request, path=path, handler=handler: self._answer(
                    request, lambda request: self._guarded(request, path, handler)
                ),
            )

    def sent(self, path, method="PUT"):
        """Requests to a path, oldest first."""
        return [request for request in self.requests if request.method == method and path in request.url]

    def _guarded(self, request, path, handler):
        if not self._authenticate(request):
            return problem(401, "signature-invalid")
        if path in self.broken:
            raise requests.ConnectionError("connection refused")
        key = request.headers.get("Idempotency-Key")
        if request.method != "GET":
            assert key, "every write carries an Idempotency-Key"
            if key in self.answers and self.answers[key][0] != request.body:
                return problem(409, "idempotency-conflict")
        answer = self.answers[key][1] if key in self.answers else handler(request)
        if request.method != "GET":
            self.answers[key] = (request.body, answer)
        if path in self.lossy:
            raise requests.ReadTimeout("read timed out")
        return answer

    def _declare(self, request):
        payload = json.loads(request.body)
        assert len(payload["lines"]) <= 10_000, "the protocol allows 10,000 lines in a call"
        name, part = payload.get("declaration"), payload.get("part", 1)
        if name in self.stale:
            return problem(409, "too-late", "The declaration was not finished within 24 hours.")
        if self.fail_from_part and part >= self.fail_from_part:
            raise requests.ConnectionError("connection refused")
        self.declarations.append(payload)
        arrived = self.parts.setdefault(name, set()) | {part} - self.forget
        self.parts[name] = arrived
        missing = sorted(set(range(1, payload.get("parts", 1) + 1)) - arrived) if name else []
        lines = []
        for index, line in enumerate(payload["lines"]):
            if line["number"] in self.refused:
                field, reason = self.refused[line["number"]]
                refusal = {"reference": line["reference"], "field": field, "reason": reason}
                lines.append({"index": index, "status": "refused", **refusal})
            else:
                lines.append({"index": index, "status": "accepted"})
        refused = sum(line["status"] == "refused" for line in lines)
        answer = {"accepted": len(lines) - refused, "refused": refused, "withdrawn": 0, "lines": lines}
        answer["missing"] = missing
        if refused:
            status, body = problem(422, "lines-refused")
            return status, {**body, **answer}
        return 200, answer

    @staticmethod
    def _encumbered(line):
        if not line.get("encumbrance"):
            return 0
        amount = line.get("amount_encumbered")
        return line["amount_open"] if amount is None else amount

    def propose(self, amounts, deadline="2026-12-01T12:00:00Z", number=1, currency="EUR", kind="netting"):
        """Propose to set off ``amounts`` (minor units by reference) of the lines declared last.

        A commitment is named by its own reference.
        """
        lines = [
            {
                "id": str(uuid.uuid4()),
                "counterpart_name": f"Firm {line['counterpart']}",
                "ceiling": max(0, line["amount_open"] - line["amount_disputed"] - self._encumbered(line)),
                "proposed": amounts.get(line["reference"], 0),
                "approved": None,
                "set_off": None,
                **{
                    name: line[name]
                    for name in ("side", "counterpart", "number", "reference", "issue_date", "due_date", "amount_open")
                },
            }
            for line in self.declarations[-1]["lines"]
            if line["currency"] == currency
        ]
        lines += [
            {
                **line,
                "id": str(uuid.uuid4()),
                "counterpart_name": f"Firm {line['counterpart']}",
                "ceiling": line["amount_open"],
                "proposed": amounts.get(line["commitment"], 0),
                "approved": None,
                "set_off": None,
            }
            for line in self.commitment_lines(currency)
        ]
        totals = {
            side: sum(line["proposed"] for line in lines if line["side"] == side) for side in ("receivable", "payable")
        }
        statement = {
            "id": str(uuid.uuid4()),
            "round": number,
            "state": "proposed",
            "kind": kind,
            "currency": currency,
            "proposed_at": "2026-11-22T09:00:00Z",
            "deadline": deadline,
            **totals,
            "answered_by": None,
            "reason": None,
            "lines": lines,
        }
        self.statements.append(statement)
        return statement

    def approve_by_mandate(self, amounts, given_by="approver@morin.example"):
        """Answer the last statement in the member's name; lines not in ``amounts`` (by reference) are left open."""
        statement = self.statements[-1]
        statement.update(
            state="approved",
            answered_by=f"mandate of {given_by} given on 2026-11-22",
            proposed_at="2026-11-22T11:00:00Z",
        )
        for line in statement["lines"]:
            line["approved"] = amounts.get(line["reference"])

    def _give_mandate(self, request):
        if self.mandate_refusal:
            return problem(422, "malformed", self.mandate_refusal)
        self.mandate = json.loads(request.body)
        return 200, {**self.mandate, "given_at": "2026-11-22T11:00:00Z"}

    def _end_mandate(self, _request):
        if not self.mandate:
            return problem(404, "not-found")
        self.mandate = None
        return 200, {"ended": True}

    def open_round(self, number, cut_at=None):
        """A round that the network publishes, in collection."""
        times = dict.fromkeys(("frozen_at", "proposed_at", "deadline", "decided_at", "ended_at"))
        self.rounds[number] = {
            "number": number,
            "kind": "netting",
            "state": "collection",
            "opened_at": "2026-11-16T08:00:00Z",
            "cut_at": cut_at,
            **times,
        }
        return self.rounds[number]

    def _tell_round(self, request):
        told = self.rounds.get(int(request.url.split("/")[-1]))
        return (200, told) if told else problem(404, "not-found")

    def _answer_statement(self, request):
        identifier = request.url.split("/")[-2]
        statement = next(statement for statement in self.statements if statement["id"] == identifier)
        if self.too_late or statement["state"] not in ("proposed", "approved"):
            return problem(409, "too-late", "The deadline has passed.")
        answer = json.loads(request.body)
        if answer["answer"] == "refuse":
            statement.update(state="refused", reason=answer["reason"], answered_by=answer["answered_by"])
            return 200, statement
        approved = {line["id"]: line["approved"] for line in answer["lines"]}
        for line in statement["lines"]:
            amount = approved.get(line["id"], 0)
            if line["approved"] is not None and amount > line["approved"]:
                return problem(409, "approval-raised")
            line["approved"] = amount
        statement.update(state="approved", answered_by=answer["answered_by"])
        return 200, statement

    def decide(self, amounts, decided_at="2026-11-22T10:00:00Z", statement=None, private_key=None, **changes):
        """Decide the last statement: sign and deliver a notice that sets off ``amounts`` (by reference)."""
        statement = statement or self.statements[-1]
        lines = []
        for line in statement["lines"]:
            line["set_off"] = amounts.get(line["reference"] or line["number"], 0)
            if line["set_off"]:
                kept = {
                    name: value for name, value in line.items() if name not in ("approved", "proposed", "issue_date")
                }
                opened = statement["kind"] == "reversal"
                kept.update({"reverses": self.reversed[line["id"]]} if opened else {})
                remaining = line["amount_open"] + line["set_off"] * (1 if opened else -1)
                lines.append({**kept, "remaining": remaining, "salt": hashlib.sha256(line["id"].encode()).hexdigest()})
        statement["state"] = "decided"
        payload = {
            "network": "Réseau du Forez",
            "round": statement["round"],
            "member": self.member,
            "name": "Atelier Morin",
            "number": len(self.notices) + 1,
            "decided_at": decided_at,
            "currency": statement["currency"],
            "total": sum(line["set_off"] for line in lines if line["side"] == "receivable"),
            "audit_head": "ab" * 32,
            **changes,
        }
        leaves = [self._leaf(payload, line) for line in lines]
        somebody_elses = [hashlib.sha256(b"\x00" + bytes([index])).digest() for index in range(3)]
        payload["round_root"], proofs = merkle(leaves + somebody_elses)
        payload["lines"] = [{**line, "proof": proof} for line, proof in zip(lines, proofs, strict=False)]
        self.deliver(sign(private_key or self.private_key, payload), payload["number"])
        return payload

    def propose_reversal(self, notice, amounts=None, number=2):
        """Propose to open again what a notice set off: ``amounts`` (minor units by reference), or all of it."""
        statement = self.propose({}, number=number, currency=notice["currency"], kind="reversal")
        opened = [
            (line, line["set_off"] if amounts is None else amounts.get(line["reference"] or line["number"], 0))
            for line in notice["lines"]
        ]
        statement["lines"] = [
            {
                **{name: line[name] for name in ("side", "counterpart", "counterpart_name", "number", "reference")},
                **{name: line[name] for name in ("commitment", "description") if line.get("commitment")},
                "id": str(uuid.uuid4()),
                "issue_date": None,
                "due_date": line["due_date"],
                "amount_open": line["remaining"],
                "ceiling": amount,
                "proposed": amount,
                "approved": None,
                "set_off": None,
            }
            for line, amount in opened
            if amount
        ]
        self.reversed.update((line["id"], notice["number"]) for line in statement["lines"])
        for side in ("receivable", "payable"):
            statement[side] = sum(line["proposed"] for line in statement["lines"] if line["side"] == side)
        return statement

    def decide_reversal(self, statement, decided_at="2026-11-25T10:00:00Z", **changes):
        """Decide a reversal as a whole; its notice says, as its statement does not, which notice a line reverses."""
        amounts = {line["reference"] or line["number"]: line["proposed"] for line in statement["lines"]}
        return self.decide(amounts, decided_at=decided_at, statement=statement, kind="reversal", **changes)

    @staticmethod
    def _leaf(payload, line):
        parties = [payload["member"], line["counterpart"]]
        creditor, debtor = parties if line["side"] == "receivable" else parties[::-1]
        content = {
            "creditor": creditor,
            "debtor": debtor,
            "round": payload["round"],
            "currency": payload["currency"],
            **{name: line[name] for name in ("id", "number", "set_off", "salt")},
        }
        return hashlib.sha256(b"\x00" + canonical(content)).digest()

    def deliver(self, jws, number):
        self.notices = [notice for notice in self.notices if notice["number"] != number]
        self.notices.append({"number": number, "round": 1, "jws": jws, "acknowledged": False})

    def suggest(self, creditor_number, debtor_number, creditor="552100554", debtor="732829320", total=120000):
        """Suggest that two numbers mean one invoice; returns the suggestion's identifier."""
        identifier = str(uuid.uuid4())
        self.suggestions[identifier] = {
            "id": identifier,
            "creditor": creditor,
            "debtor": debtor,
            "currency": "EUR",
            "creditor_number": creditor_number,
            "debtor_number": debtor_number,
            "amount_total": total,
            "issue_date": "2026-09-01",
            "due_date": "2026-10-31",
            "state": "open",
            "answer": None,
            "answered_by": None,
        }
        return identifier

    def _list_suggestions(self, request):
        """One suggestion a page, so that a client that reads the first page only is found out."""
        found = [one for one in self.suggestions.values() if one["state"] == request.params.get("state", one["state"])]
        start = int(request.params.get("after", 0))
        following = str(start + 1) if start + 1 < len(found) else None
        return 200, {"suggestions": found[start : start + 1], "next": following}

    def _answer_suggestion(self, request):
        suggestion = self.suggestions.get(request.url.split("/")[-2])
        if not suggestion:
            return problem(404, "not-found")
        if suggestion["state"] != "open":
            return problem(409, "too-late")
        suggestion.update(json.loads(request.body))
        if suggestion["answer"] == "reject":
            suggestion["state"] = "rejected"
        return 200, suggestion

    def _list_notices(self, request):
        after = int(request.params.get("after", 0))
        return 200, {"notices": [notice for notice in self.notices if notice["number"] > after]}

    def _acknowledge(self, request):
        number = int(request.url.split("/")[-2])
        self.acknowledged[number] = json.loads(request.body)["booked"]
        return 200, {"number": number, "acknowledged": True}
