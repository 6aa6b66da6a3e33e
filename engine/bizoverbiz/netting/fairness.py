"""The fairness floor: nobody is left far below what it could have set off if it alone had chosen."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np

from bizoverbiz.netting.columns import Columns, Ints, Nodes
from bizoverbiz.netting.errors import InfeasibleError, InvalidRuleError
from bizoverbiz.netting.flow import Arcs, Loops, greatest_flow

#: Members on loops times pairs on loops: each member alone is a maximum flow over the whole network.
LARGEST = 500_000_000
#: The floor is lowered in steps of this when it cannot be kept.
STEP = Fraction(1, 10**6)


def alone(columns: Columns, caps: dict[int, int]) -> Ints:
    """Give the most that each member could set off alone: its maximum flow from itself to itself, minor units.

    Raises:
        InvalidRuleError: there are too many members and pairs on loops for that.
    """
    arcs = Arcs.between_pairs(columns)
    arcs = arcs[Loops.of(arcs).within(arcs) & (arcs.high > 0)]
    members = np.unique(arcs.tail)
    if len(members) * len(arcs) > LARGEST:
        raise InvalidRuleError(
            f"fairness: {len(members)} members and {len(arcs)} pairs on loops are too many (their product may be"
            f" {LARGEST} at most): net without it, or leave small obligations out"
        )
    largest = np.zeros(columns.members, np.int64)
    capped = np.array(sorted(caps), np.int32)
    through = np.array([caps[int(member)] for member in capped], np.int64)
    for member in members:
        largest[member] = min(caps.get(int(member), 2**63 - 1), _around(arcs, int(member), capped, through))
    return largest


def _around(arcs: Arcs, member: int, capped: Nodes, through: Ints) -> int:
    """Give the maximum flow from a member to itself.

    It is split: its payables leave one node and its receivables enter another; so are capped members, with an arc
    between.
    """
    payer = np.arange(arcs.nodes, dtype=np.int32)
    others = capped != member
    payer[capped[others]] = arcs.nodes + 1 + np.arange(int(others.sum()), dtype=np.int32)
    payer[member] = arcs.nodes
    split = Arcs(
        arcs.nodes + 1 + int(others.sum()),
        np.concatenate([payer[arcs.tail], capped[others]]),
        np.concatenate([arcs.head, payer[capped[others]]]),
        np.concatenate([arcs.low, np.zeros(int(others.sum()), np.int64)]),
        np.concatenate([arcs.high, through[others]]),
    )
    return greatest_flow(split, source=arcs.nodes, sink=member)


def largest_share(wanted: Fraction, possible: Ints, try_floors: Callable[[Ints], object]) -> Fraction:
    """Find the largest share, up to the wanted one and in steps of `STEP` below it, whose floors can all be kept.

    Args:
        wanted: from 0 to 1.
        possible: what each member could set off alone, minor units.
        try_floors: takes the floors of all members and raises InfeasibleError when they cannot be kept.
    """

    def kept(share: Fraction) -> bool:
        try:
            try_floors(floors(share, possible))
        except InfeasibleError:
            return False
        return True

    if kept(wanted):
        return wanted
    low, high = 0, int(wanted / STEP)  # share 0 asks for nothing
    if high * STEP < wanted and kept(high * STEP):
        return high * STEP
    while high - low > 1:
        middle = (low + high) // 2
        if kept(middle * STEP):
            low = middle
        else:
            high = middle
    return low * STEP


def floors(share: Fraction, possible: Ints) -> Ints:
    """Give the smallest whole amounts that are not below the share of what was possible, minor units."""
    return np.array([-(-share.numerator * int(amount) // share.denominator) for amount in possible], np.int64)
