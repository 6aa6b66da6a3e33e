"""A round's lines as the netting problems they are, one per currency, in columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any

import polars as pl

from bizoverbiz.netting import Columns, InvalidObligationError, NettingError, Rules, net_columns
from bizoverbiz.netting.columns import NO_DUE_DATE, Ints
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
    """The obligations of one currency, by debtor, creditor, due date and key."""

    currency: str
    #: The day at which ages are counted.
    on: date
    rules: Rules
    #: `LINE`, row by row as in `columns`.
    lines: pl.DataFrame
    members: list[str]
    columns: Columns
    #: What members approved from, minor units a row; None for a proposal itself.
    proposal: Ints | None

    def fingerprint(self) -> str:
        """The same for two problems with the same solution."""
        digest = sha256(repr((self.currency, self.on, self.rules, self.members, self.lines["key"].to_list())).encode())
        columns = self.columns
        for array in (columns.debtor, columns.creditor, columns.ceiling, columns.due, self.proposal):
            digest.update(b"-" if array is None else array.tobytes())
        return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Solution:
    """What a problem's netting gives, row by row as its lines; amounts in minor units."""

    set_off: Ints
    total: int
    #: The certificate, with the bounds of the solver where a rule needs integers; stored with the round.
    document: Mapping[str, Any]


def by_currency(lines: pl.DataFrame) -> Iterator[tuple[str, pl.DataFrame]]:
    for (currency,), part in sorted(lines.partition_by("currency", as_dict=True).items()):
        yield str(currency), part


def pose(
    currency: str, lines: pl.DataFrame, options: NetworkOptions, *, on: date, ceiling: str, decided: bool
) -> Problem:
    """The netting problem of one currency's lines, with the column `ceiling` as their ceilings.

    Raises `InvalidObligationError` on what cannot be netted.
    """
    own = lines.filter(pl.col("debtor") == pl.col("creditor"))["key"]
    if len(own):
        raise InvalidObligationError(f"obligation {own.min()!r}: a firm cannot owe itself: leave the line out")
    members = pl.concat([lines["debtor"], lines["creditor"]]).unique().sort()
    number = pl.Enum(members)
    ordered = lines.with_columns(pl.col("debtor", "creditor").cast(number)).sort(
        pl.col("debtor").to_physical(), pl.col("creditor").to_physical(), "due_date", "key", nulls_last=True
    )
    columns = Columns(
        members=len(members),
        debtor=ordered["debtor"].to_physical().cast(pl.Int32).to_numpy(writable=True),
        creditor=ordered["creditor"].to_physical().cast(pl.Int32).to_numpy(writable=True),
        ceiling=ordered[ceiling].to_numpy(writable=True),
        due=ordered["due_date"].to_physical().fill_null(NO_DUE_DATE).to_numpy(writable=True),
    )
    names = members.to_list()
    proposal = ordered["proposed"].to_numpy(writable=True) if decided else None
    return Problem(currency, on, options.rules(currency, names), ordered, names, columns, proposal)


def solve(problem: Problem) -> Solution | NettingError:
    """The problem's set-offs; the reason where there are none is a value, because it holds up no other currency."""
    try:
        found = net_columns(
            problem.columns, problem.members, on=problem.on, rules=problem.rules, proposal=problem.proposal
        )
    except NettingError as error:
        return error
    document = found.certificate.to_json()
    if problem.rules.integers:
        document |= {"bound": found.bound, "solver_bound": found.solver_bound}
    if problem.rules.fairness:
        document |= {"fairness": str(found.fairness)}
    return Solution(found.set_off, found.certificate.total, document)


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
