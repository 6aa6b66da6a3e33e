"""A round's lines as the netting problems they are, one per currency."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any

from bizoverbiz.netting import Obligation
from bizoverbiz.notices import Leaf


def by_currency(lines: Iterable[Any]) -> Iterator[tuple[str, list[Any]]]:
    """`lines` must come ordered by currency, as the query gives them."""
    for currency, group in groupby(lines, key=lambda line: line.currency):
        yield str(currency), list(group)


def obligations(lines: Iterable[Any], ceilings: Mapping[str, int]) -> list[Obligation]:
    """`ceilings` by the line's key, in minor units."""
    return [Obligation(line.key, line.debtor, line.creditor, ceilings[line.key], line.due_date) for line in lines]


def imbalance(lines: Iterable[Any], amounts: Mapping[str, int]) -> str | None:
    """Whose receivables and payables set off differ (invariant 1), or None."""
    balance: dict[str, int] = {}
    for line in lines:
        balance[line.creditor] = balance.get(line.creditor, 0) + amounts[line.key]
        balance[line.debtor] = balance.get(line.debtor, 0) - amounts[line.key]
    return next((f"{member} is off balance by {rest}" for member, rest in sorted(balance.items()) if rest), None)


def leaf(line: Any, number: int, set_off: int, salt: str) -> Leaf:
    """One set-off of the round `number`, as it stands in the round's published hash."""
    return Leaf(line.creditor, line.debtor, str(line.id), line.number, number, line.currency, set_off, salt)


def frozen(lines: Iterable[Any]) -> list[list[Any]]:
    """What a round freezes, in the order of its published hash: its digest stands in the audit log."""
    return [
        [
            line.currency,
            line.key,
            line.ceiling,
            line.issue_date.isoformat(),
            line.due_date and line.due_date.isoformat(),
        ]
        for line in lines
    ]
