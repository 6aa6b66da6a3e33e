"""The obligations of one currency as columns, which is how millions of them are netted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from bizoverbiz.netting.errors import InvalidObligationError
from bizoverbiz.netting.obligations import LARGEST

#: Amounts in minor units; numbers of members; small numbers; choices.
Ints: TypeAlias = npt.NDArray[np.int64]
Nodes: TypeAlias = npt.NDArray[np.int32]
Small: TypeAlias = npt.NDArray[np.int8]
Mask: TypeAlias = npt.NDArray[np.bool_]


EPOCH = date(1970, 1, 1).toordinal()
#: The due date of what has none: not late, whatever the day.
NO_DUE_DATE = 2**31 - 1


@dataclass(frozen=True, eq=False)
class Columns:
    """Obligations in canonical order: by debtor, creditor, due date (none last), then by id."""

    #: How many members there are, numbered from 0 in the order of their names.
    members: int
    debtor: Nodes
    creditor: Nodes
    #: The most that may be set off, minor units, 0 or more.
    ceiling: Ints
    #: Days since 1970-01-01, or `NO_DUE_DATE`.
    due: Nodes

    def __post_init__(self) -> None:
        """Refuse what would give a wrong result.

        Raises:
            InvalidObligationError: the ceilings add up to more than `LARGEST`.
        """
        pair = self.debtor.astype(np.int64) * self.members + self.creditor
        later = self.due[1:] >= self.due[:-1]
        assert np.all((pair[1:] > pair[:-1]) | ((pair[1:] == pair[:-1]) & later)), "rows in canonical order"
        assert not np.any(self.debtor == self.creditor), "nobody owes itself"
        assert not np.any(self.ceiling < 0), "ceilings of 0 or more"
        total = exact_sum(self.ceiling)
        if total > LARGEST:
            raise InvalidObligationError(f"the ceilings add up to {total}, above {LARGEST}: net in larger units")

    def ages(self, on: date) -> Small:
        """Give the `Age` of each row on a day."""
        # the earliest due date of each age but the first
        earliest = np.array([-90, -60, -30, 0], np.int32) + np.int32(on.toordinal() - EPOCH)
        return np.searchsorted(earliest, self.due, side="right").astype(np.int8)

    def pairs(self) -> Ints:
        """Give the first row of each debtor and creditor."""
        return np.flatnonzero(changes(self.debtor) | changes(self.creditor))


def changes(values: Nodes | Small) -> Mask:
    """Tell where a value differs from the one before; the first does."""
    return np.concatenate([np.ones(min(len(values), 1), np.bool_), values[1:] != values[:-1]])


def sums(values: Ints, first: Ints) -> Ints:
    """Add up groups of rows, each beginning at `first`."""
    return np.add.reduceat(values, first) if len(first) else np.zeros(0, np.int64)


def totals(number: npt.NDArray[np.integer], amounts: Ints, size: int) -> Ints:
    """Add up amounts by the number (of a member, say) that each goes with; bincount would add in floats."""
    total = np.zeros(size, np.int64)
    np.add.at(total, number, amounts)
    return total


def exact_sum(amounts: Ints) -> int:
    """Add up without overflow."""
    largest = max(int(amounts.max(initial=0)), -int(amounts.min(initial=0)))
    if largest * len(amounts) < 2**63:
        return int(amounts.sum())
    return (int((amounts >> 32).sum()) << 32) + int((amounts & 0xFFFFFFFF).sum())
