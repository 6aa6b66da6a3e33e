"""A round's lines as the netting problems they are, one per currency, in columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any

import numpy as np
import polars as pl

from bizoverbiz.netting import Columns, ColumnsNetting, InvalidObligationError, NettingError, Rules, net_columns
from bizoverbiz.netting.columns import NO_DUE_DATE, Ints, Mask
from bizoverbiz.netting.stages import net_in_stages
from bizoverbiz.notices import Leaf
from bizoverbiz.rounds.options import NetworkOptions

#: What netting needs of a line, in the order in which the queries give it; amounts in minor units.
LINE = {
    "currency": pl.String,
    "id": pl.String,
    "key": pl.String,
    "debtor": pl.String,
    "creditor": pl.String,
    "due_date": pl.Date,
    "ceiling": pl.Int64,
    "proposed": pl.Int64,
}


@dataclass(frozen=True, slots=True)
class Problem:
    """The obligations of one currency, by debtor, creditor, what is posted first, due date and key."""

    currency: str
    #: The day at which ages are counted.
    on: date
    rules: Rules
    #: `LINE`, row by row as in `columns`.
    lines: pl.DataFrame
    members: list[str]
    columns: Columns
    #: The rows that are commitments, which are netted after the others.
    later: Mask
    #: What members approved from, minor units a row, and what of it the second stage had proposed; None for a proposal
    #: itself.
    proposal: tuple[Ints, Ints] | None

    def fingerprint(self) -> str:
        """The same for two problems with the same solution."""
        digest = sha256(repr((self.currency, self.on, self.rules, self.members, self.lines["key"].to_list())).encode())
        columns = self.columns
        for array in (columns.debtor, columns.creditor, columns.ceiling, columns.due, *(self.proposal or ())):
            digest.update(array.tobytes())
        return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Solution:
    """What a problem's netting gives, row by row as its lines; amounts in minor units."""

    set_off: Ints
    total: int
    #: The certificate, with the bounds of the solver where a rule needs integers; stored with the round. Where there
    #: are commitments, `commitments` holds that of the second stage, with what it sets off of which line.
    document: Mapping[str, Any]


def by_currency(lines: pl.DataFrame) -> Iterator[tuple[str, pl.DataFrame]]:
    for (currency,), part in sorted(lines.partition_by("currency", as_dict=True).items()):
        yield str(currency), part


def commitments(lines: pl.DataFrame) -> pl.Series:
    """Which of the lines are commitments: their keys say so, and no invoice's key holds a space."""
    return lines["key"].str.contains(">commitment ", literal=True)


def pose(
    currency: str,
    lines: pl.DataFrame,
    options: NetworkOptions,
    *,
    on: date,
    ceiling: str,
    proposed_later: Mapping[str, int] | None = None,
) -> Problem:
    """The netting problem of one currency's lines, with the column `ceiling` as their ceilings.

    For a decision, `proposed_later` is what the second stage of the proposal proposed, minor units by key. A commitment
    comes after all that is posted between the same two firms, whenever it is due.
    Raises `InvalidObligationError` on what cannot be netted.
    """
    own = lines.filter(pl.col("debtor") == pl.col("creditor"))["key"]
    if len(own):
        raise InvalidObligationError(f"obligation {own.min()!r}: a firm cannot owe itself: leave the line out")
    members = pl.concat([lines["debtor"], lines["creditor"]]).unique().sort()
    number = pl.Enum(members)
    ordered = lines.with_columns(pl.col("debtor", "creditor").cast(number), later=commitments(lines)).sort(
        pl.col("debtor").to_physical(), pl.col("creditor").to_physical(), "later", "due_date", "key", nulls_last=True
    )
    later = ordered["later"].to_numpy(writable=True)
    due = ordered["due_date"].to_physical().fill_null(NO_DUE_DATE).to_numpy(writable=True)
    columns = Columns(
        members=len(members),
        debtor=ordered["debtor"].to_physical().cast(pl.Int32).to_numpy(writable=True),
        creditor=ordered["creditor"].to_physical().cast(pl.Int32).to_numpy(writable=True),
        ceiling=ordered[ceiling].to_numpy(writable=True),
        due=np.where(later, NO_DUE_DATE, due),
    )
    names = members.to_list()
    proposal = None
    if proposed_later is not None:
        proposed = ordered["proposed"].to_numpy(writable=True)
        proposal = proposed, amounts_by_key(ordered, proposed_later)
    return Problem(currency, on, options.rules(currency, names), ordered, names, columns, later, proposal)


def amounts_by_key(lines: pl.DataFrame, amounts: Mapping[str, int]) -> Ints:
    """Minor units row by row; what is not named has 0."""
    found = np.zeros(lines.height, np.int64)
    if amounts:
        place = {key: row for row, key in enumerate(lines["key"].to_list())}
        for key, amount in amounts.items():
            found[place[key]] = amount
    return found


def solve(problem: Problem) -> Solution | NettingError:
    """The problem's set-offs; the reason where there are none is a value, because it holds up no other currency."""
    try:
        return _solve_stages(problem) if problem.later.any() else _solve(problem)
    except NettingError as error:
        return error


def _solve(problem: Problem) -> Solution:
    proposal = None if problem.proposal is None else problem.proposal[0]
    found = net_columns(problem.columns, problem.members, on=problem.on, rules=problem.rules, proposal=proposal)
    return Solution(found.set_off, found.certificate.total, _document(found, problem.rules))


def _solve_stages(problem: Problem) -> Solution:
    """What is posted alone, then what is left of it together with the commitments."""
    proposals = None
    if problem.proposal is not None:
        proposed, later = problem.proposal
        proposals = proposed - later, later
    found = net_in_stages(
        problem.columns, problem.members, later=problem.later, on=problem.on, rules=problem.rules, proposals=proposals
    )
    first, second = found.first, found.second
    document = _document(first, problem.rules)
    if isinstance(second, NettingError):
        return Solution(first.set_off, first.certificate.total, document | {"commitments": {"left_out": str(second)}})
    rows = np.flatnonzero(second.set_off)
    keys, amounts = problem.lines["key"][rows].to_list(), second.set_off[rows].tolist()
    after = _document(second, problem.rules) | {"set_off": dict(sorted(zip(keys, amounts, strict=True)))}
    total = first.certificate.total + second.certificate.total
    return Solution(first.set_off + second.set_off, total, document | {"commitments": after})


def _document(found: ColumnsNetting, rules: Rules) -> dict[str, Any]:
    document = found.certificate.to_json()
    if rules.integers:
        document |= {"bound": found.bound, "solver_bound": found.solver_bound}
    if rules.fairness:
        document |= {"fairness": str(found.fairness)}
    return document


def imbalance(lines: pl.DataFrame, amount: str) -> str | None:
    """Whose receivables and payables set off differ (invariant 1), or None."""
    received = lines.group_by(pl.col("creditor").cast(pl.String).alias("member")).agg(pl.col(amount).sum())
    paid = lines.group_by(pl.col("debtor").cast(pl.String).alias("member")).agg(-pl.col(amount).sum())
    rest = pl.concat([received, paid]).group_by("member").agg(pl.col(amount).sum()).filter(pl.col(amount) != 0)
    if rest.is_empty():
        return None
    member, amounts = rest.sort("member").row(0)
    return f"{member} is off balance by {amounts}"


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


#: The same in columns, as the query gives it.
FROZEN = {
    "currency": pl.String,
    "key": pl.String,
    "ceiling": pl.Int64,
    "issue_date": pl.String,
    "due_date": pl.String,
}
