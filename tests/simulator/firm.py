"""A simulated firm: what a client does, in the order of docs/protocol.md, sharing no code with the engine."""

from __future__ import annotations

from typing import Any

from .books import Invoice, Sale
from .mandates import BY_MANDATE
from .people import People
from .sender import Exchange, Wish


class Firm(People):
    """Honest; `liars` has the others."""

    honest = True

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
        if not self.quiet and self.rng.random() < 0.4:
            yield from self._answer_suggestions()
        yield from self._look()

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
        if not self.quiet and self.rng.random() < 0.3:
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
