"""Members that do not keep to the protocol. Each lie is one request that an honest client would not send."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any
from uuid import UUID

from .books import Sale
from .firm import Firm
from .sender import Exchange, Wish
from .transport import Answer


class Liar(Firm):
    """Tells the truth often enough to be believed."""

    honest = False

    def exchange(self) -> Exchange:
        yield from super().exchange()
        for lie in self.rng.sample(_LIES, 4):
            wish = lie(self)
            if wish is not None:
                answer = yield wish
                _check(lie.__name__, answer)

    def _declaration(self) -> dict[str, Any]:
        body = super()._declaration()
        for line in body["lines"]:
            if self.rng.random() < 0.2:
                _falsify(line, self.rng)
        if self.rng.random() < 0.1:
            body["last_notice"] = self.rng.randint(0, self.books.last_booked)
        return body

    def _registration(self, sale: Sale) -> dict[str, Any]:
        body = super()._registration(sale)
        if sale.reference[0] in "02468":
            body["amount"] *= 2
        return body | {"nettable": True}

    def look_at_statements(self) -> None:
        for identifier, statement in self.books.statements.items():
            if statement["state"] == "proposed" and self.rng.random() < 0.3:
                self.books.meant.setdefault(identifier, None)
        super().look_at_statements()

    def _told(self, answer: Answer) -> bool:
        super()._told(answer)
        return True


def _falsify(line: dict[str, Any], rng: Random) -> None:
    if rng.random() < 0.6:
        line["amount_total"] = line["amount_open"] = max(1, line["amount_open"]) * rng.randint(2, 5)
        line["amount_disputed"] = 0
    else:
        line["amount_open"] = rng.randint(0, line["amount_open"])
        line["amount_disputed"] = min(line["amount_disputed"], line["amount_open"])


def approve_too_much(firm: Liar) -> Wish | None:
    """Above the ceiling, or above what was approved before."""
    for identifier, statement in firm.books.statements.items():
        if statement["state"] in ("proposed", "approved") and statement["lines"]:
            line = firm.rng.choice(statement["lines"])
            meant = {one["id"]: one["approved"] or 0 for one in statement["lines"]}
            limit = line["ceiling"] if line["approved"] is None else line["approved"]
            meant[line["id"]] = limit + firm.rng.randint(1, 1000)
            return firm._answering(identifier, meant)
    return None


def raise_an_approval(firm: Liar) -> Wish | None:
    """Within the ceiling, but above what was approved before."""
    for identifier, statement in firm.books.statements.items():
        lower = [one for one in statement["lines"] if one["approved"] is not None and one["approved"] < one["ceiling"]]
        if statement["state"] == "approved" and lower:
            meant = {one["id"]: one["approved"] or 0 for one in statement["lines"]}
            meant[lower[0]["id"]] = firm.rng.randint(lower[0]["approved"] + 1, lower[0]["ceiling"])
            return firm._answering(identifier, meant)
    return None


def approve_after_refusing(firm: Liar) -> Wish | None:
    for identifier, statement in firm.books.statements.items():
        if statement["state"] == "refused":
            return firm._answering(identifier, {one["id"]: one["ceiling"] for one in statement["lines"]})
    return None


def answer_what_is_over(firm: Liar) -> Wish | None:
    """Lower, once it is decided, what was approved."""
    for identifier, statement in firm.books.statements.items():
        if statement["state"] not in ("proposed", "approved", "refused"):
            # Under a new key: the same answer given in time would be answered again as it was then.
            return replace(firm._answering(identifier, {one["id"]: 0 for one in statement["lines"]}), same=None)
    return None


def answer_a_strange_statement(firm: Liar) -> Wish:
    return firm._answering(str(UUID(bytes=firm.rng.randbytes(16), version=4)), {})


def acknowledge_a_wrong_total(firm: Liar) -> Wish | None:
    for notice in firm.books.notices.values():
        if notice.number not in firm.books.acknowledged:
            entry = {"entry": "X", "date": "2026-11-22", "currency": notice.currency, "amount": notice.total + 1}
            return Wish("PUT", f"/v1/notices/{notice.number}/acknowledgement", {"booked": [entry]})
    return None


def acknowledge_what_never_came(firm: Liar) -> Wish:
    entry = {"entry": "X", "date": "2026-11-22", "currency": "EUR", "amount": 1}
    number = max(firm.books.notices, default=0) + firm.rng.randint(50, 90)
    return Wish("PUT", f"/v1/notices/{number}/acknowledgement", {"booked": [entry]})


def claim_a_future_notice(firm: Liar) -> Wish:
    """To make the engine believe that its books contain what is not decided yet."""
    number = max(firm.books.notices, default=0) + firm.rng.randint(50, 90)
    return Wish("POST", "/v1/declarations", {"full": False, "last_notice": number, "lines": []})


def declare_against_itself(firm: Liar) -> Wish:
    line = {
        "side": "receivable",
        "counterpart": firm.identifier,
        "number": "SELF/1",
        "currency": "EUR",
        "amount_total": 1,
        "amount_open": 1,
        "issue_date": "2026-09-01",
    }
    return Wish("POST", "/v1/declarations", {"full": False, "last_notice": 0, "lines": [line]})


def write_from_a_clone(firm: Liar) -> Wish:
    return Wish("POST", "/v1/declarations", {"full": True, "last_notice": 0, "lines": []}, "clone")


def reuse_an_idempotency_key(firm: Liar) -> Wish:
    line = {"full": False, "last_notice": 0, "lines": [], "nothing": firm.rng.randint(0, 9)}
    return Wish("POST", "/v1/declarations", line)


#: What each lie is answered; success only where the lie is none after all.
_ANSWERS: dict[str, tuple[str, ...]] = {
    "approve_too_much": ("over-ceiling", "approval-raised", "too-late"),
    "raise_an_approval": ("approval-raised", "too-late"),
    "approve_after_refusing": ("approval-raised", "too-late"),
    "answer_what_is_over": ("too-late",),
    "answer_a_strange_statement": ("not-found",),
    "acknowledge_a_wrong_total": ("wrong-total",),
    "acknowledge_what_never_came": ("not-found",),
    "claim_a_future_notice": ("malformed",),
    "declare_against_itself": ("lines-refused",),
    "write_from_a_clone": ("not-the-live-copy",),
    "reuse_an_idempotency_key": ("malformed",),
}
_ALWAYS = (
    "suspended", "left", "insolvent", "agreement-not-accepted", "signature-invalid", "replayed", "not-the-live-copy",
    "too-many-requests", "engine-unavailable",
)  # fmt: skip
_LIES = [
    approve_too_much,
    raise_an_approval,
    approve_after_refusing,
    answer_what_is_over,
    answer_a_strange_statement,
    acknowledge_a_wrong_total,
    acknowledge_what_never_came,
    claim_a_future_notice,
    declare_against_itself,
    write_from_a_clone,
    reuse_an_idempotency_key,
]


def _check(lie: str, answer: Answer) -> None:
    """Raises `AssertionError` if the engine believes it."""
    if answer.slug in _ALWAYS:
        return
    assert answer.slug in _ANSWERS[lie], f"{lie} is answered {answer.status} {answer.body}"
