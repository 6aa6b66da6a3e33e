"""An explanation as text, in the asker's language, and as a document for machines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from bizoverbiz.currencies import digits_of
from bizoverbiz.explanation.reasons import Currency, Explanation, Group, Help, MemberView, Reason, Remedy
from bizoverbiz.explanation.wording import RULES, SENTENCES
from bizoverbiz.report.formats import Format
from bizoverbiz.report.wording import Wording

_BY_RULE = (Reason.EXCLUDED, Reason.LOWERED)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text; the deeper, the further it is indented."""

    text: str
    depth: int = 0
    heading: bool = False


def tell_obligation(explanation: Explanation, language: str) -> list[Line]:
    """Put the explanation of one obligation into words."""
    one, teller = explanation.obligation, _Teller(language, explanation.decimals, explanation.obligation.currency)
    reader = "operator"
    if explanation.asker is not None:
        reader = "debtor" if explanation.asker == one.debtor else "creditor"
    names = {"debtor": one.debtor, "creditor": one.creditor, "about": explanation.about or ""}
    lines = [
        Line(
            teller.say(
                "obligation",
                id=one.id,
                **names,
                amount=teller.money(one.amount),
                set_off=teller.money(one.set_off),
                remaining=teller.money(one.remaining),
            ),
            heading=True,
        ),
        Line(teller.reason(explanation.reason, reader, one.rule, names), 1),
    ]
    if one.rule and explanation.reason not in _BY_RULE:
        lines.append(Line(teller.reason(Reason.LOWERED, reader, one.rule, names), 1))
    if explanation.bottleneck or explanation.capped:
        lines.append(Line(teller.say("blocked" if reader == "operator" else "blocked.own"), 1))
        lines += [
            Line(teller.say("pair", debtor=pair.debtor, creditor=pair.creditor, amount=teller.money(pair.ceiling)), 2)
            for pair in explanation.bottleneck
        ]
        lines += [Line(teller.say("capped", member=member), 2) for member in explanation.capped]
    lines += teller.remedies(explanation.remedies, 1, names if reader == "operator" else {})
    return lines


def tell_member(view: MemberView, language: str) -> list[Line]:
    """Put a member's view into words."""
    return [line for part in view.currencies for line in _tell_currency(view, part, language)]


def _tell_currency(view: MemberView, part: Currency, language: str) -> Iterator[Line]:
    teller = _Teller(language, view.decimals, part.currency)
    yield Line(teller.say("member", member=view.member, currency=part.currency), heading=True)
    yield Line(
        teller.say(
            "figures",
            receivable=teller.money(part.receivable),
            payable=teller.money(part.payable),
            set_off=teller.money(part.set_off),
            to_receive=teller.money(part.receivable - part.set_off),
            to_pay=teller.money(part.payable - part.set_off),
        ),
        1,
    )
    if not any(group.remaining for group in part.groups):
        yield Line(teller.say("nothing_left"), 1)
    for place, group in enumerate(part.groups):
        if place < 2 and part.groups[0].remaining:
            yield Line(teller.say("main" if place == 0 else "also"), 1, heading=True)
        yield Line(teller.group(group), 2)
        yield Line(teller.reason(group.reason, "creditor" if group.receivable else "debtor", group.rule, {}), 3)
    yield from teller.remedies(part.remedies, 1, {})


class _Teller:
    """The sentences of one language with the amounts of one currency."""

    def __init__(self, language: str, decimals: int, currency: str) -> None:
        self._format = Format(Wording(language), digits_of(currency, decimals))
        self._language, self._currency = language, currency

    def say(self, key: str, **values: str) -> str:
        return SENTENCES[self._language][key].format(**values)

    def money(self, amount: int) -> str:
        return self._format.money(amount, self._currency)

    def reason(self, reason: Reason, reader: str, rule: str, names: dict[str, str]) -> str:
        key = f"{reason}.{reader}"
        rules = {"rule": RULES[self._language][rule], "because": self.say(f"rule.{rule}")} if rule else {}
        return self.say(key if key in SENTENCES[self._language] else reason, **rules, **names)

    def group(self, group: Group) -> str:
        one, many = SENTENCES[self._language]["receivables" if group.receivable else "payables"].split("|")
        count = one if group.obligations == 1 else many.format(n=self._format.number(group.obligations))
        members = ", ".join(group.members)
        return self.say(
            "group",
            count=count,
            members=self.say("others", names=members) if group.more_members else members,
            amount=self.money(group.amount),
            set_off=self.money(group.set_off),
            remaining=self.money(group.remaining),
        )

    def remedies(self, remedies: Sequence[Remedy], depth: int, names: dict[str, str]) -> Iterator[Line]:
        """Tell what would help; `names` are given to the operator only."""
        if remedies:
            yield Line(self.say("help"), depth, heading=True)
        for remedy in remedies:
            values = names | {
                "member": remedy.member or "",
                "obligation": remedy.obligation or "",
                "rule": RULES[self._language][remedy.rule] if remedy.rule else "",
                "amount": "" if remedy.amount is None else self.money(remedy.amount),
                "total": "" if remedy.total is None else self.money(remedy.total),
            }
            yield Line(self.say(self._key(remedy.help, remedy, bool(names)), **values), depth + 1)

    def _key(self, help_: Help, remedy: Remedy, operator: bool) -> str:
        if operator:
            return f"{help_}.operator"
        known = remedy.amount is not None or help_ in (Help.CUSTOMERS_JOIN, Help.SUPPLIERS_JOIN)
        return str(help_) if known else f"{help_}.unknown"


def obligation_document(explanation: Explanation) -> dict[str, Any]:
    """Give the machine form of an explanation: codes and minor units."""
    one = explanation.obligation
    return {
        "obligation": one.id,
        "debtor": one.debtor,
        "creditor": one.creditor,
        "currency": one.currency,
        "decimals": explanation.decimals,
        "amount": one.amount,
        "ceiling": one.ceiling,
        "set_off": one.set_off,
        "remaining": one.remaining,
        "rule": one.rule or None,
        "asker": explanation.asker,
        "reason": explanation.reason,
        "about": explanation.about,
        "bottleneck": [
            {"debtor": pair.debtor, "creditor": pair.creditor, "ceiling": pair.ceiling}
            for pair in explanation.bottleneck
        ],
        "capped": list(explanation.capped),
        "remedies": [_remedy(remedy) for remedy in explanation.remedies],
    }


def member_document(view: MemberView) -> dict[str, Any]:
    """Give the machine form of a member's view."""
    return {
        "member": view.member,
        "decimals": view.decimals,
        "currency": {
            part.currency: {
                "receivable": part.receivable,
                "payable": part.payable,
                "set_off": part.set_off,
                "main_reason": next((group.reason for group in part.groups if group.remaining), None),
                "groups": [
                    {
                        "side": "receivable" if group.receivable else "payable",
                        "reason": group.reason,
                        "rule": group.rule or None,
                        "obligations": group.obligations,
                        "amount": group.amount,
                        "set_off": group.set_off,
                        "remaining": group.remaining,
                        "members": list(group.members),
                    }
                    for group in part.groups
                ],
                "remedies": [_remedy(remedy) for remedy in part.remedies],
            }
            for part in view.currencies
        },
    }


def _remedy(remedy: Remedy) -> dict[str, Any]:
    return {
        "help": remedy.help,
        "member": remedy.member,
        "obligation": remedy.obligation,
        "rule": remedy.rule,
        "amount": remedy.amount,
        "total": remedy.total,
    }
