"""A simulated firm: what a client does, in the order of docs/protocol.md, sharing no code with the engine."""

from __future__ import annotations

import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Generator
from dataclasses import dataclass
from hashlib import sha256
from random import Random
from typing import Any, Literal
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from .books import Books, Invoice, Notice, Paper, Sale
from .mandates import BY_MANDATE, allow
from .transport import Answer, Message

URL = "http://engine.example"


class Unreachable(Exception):  # noqa: N818  # what a client calls it
    """No answer came; whether the request did is not known."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A request to be signed and sent."""

    method: str
    path: str
    body: Any = None
    #: What the idempotency key is kept under in the books; None for a new one.
    same: str | None = None


Exchange = Generator[Wish, Answer, None]


class Key:
    """A member's signing key."""

    def __init__(self, raw: bytes) -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(raw)
        self.x = _base64url(self._private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))
        self.jwk = {"kty": "OKP", "crv": "Ed25519", "x": self.x}
        self.keyid = _base64url(sha256(json.dumps(self.jwk, sort_keys=True, separators=(",", ":")).encode()).digest())

    def sign(self, text: str) -> str:
        return b64encode(self._private.sign(text.encode())).decode()

    def prove(self, word: str) -> str:
        """Verified in every run: it is part of what is written."""
        return _base64url(self._private.sign(word.encode()))

    def seal(self, text: str) -> str:
        """As much its own as a signature, where nobody verifies it."""
        return b64encode(sha256((self.keyid + text).encode()).digest()).decode()


