"""What a network, or whoever nets a file, may ask for beyond the largest total."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import IntEnum
from fractions import Fraction

import numpy as np

from bizoverbiz.netting.columns import EPOCH, NO_DUE_DATE, Columns, Ints, Small, exact_sum
from bizoverbiz.netting.errors import InvalidRuleError
from bizoverbiz.netting.flow import pour
from bizoverbiz.netting.obligations import LARGEST


class Rule(IntEnum):
    """Why a ceiling is below the amount."""

    NONE = 0
    SMALLEST_OBLIGATION = 1
    HORIZON = 2
    PAIR_CAP = 3
    SMALLEST_SET_OFF = 4

    @property
    def label(self) -> str:
        """The rule's name in files; empty for none."""
        return self.name.lower().replace("_", "-") if self else ""


@dataclass(frozen=True, slots=True)
class Rules:
    """The options of a netting; amounts in minor units. Nothing asked for is the largest total without limits."""

    #: Obligations below this are left out.
    smallest_obligation: int = 0
    #: Obligations due more than so many days after the day of the netting are left out; none is due at once.
    horizon: int | None = None
    #: The most that may be set off of what one member owes another, oldest obligations first.
    pair_cap: int | None = None
    #: The most that each member may set off of its receivables, and so of its payables.
    member_cap: int | None = None
    #: The same for single members, by name; it stands before `member_cap`.
    member_caps: Mapping[str, int] = field(default_factory=dict)
    #: Each member sets off at least this share of what it could set off if it were alone in choosing.
    fairness: Fraction = Fraction(0)
    #: An obligation is set off by at least so much, or not at all.
    smallest_set_off: int = 0
    #: An obligation is set off wholly or not at all.
    whole: bool = False
    #: Among all ways to the largest total, touch the fewest obligations.
    fewest: bool = False
    #: For the last three: the largest share that the result may lie below the bound, and the most nodes searched.
    gap: float = 0.0
    nodes: int = 1_000

    def __post_init__(self) -> None:
        """Refuse what means nothing.

        Raises:
            InvalidRuleError: names the rule.
        """
        amounts = {
            "smallest obligation": self.smallest_obligation,
            "pair cap": self.pair_cap,
            "member cap": self.member_cap,
            "smallest set-off": self.smallest_set_off,
        } | {f"cap of member {member!r}": cap for member, cap in self.member_caps.items()}
        for name, amount in amounts.items():
            if amount is not None and not 0 <= amount <= LARGEST:
                raise InvalidRuleError(f"{name}: {amount} is not an amount of minor units from 0 to {LARGEST}")
        if self.horizon is not None and self.horizon < 0:
            raise InvalidRuleError(f"horizon: {self.horizon} is not a number of days from 0")
        if not 0 <= self.fairness <= 1:
            raise InvalidRuleError(f"fairness: {self.fairness} is not a share from 0 to 1")
        if not 0 <= self.gap < 1 or self.nodes < 1:
            raise InvalidRuleError(f"gap {self.gap} and nodes {self.nodes}: a share below 1, and at least one node")

    @property
    def integers(self) -> bool:
        """Tell whether a rule needs integer variables, so that the optimum is no pure flow."""
        return self.fewest or self.restricts_amounts

    @property
    def restricts_amounts(self) -> bool:
        """Tell whether not every amount up to the ceiling may be set off."""
        return self.whole or self.smallest_set_off > 1


def ceilings(columns: Columns, rules: Rules, on: date) -> tuple[Ints, Small]:
    """Give the most that may be set off of each row, minor units, and the `Rule` that lowered it, if any."""
    ceiling = columns.ceiling.copy()
    reason = np.zeros(len(ceiling), np.int8)

    def exclude(rows: np.ndarray, rule: Rule) -> None:
        rows = rows & (reason == Rule.NONE) & (columns.ceiling > 0)
        ceiling[rows] = 0
        reason[rows] = rule

    exclude(columns.ceiling < rules.smallest_obligation, Rule.SMALLEST_OBLIGATION)
    if rules.horizon is not None:
        last = on.toordinal() - EPOCH + rules.horizon
        exclude((columns.due > last) & (columns.due != NO_DUE_DATE), Rule.HORIZON)
    exclude(ceiling < rules.smallest_set_off, Rule.SMALLEST_SET_OFF)
    if rules.pair_cap is not None:
        first = columns.pairs()
        kept = pour(ceiling, first, np.full(len(first), rules.pair_cap))
        kept[kept < (ceiling if rules.whole else np.minimum(ceiling, rules.smallest_set_off))] = 0
        reason[kept < ceiling] = Rule.PAIR_CAP
        ceiling = kept
    return ceiling, reason


def caps(columns: Columns, members: list[str], rules: Rules) -> dict[int, int]:
    """Give the most that each capped member may set off, minor units by its number; unknown members are refused.

    Raises:
        InvalidRuleError: a cap for a member that has no obligation.
    """
    unknown = sorted(set(rules.member_caps) - set(members)) if rules.member_caps else []
    if unknown:
        raise InvalidRuleError(f"a cap is given for {unknown[0]!r}, who has no obligation: correct the name")
    if rules.member_cap is None and not rules.member_caps:
        return {}
    total = exact_sum(columns.ceiling)
    all_caps = {i: rules.member_caps.get(name, rules.member_cap) for i, name in enumerate(members)}
    return {i: min(cap, total) for i, cap in all_caps.items() if cap is not None}
