"""Both sides of each obligation brought together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from bizoverbiz.matching.model import (
    Absence,
    Declared,
    Discrepancy,
    Encumbrance,
    Kind,
    Matched,
    Matching,
    Pair,
    Side,
    State,
    Verdict,
)
from bizoverbiz.matching.suggest import suggest

#: creditor, debtor, number key, currency
_Key = tuple[str, str, str, str]


#: What a member that takes no part is told, and what its partners are told of it.
_ABSENT = {
    Absence.LEFT: ("you have left the network", "{} has left the network"),
    Absence.SUSPENDED: (
        "your membership is suspended: ask the network's operator",
        "{} is suspended in the network",
    ),
    Absence.INSOLVENT: (
        "the network's operator has noted insolvency proceedings against you: ask the operator if that is wrong",
        "{} is in insolvency proceedings",
    ),
    Absence.AGREEMENT: (
        "you have not accepted the framework agreement in force: accept it to take part again",
        "{} has not accepted the framework agreement in force",
    ),
}


@dataclass(slots=True)
class _Group:
    """Everything declared under one key."""

    receivables: list[Declared] = field(default_factory=list)
    payables: list[Declared] = field(default_factory=list)


def match(
    declared: Iterable[Declared],
    *,
    members: Collection[str],
    absent: Mapping[str, Absence],
    rejected: Collection[Pair] = (),
) -> Matching:
    """Match declarations by creditor, debtor, normalised invoice number and currency.

    `members` holds the identifiers of all members, `absent` says why some of them take part in nothing for now,
    `rejected` names the pairs that are not suggested again. The result does not depend on the order of `declared`.
    For every key, all declarations of both sides must be given; and for suggestions, all that any two firms declare
    of each other and that does not match.
    """
    verdicts: dict[int, Verdict] = {}
    groups: dict[_Key, _Group] = defaultdict(_Group)
    for line in declared:
        verdict = _excluded(line, members, absent)
        if verdict is not None:
            verdicts[line.id] = verdict
            continue
        group = groups[line.creditor, line.debtor, line.number_key, line.currency]
        (group.receivables if line.side is Side.RECEIVABLE else group.payables).append(line)
    obligations: list[Matched] = []
    discrepancies: list[Discrepancy] = []
    alone: list[Declared] = []
    for key in sorted(groups):
        group = groups[key]
        if len(group.receivables) > 1 or len(group.payables) > 1:
            discrepancies.append(_ambiguous(key, group, verdicts))
        elif group.receivables and group.payables:
            receivable, payable = group.receivables[0], group.payables[0]
            amount = min(receivable.available, payable.available)
            obligations.append(_matched(key, receivable, payable, amount))
            discrepancies.extend(_disagreements(key, receivable, payable))
            verdicts[receivable.id] = _verdict(receivable, payable, amount)
            verdicts[payable.id] = _verdict(payable, receivable, amount)
        else:
            (line,) = group.receivables or group.payables
            alone.append(line)
            discrepancies.extend(_one_sided(key, line, verdicts))
    return Matching(tuple(obligations), tuple(discrepancies), suggest(alone, rejected=rejected), verdicts)


def _excluded(line: Declared, members: Collection[str], absent: Mapping[str, Absence]) -> Verdict | None:
    if line.counterpart not in members:
        return Verdict(State.COUNTERPART_NOT_MEMBER, reason=f"{line.counterpart} is not a member of the network")
    if (own := absent.get(line.member)) is not None:
        return Verdict(State.UNMATCHED, reason=_ABSENT[own][0])
    if (other := absent.get(line.counterpart)) is None:
        return None
    state = State.COUNTERPART_NOT_MEMBER if other is Absence.LEFT else State.UNMATCHED
    return Verdict(state, reason=_ABSENT[other][1].format(line.counterpart))


def _matched(key: _Key, receivable: Declared, payable: Declared, amount: int) -> Matched:
    creditor, debtor, normalised, currency = key
    return Matched(
        creditor,
        debtor,
        receivable.number,
        normalised,
        currency,
        amount,
        receivable.issue_date,
        receivable.due_date,
        receivable.id,
        payable.id,
    )


#: What the owner of an encumbered line is told, and nobody else.
_ENCUMBERED = {
    Encumbrance.FACTORED: "you have flagged it as factored",
    Encumbrance.PLEDGED: "you have flagged it as pledged",
    Encumbrance.BLOCKED: "you have blocked it",
    Encumbrance.RETENTION: "you have flagged it as retention money",
}


def _verdict(own: Declared, other: Declared, amount: int) -> Verdict:
    """Seen by the owner of `own`."""
    if own.still_open == 0:
        return Verdict(State.SETTLED)
    reason = "; ".join(_reasons(own, other)) or None
    if amount or reason is None:
        return Verdict(State.MATCHED, amount, reason)
    if own.encumbered:
        return Verdict(State.EXCLUDED, 0, reason)
    if own.amount_disputed or other.amount_disputed:
        return Verdict(State.DISPUTED, 0, reason)
    return Verdict(State.EXCLUDED if other.encumbered else State.DISCREPANCY, 0, reason)


def _reasons(own: Declared, other: Declared) -> Iterable[str]:
    """Why the owner of `own` is offered less than it declares; of the other side only what concerns both."""
    if own.encumbrance is not None and own.encumbered:
        part = "" if own.encumbered >= own.still_open else f", {own.encumbered} of {own.still_open} minor units"
        yield f"{_ENCUMBERED[own.encumbrance]}{part}: that is not offered for set-off"
    if own.amount_disputed:
        yield f"in dispute: {own.dispute_reason or 'no reason given'}"
    if other.amount_disputed:
        yield f"{own.counterpart} disputes it: {other.dispute_reason or 'no reason given'}"
    if other.encumbered:
        part = "it" if other.available == 0 else "all of it"
        yield f"{own.counterpart} does not offer {part} for set-off"
    if own.still_open != other.still_open:
        yield f"{own.counterpart} declares another open amount"


def _disagreements(key: _Key, receivable: Declared, payable: Declared) -> Iterable[Discrepancy]:
    if receivable.still_open != payable.still_open:
        yield _discrepancy(
            Kind.AMOUNTS_DIFFER, key, receivable, payable, "the two sides declare different open amounts"
        )
    if not (receivable.still_open or payable.still_open):
        return
    disputing = [(line, who) for line, who in ((receivable, "creditor"), (payable, "debtor")) if line.amount_disputed]
    if disputing:
        reasons = (f"disputed by the {who}: {line.dispute_reason or 'no reason given'}" for line, who in disputing)
        found = _discrepancy(Kind.DISPUTED, key, receivable, payable, "; ".join(reasons))
        code = next((line.dispute_code for line, _who in disputing if line.dispute_code), None)
        yield replace(found, disputed_by="both" if len(disputing) > 1 else disputing[0][1], dispute_code=code)


def _one_sided(key: _Key, line: Declared, verdicts: dict[int, Verdict]) -> Iterable[Discrepancy]:
    if line.still_open == 0:
        verdicts[line.id] = Verdict(State.SETTLED)
        return
    reason = f"{line.counterpart} has not declared it"
    verdicts[line.id] = Verdict(State.UNMATCHED, reason=reason)
    if line.side is Side.RECEIVABLE:
        yield _discrepancy(Kind.MISSING_AT_DEBTOR, key, line, None, "the debtor has not declared it")
    else:
        yield _discrepancy(Kind.MISSING_AT_CREDITOR, key, None, line, "the creditor has not declared it")


def _ambiguous(key: _Key, group: _Group, verdicts: dict[int, Verdict]) -> Discrepancy:
    numbers = sorted({line.number for line in (*group.receivables, *group.payables)})
    reason = f"several declarations mean the same number ({', '.join(numbers)}): withdraw or renumber all but one"
    for line in (*group.receivables, *group.payables):
        verdicts[line.id] = Verdict(State.DISCREPANCY, reason=reason)
    return _discrepancy(
        Kind.AMBIGUOUS, key, _representative(group.receivables), _representative(group.payables), reason
    )


def _representative(lines: list[Declared]) -> Declared | None:
    return min(lines, key=lambda line: (line.number, line.id)) if lines else None


def _discrepancy(
    kind: Kind, key: _Key, receivable: Declared | None, payable: Declared | None, reason: str
) -> Discrepancy:
    shown = receivable or payable
    assert shown is not None
    creditor, debtor, normalised, currency = key
    return Discrepancy(
        kind,
        creditor,
        debtor,
        shown.number,
        normalised,
        currency,
        receivable.still_open if receivable else None,
        payable.still_open if payable else None,
        shown.issue_date,
        shown.due_date,
        reason,
    )
