"""What the page counts, from the columns of the result files; one pass a figure, never a loop over rows."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

#: The age buckets, oldest first, as they stand in the column `age`.
AGES = ("over_90_days", "days_61_to_90", "days_31_to_60", "days_1_to_30", "not_yet_due")
OUTCOMES = ("wholly", "partly", "not")
#: Obligations are sorted by size at these powers of ten of a currency unit.
SIZE_EXPONENTS = range(2, 8)
#: Cleared shares of a member's debt: nothing, ten steps between, everything.
SHARES = 12


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of the obligations or members, and what was set off in it."""

    #: Which part; its meaning is that of the list the slice is in.
    key: str | int
    #: Obligations, or members.
    count: int
    #: What they owe, minor units.
    amount: int
    #: What of it was set off, minor units.
    set_off: int


@dataclass(frozen=True, slots=True)
class Exclusion:
    """What a rule kept from being set off."""

    rule: str
    #: Obligations whose ceiling the rule lowered.
    count: int
    #: By how much in total, minor units.
    amount: int


@dataclass(frozen=True, slots=True)
class Member:
    """One line of the table of the largest members; minor units."""

    name: str
    receivable: int
    payable: int
    set_off: int


@dataclass(frozen=True, slots=True)
class Concentration:
    """How much of everything the few largest members make up."""

    #: How many members.
    largest: int
    #: What the members with the largest debts owe, minor units.
    payable: int
    #: What the members with the largest set-offs set off, minor units.
    set_off: int


def by_outcome(setoffs: pl.DataFrame) -> list[Slice]:
    """Split the obligations into those cleared wholly, partly and not."""
    cleared, amount = pl.col("set_off"), pl.col("amount")
    outcome = pl.when(cleared == 0).then(2).when(cleared < amount).then(1).otherwise(0)
    return _slices(setoffs, outcome, OUTCOMES)


def by_size(setoffs: pl.DataFrame, decimals: int) -> list[Slice]:
    """Split the obligations by the powers of ten of their amount, from the smallest size found to the largest.

    The key is the number of bounds 10**e (e in `SIZE_EXPONENTS`, currency units) the amounts reach.
    """
    size = pl.sum_horizontal(*(pl.col("amount") >= 10 ** (e + decimals) for e in SIZE_EXPONENTS))
    slices = _slices(setoffs, size, range(len(SIZE_EXPONENTS) + 1))
    found = [i for i, part in enumerate(slices) if part.count]
    return slices[found[0] : found[-1] + 1] if found else []


def by_age(ages: pl.DataFrame) -> list[Slice]:
    """Give the amounts by age bucket, oldest first; a bucket that is not in the table is empty."""
    sums = {age: (amount, cleared) for age, amount, cleared in ages.select("age", "amount", "set_off").iter_rows()}
    return [Slice(age, 0, *sums.get(age, (0, 0))) for age in AGES]


def by_cleared_share(members: pl.DataFrame) -> list[Slice]:
    """Count the members that owe something by the share of their debt set off.

    Key 0: nothing; 1 to 10: up to the tenth, but neither nothing nor everything; 11: everything.
    """
    payable, cleared = pl.col("payable"), pl.col("set_off")
    share = (
        pl.when(cleared == 0).then(0).when(cleared == payable).then(SHARES - 1).otherwise(1 + cleared * 10 // payable)
    )
    return _slices(members.filter(payable > 0).with_columns(amount=payable), share, range(SHARES))


def largest_members(members: pl.DataFrame, count: int) -> list[Member]:
    """Give the members with the most receivables and payables, the largest first."""
    volume = pl.col("receivable") + pl.col("payable")
    large = members.filter(volume >= volume.top_k(count).min())
    top = large.sort(volume, pl.col("member"), descending=[True, False]).head(count)
    return [Member(*row) for row in top.select("member", "receivable", "payable", "set_off").iter_rows()]


def concentration(members: pl.DataFrame) -> list[Concentration]:
    """Give the weight of the 1, 10, 100 and 1,000 largest members, as far as there are more than those."""
    columns = [members[name].sort(descending=True) for name in ("payable", "set_off")]
    return [
        Concentration(k, *(int(column.head(k).sum()) for column in columns))
        for k in (1, 10, 100, 1000)
        if k < len(members)
    ]


def exclusions(setoffs: pl.DataFrame) -> list[Exclusion]:
    """Give, for each rule that lowered a ceiling, how many it lowered and by how much."""
    lowered = setoffs.lazy().filter(pl.col("rule").fill_null("") != "").group_by("rule")
    rows = lowered.agg(count=pl.len(), amount=(pl.col("amount") - pl.col("ceiling")).sum()).sort("rule").collect()
    return [Exclusion(*row) for row in rows.iter_rows()]


def _slices(table: pl.DataFrame, key: pl.Expr, keys: Sequence[str | int]) -> list[Slice]:
    """Sum up by an expression that numbers the keys."""
    parts = table.lazy().group_by(key.cast(pl.UInt8).alias("part"))
    rows = parts.agg(pl.len(), pl.col("amount").sum(), pl.col("set_off").sum()).collect()
    sums = {part: rest for part, *rest in rows.iter_rows()}
    return [Slice(name, *sums.get(i, (0, 0, 0))) for i, name in enumerate(keys)]