class Firm:
    """Honest; `liars` has the others."""

    honest = True

    def __init__(self, identifier: str, rng: Random, paper: Paper, keys: dict[str, Any]) -> None:
        self.identifier, self.rng, self.paper, self.engine_keys = identifier, rng, paper, keys
        self.books = Books(identifier, str(UUID(bytes=rng.randbytes(16), version=4)))
        self.key = Key(rng.randbytes(32))
        #: Not every client lowers approvals its books no longer support: the engine has to look at them again itself.
        self.lowers = rng.random() < 0.5
        #: Seconds this firm's clock is ahead of the engine's.
        self.skew = 0
        self.backups: list[tuple[Books, Key]] = []
        #: By line: the most it ever approved, and the least the engine has confirmed.
        self.approved_most: dict[str, int] = {}
        self.approved_least: dict[str, int] = {}
        self.needs_invitation = False
        #: Another copy of its books may have written: an administrator has to say which is the live one.
        self.doubted = False
        #: The mark of the exchange going on; see docs/protocol.md, Copies of the books.
        self.mark: str | None = None
        #: Once faults have stopped: nothing is said twice, nothing is only looked at.
        self.quiet = False
        #: Rules of every mandate it ever sent, whichever arrived; rules to be sent, or that it is to be ended.
        self.mandates: list[dict[str, Any]] = []
        self.mandate: dict[str, Any] | Literal["end"] | None = None
        #: Lines of statements that its people have answered, in whatever way.
        self.answered: set[str] = set()
        #: A key registered, or about to be, in place of the one it signs with.
        self.next_key: Key | None = None
        self._declared: tuple[str, dict[str, Any]] | None = None
        self.member = ""

    # -- the wire

    def message(self, wish: Wish, now: float, *, nonce: str | None = None, key: str | None = None) -> Message:
        """The wish as a signed request (RFC 9421)."""
        content = b"" if wish.body is None else json.dumps(wish.body).encode()
        headers = {"bizoverbiz-database": self.books.database}
        if content:
            headers["content-type"] = "application/json"
            headers["content-digest"] = f"sha-256=:{b64encode(sha256(content).digest()).decode()}:"
        if wish.method != "GET":
            headers["idempotency-key"] = key or self._idempotency(wish)
        url = URL + wish.path
        covered = {"@method": wish.method, "@target-uri": url}
        covered |= {name: headers[name] for name in ("content-digest", "idempotency-key") if name in headers}
        if self.mark is not None:
            headers["bizoverbiz-lineage"] = covered["bizoverbiz-lineage"] = self.mark
        covered["bizoverbiz-database"] = headers["bizoverbiz-database"]
        names = " ".join(f'"{name}"' for name in covered)
        parameters = (
            f'({names});created={int(now) + self.skew};keyid="{self.key.keyid}";alg="ed25519"'
            f';nonce="{nonce or _base64url(self.rng.randbytes(16))}"'
        )
        base = "".join(f'"{name}": {value}\n' for name, value in covered.items()) + f'"@signature-params": {parameters}'
        headers["signature-input"] = f"sig={parameters}"
        headers["signature"] = f"sig=:{self.key.sign(base)}:"
        return Message(wish.method, url, tuple(headers.items()), content)

    def _idempotency(self, wish: Wish) -> str:
        fresh = _base64url(self.rng.randbytes(12))
        if wish.same is None:
            return fresh
        return self.books.keys.setdefault(f"{wish.same} {sha256(repr(wish.body).encode()).hexdigest()}", fresh)

    def joining(self, secret: str) -> Wish:
        body = {
            "invitation": secret,
            "identifier": self.identifier,
            "name": f"Firm {self.identifier}",
            "country": "FR",
            "public_key": self.key.jwk,
            "database": self.books.database,
            "agreement": "2026-11",
        }
        return Wish("POST", "/v1/members", body, f"join {secret}")

    # -- one exchange

    def exchange(self) -> Exchange:
        """Acknowledge, lower, answer, fetch and book, declare, look. Left at any point, the next one goes on."""
        self.begin_mark()
        yield from self._acknowledge()
        if self.lowers:
            self._lower()
        yield from self._answer()
        yield from self._fetch()
        yield from self._register()
        yield from self._declare()
        yield from self._change_mandate()
        yield from self._change_key()
        if not self.quiet:
            yield from self._answer_suggestions()
        yield from self._look()

    def begin_mark(self) -> None:
        """A token is kept before it is sent, and stays until an answer has echoed it."""
        if self.books.pending is None:
            self.books.pending = _base64url(self.rng.randbytes(16))
            self.books.booked_before = self.books.last_booked
        self.mark = f"{self.books.token}.{self.books.pending}"

    def heard(self, answer: Answer) -> None:
        """What an answer says to whoever waits for it."""
        if answer.lineage is not None and answer.lineage == self.books.pending:
            self.books.token, self.books.pending = answer.lineage, None

    def confirming(self) -> Wish:
        self.begin_mark()
        body = {"answered_by": "claire@example.com", "last_notice": self.books.last_booked}
        return Wish("POST", "/v1/member/copy", body)

    def confirmed(self, reopened: list[int]) -> None:
        self.doubted = False
        self.books.acknowledged -= set(reopened)
        self.books.keys.clear()

    def _acknowledge(self) -> Exchange:
        for number in list(self.books.bookings):
            if number not in self.books.acknowledged and number <= self.books.booked_before:
                answer = yield self._acknowledgement(number)
                if answer.status == 200:
                    self.books.acknowledged.add(number)
                elif not self._told(answer):
                    raise AssertionError(f"notice {number}: the acknowledgement is refused: {answer.body}")

    def _acknowledgement(self, number: int) -> Wish:
        notice = self.books.notices[number]
        entry = {"entry": f"BOB/{number}", "date": "2026-11-22", "currency": notice.currency, "amount": notice.total}
        return Wish("PUT", f"/v1/notices/{number}/acknowledgement", {"booked": [entry]}, f"acknowledge {number}")

    def _lower(self) -> None:
        """Approvals that the books no longer support."""
        opened = None
        for identifier, meant in self.books.meant.items():
            statement = self.books.statements.get(identifier)
            if meant is None or statement is None or statement["state"] not in ("proposed", "approved"):
                continue
            if statement["kind"] == "reversal":
                continue
            opened = self.paper.open_in(self.books) if opened is None else opened
            for line in statement["lines"]:
                supported = max(0, self._supported(line, opened))
                if meant.get(line["id"], 0) > supported:
                    meant[line["id"]] = supported

    def _supported(self, line: dict[str, Any], opened: dict[tuple[str, str], int]) -> int:
        key = self.means(line)
        return opened.get(key, 0) - self.books.disputed.get(key, 0)

    def means(self, line: dict[str, Any]) -> tuple[str, str]:
        """The invoice or sale a line means, by the creditor's own number or by the one its debtor has typed."""
        creditor = self.identifier if line["side"] == "receivable" else line["counterpart"]
        key = (creditor, line["number"])
        return key if key in self.paper.invoices else self.paper.meant.get(key, key)

    def _answer(self) -> Exchange:
        for identifier, meant in list(self.books.meant.items()):
            if identifier in self.books.confirmed and self.books.confirmed[identifier] == meant:
                continue
            statement = self.books.statements.get(identifier)
            if statement is None or statement["state"] not in ("proposed", "approved"):
                continue
            # Its people may lower it further while the answer is on its way.
            meant = None if meant is None else dict(meant)
            answer = yield self._answering(identifier, meant)
            if answer.status == 200:
                self.books.confirmed[identifier] = meant
                self.books.statements[identifier] = answer.body
                self._check_confirmed(answer.body, meant)
                for line in answer.body["lines"]:
                    now = line["approved"] or 0
                    self.approved_least[line["id"]] = min(self.approved_least.get(line["id"], now), now)
            elif answer.slug in ("too-late", "approval-raised", "not-found", "insolvent", "agreement-not-accepted"):
                # The copy that was restored did not know; what the engine keeps stands.
                self.books.meant.pop(identifier, None)
            elif not self._told(answer):
                raise AssertionError(f"statement {identifier}: the answer is refused: {answer.body}")

    def _answering(self, identifier: str, meant: dict[str, int] | None) -> Wish:
        body: dict[str, Any] = {"answer": "refuse", "answered_by": "claire@example.com", "reason": "not now"}
        if meant is not None:
            lines = [{"id": line, "approved": amount} for line, amount in meant.items()]
            self.answered |= meant.keys()
            body = {"answer": "approve", "answered_by": "claire@example.com", "lines": lines}
            for line, amount in meant.items():
                self.approved_most[line] = max(self.approved_most.get(line, 0), amount)
        return Wish("PUT", f"/v1/statements/{identifier}/answer", body, f"answer {identifier}")

    @staticmethod
    def _check_confirmed(statement: dict[str, Any], meant: dict[str, int] | None) -> None:
        assert statement["state"] == ("refused" if meant is None else "approved"), statement
        for line in statement["lines"] if meant is not None else ():
            assert line["approved"] == (meant or {}).get(line["id"], 0), f"{line} was not approved as said"

    def _fetch(self) -> Exchange:
        while True:
            last = max(self.books.notices, default=0)
            answer = yield Wish("GET", f"/v1/notices?after={last}")
            if answer.status != 200:
                assert self._told(answer), answer
                return
            for entry in answer.body["notices"]:
                self.books.notices[entry["number"]] = self._verified(entry)
            if answer.body["next"] is None:
                break
        for number in sorted(self.books.notices):
            if number == self.books.last_booked + 1:
                self.books.book(self.books.notices[number])

    def _verified(self, entry: dict[str, Any]) -> Notice:
        """What a firm checks before it books: the engine's own library, then what the firm alone knows."""
        from bizoverbiz.notices import verify_notice

        payload = verify_notice(entry["jws"], self.engine_keys)
        assert payload.member == self.identifier, f"{self.identifier} is given a notice of {payload.member}"
        assert payload.number == entry["number"], f"notice {payload.number} comes as {entry['number']}"
        lines, by_mandate = [], []
        for line in payload.lines:
            key = self.means({"side": line.side, "counterpart": line.counterpart, "number": line.number})
            most = min(self.approved_most.get(line.id, 0), self.approved_least.get(line.id, line.ceiling))
            unseen = line.id not in self.answered and line.id not in self.approved_most
            unheard = line.set_off > most and bool(self.mandates) and line.id not in self.approved_least
            if unseen or unheard:
                # Nobody here has seen the statement, or no answer is known to have arrived: a mandate has approved it.
                by_mandate.append(line.model_dump())
                most = line.ceiling
            assert line.set_off <= most, f"{self.identifier}: {line.set_off} of {key} is set off, {most} was approved"
            assert line.commitment == self._agreed(line.number), f"{self.identifier} is told {line.commitment} of {key}"
            lines.append((*key, line.set_off if payload.kind is None else -line.set_off))
        self._check_mandated(payload.currency, by_mandate, "set_off")
        return Notice(payload.number, payload.round, payload.currency, payload.total, tuple(lines), entry["jws"])

    def _agreed(self, number: str) -> str | None:
        return number if number in self.paper.sales else None

    def _register(self) -> Exchange:
        """Sales that are agreed on; taken back again where its people have changed their minds."""
        for sale in self.paper.sales_of.get(self.identifier, ()):
            if self.identifier in sale.withdrawn_by:
                meant, wish = None, Wish("PUT", f"/v1/commitments/{sale.reference}/withdrawal")
            elif self.identifier in sale.registered_by and sale.invoiced is None:
                meant = self._registration(sale)
                wish = Wish("POST", "/v1/commitments", meant)
            else:
                continue
            if sale.reference in self.books.registered and self.books.registered[sale.reference] == meant:
                continue
            answer = yield wish
            if answer.status in (200, 201, 404) or answer.slug == "too-late":
                self.books.registered[sale.reference] = meant
            else:
                assert self._told(answer), f"{self.identifier}: {sale} is refused: {answer}"

    def _registration(self, sale: Sale) -> dict[str, Any]:
        sells = sale.seller == self.identifier
        return {
            "reference": sale.reference,
            "side": "receivable" if sells else "payable",
            "counterpart": sale.buyer if sells else sale.seller,
            "currency": "EUR",
            "amount": sale.amount,
            "agreed_on": "2026-11-02",
            "due_date": sale.due_date,
            "description": "pumps",
            "nettable": sale.nettable,
        }

    def _declare(self) -> Exchange:
        body = self._declaration()
        if self.quiet and self._declared == (self.books.database, body):
            return
        answer = yield Wish("POST", "/v1/declarations", body, None)
        self._declared = (self.books.database, body) if self.quiet and answer.status == 200 else None
        assert answer.status == 200 or self._told(answer), f"{self.identifier}: the declaration is refused: {answer}"

    def _declaration(self) -> dict[str, Any]:
        opened = self.paper.open_in(self.books)
        lines = [
            self._line(invoice, opened[invoice.key])
            for invoice in self.paper.of.get(self.identifier, ())
            if opened[invoice.key] > 0 or (not self.quiet and self.rng.random() < 0.1)
        ]
        return {"full": True, "last_notice": self.books.last_booked, "lines": lines}

    def _line(self, invoice: Any, still_open: int) -> dict[str, Any]:
        creditor = invoice.creditor == self.identifier
        amount = max(0, still_open)
        disputed = min(amount, self.books.disputed.get(invoice.key, 0))
        return {
            "side": "receivable" if creditor else "payable",
            "counterpart": invoice.debtor if creditor else invoice.creditor,
            "number": invoice.number if creditor else self._typed(invoice),
            "currency": invoice.currency,
            "amount_total": invoice.total,
            "amount_open": amount,
            "amount_disputed": disputed,
            "dispute_reason": "not as ordered" if disputed else None,
            "issue_date": invoice.issue_date,
            "due_date": invoice.due_date,
            "commitment": invoice.commitment,
            "reference": f"{self.identifier}:{invoice.creditor}:{invoice.number}",
        }

    def _typed(self, invoice: Invoice) -> str:
        """The buyer types the seller's number in its own way, and sometimes wrong."""
        return self.paper.mistyped.get(invoice.key) or invoice.number.replace("/", "-").lower()

    def _look(self) -> Exchange:
        if not self.quiet:
            yield from self._look_at_discrepancies()
        answer = yield Wish("GET", "/v1/statements")
        if answer.status != 200:
            assert self._told(answer), answer
            return
        for statement in answer.body["statements"]:
            self._check_own(statement)
            self.books.statements[statement["id"]] = statement
            if statement["state"] == "approved" and str(statement["answered_by"]).startswith(BY_MANDATE):
                self._adopt(statement)

    def _adopt(self, statement: dict[str, Any]) -> None:
        """What a mandate has approved is meant, as if its people had; they may lower it."""
        self._check_mandated(statement["currency"], statement["lines"], "approved")
        if statement["id"] in self.books.meant:
            return
        meant = {line["id"]: line["approved"] or 0 for line in statement["lines"]}
        for line, amount in meant.items():
            self.approved_most[line] = max(self.approved_most.get(line, 0), amount)
        self.books.meant[statement["id"]] = dict(meant)
        self.books.confirmed[statement["id"]] = meant

    def _check_mandated(self, currency: str, lines: list[dict[str, Any]], name: str) -> None:
        fits = not lines or any(allow(rules, currency, lines, name) for rules in self.mandates)
        assert fits, f"{self.identifier} has given no mandate for this: {lines}"

    def _change_mandate(self) -> Exchange:
        wanted = self.mandate
        if wanted is None:
            return
        if wanted == "end":
            answer = yield Wish("DELETE", "/v1/member/mandate")
            done = answer.status in (200, 404)
        else:
            self.mandates.append(wanted)
            body = {"given_by": "claire@example.com", "valid_until": "2099-12-31", "rules": wanted}
            answer = yield Wish("PUT", "/v1/member/mandate", body)
            done = answer.status == 200 or answer.slug in ("insolvent", "agreement-not-accepted")
        assert done or self._told(answer), f"{self.identifier}: the mandate is refused: {answer}"
        if done and self.mandate is wanted:
            self.mandate = None

    def _change_key(self) -> Exchange:
        """Register the next key with the one in use; both sign until it is known which."""
        if self.next_key is None:
            return
        new = self.next_key
        word = "\n".join(("bizoverbiz member key", self.member, new.keyid))
        body = {"public_key": new.jwk, "proof": new.prove(word), "overlap_days": 30}
        answer = yield Wish("POST", "/v1/member/keys", body)
        assert answer.status == 201 or self._told(answer), f"{self.identifier}: the key is refused: {answer}"
        if answer.status == 201 and self.next_key is new:
            self.key, self.next_key = new, None

    def _answer_suggestions(self) -> Exchange:
        """Its people look at both numbers, and know; some say no without looking."""
        answer = yield Wish("GET", "/v1/suggestions?state=open")
        if answer.status != 200:
            assert self._told(answer), answer
            return
        for one in answer.body["suggestions"]:
            assert self.identifier in (one["creditor"], one["debtor"]), f"{self.identifier} is shown {one}"
            if one["answer"] is not None or self.rng.random() < 0.3:
                continue
            key = (one["creditor"], one["creditor_number"])
            same = self.paper.meant.get((one["creditor"], one["debtor_number"])) == key
            said = "confirm" if same and self.rng.random() < 0.95 else "reject"
            body = {"answer": said, "answered_by": "claire@example.com"}
            answered = yield Wish("PUT", f"/v1/suggestions/{one['id']}/answer", body)
            # What it is about may be settled since, or withdrawn.
            gone = answered.status in (404, 409)
            assert answered.status == 200 or gone or self._told(answered), f"{self.identifier}: {answered}"

    def _look_at_discrepancies(self) -> Exchange:
        answer = yield Wish("GET", "/v1/discrepancies")
        assert answer.status == 200 or self._told(answer), answer
        if answer.status == 200:
            for one in answer.body["discrepancies"]:
                assert self.identifier in (one["creditor"], one["debtor"]), f"{self.identifier} is shown {one}"

    def _check_own(self, statement: dict[str, Any]) -> None:
        for line in statement["lines"]:
            assert line["commitment"] == self._agreed(line["number"]), f"{self.identifier} is shown {line}"
            if line["commitment"] is not None:
                sale = self.paper.sales[line["commitment"]]
                assert self.identifier in (sale.seller, sale.buyer), f"{self.identifier} is shown {line}"
                continue
            invoice = self.paper.invoices.get(self.means(line))
            assert invoice is not None, f"{self.identifier} is shown an invoice nobody has made: {line}"
            assert self.identifier in (invoice.creditor, invoice.debtor), f"{self.identifier} is shown {line}"

    def _told(self, answer: Answer) -> bool:
        """Is this a refusal that happens to the honest too? What it takes, is done before the next exchange."""
        if answer.slug in ("signature-invalid", "replayed"):
            if abs(self.skew) > 290:
                self.skew = 0
            elif answer.slug == "signature-invalid":
                self.needs_invitation = "no member has the key" in answer.body.get("detail", "")
            return True
        if answer.slug == "not-the-live-copy":
            # What has only been overtaken goes on by itself.
            self.doubted = "send it again in a new exchange" not in answer.body["detail"]
            return True
        if answer.slug == "malformed" and answer.body.get("field") == "last_notice":
            return False
        return answer.slug in ("suspended", "left", "too-many-requests", "engine-unavailable")

    # -- what its people do

    def look_at_statements(self) -> None:
        """An accountant answers what is still open, in one of the ways accountants do."""
        for identifier, statement in self.books.statements.items():
            if statement["state"] != "proposed" or identifier in self.books.meant:
                continue
            mood = self.rng.random()
            if mood < 0.08:
                self.books.meant[identifier] = None
            elif mood > 0.1:
                opened = self.paper.open_in(self.books)
                self.books.meant[identifier] = self._approvals(statement, opened, mood)

    def _approvals(self, statement: Any, opened: dict[tuple[str, str], int], mood: float) -> dict[str, int]:
        if statement["kind"] == "reversal":
            # All of it, or it does not happen.
            return {line["id"]: line["ceiling"] for line in statement["lines"]}
        found = {}
        for line in statement["lines"]:
            most = line["ceiling"] if mood < 0.5 else line["proposed"]
            struck = mood > 0.8 and self.rng.random() < 0.3
            partly = mood > 0.9 and self.rng.random() < 0.3
            amount = 0 if struck else self.rng.randint(0, most) if partly else most
            found[line["id"]] = max(0, min(amount, self._supported(line, opened)))
        return found

    def lower_something(self) -> bool:
        """At the last moment."""
        for identifier, meant in self.books.meant.items():
            statement = self.books.statements.get(identifier)
            if (
                meant
                and statement
                and statement["state"] == "approved"
                and any(meant.get(line["id"]) for line in statement["lines"])
            ):
                line = self.rng.choice([line["id"] for line in statement["lines"] if meant.get(line["id"])])
                meant[line] = self.rng.randint(0, meant[line] - 1)
                return True
        return False


def _base64url(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode("ascii").rstrip("=")
