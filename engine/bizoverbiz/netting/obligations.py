"""The input of netting, checked, and gathered into the edges of a network."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from itertools import pairwise

from bizoverbiz.netting.errors import InvalidObligationError

#: The largest amount: netting adds up in 64 bits.
LARGEST = 2**63 - 1


class Age(IntEnum):
    """How late an obligation is; the smallest value is served first."""

    OVER_90_DAYS = 0
    DAYS_61_TO_90 = 1
    DAYS_31_TO_60 = 2
    DAYS_1_TO_30 = 3
    NOT_YET_DUE = 4

    @classmethod
    def of(cls, due_date: date | None, on: date) -> "Age":
        """Give the age bucket on the day `on`; without a due date nothing is late."""
        days_late = (on - due_date).days if due_date else 0
        if days_late <= 0:
            return cls.NOT_YET_DUE
        return cls(max(0, 3 - (days_late - 1) // 30))


@dataclass(frozen=True, slots=True)
class Obligation:
    """What one member owes another, and how much of it may be set off."""

    #: Canonical key, unique in a netting; it decides between equals, so it should mean the same everywhere.
    id: str
    #: The member who owes.
    debtor: str
    #: The member who is owed.
    creditor: str
    #: The most that may be set off, in minor units of the one currency of the netting.
    ceiling: int
    #: When payment is due; None counts as not yet due.
    due_date: date | None = None


def check(obligations: Iterable[Obligation]) -> list[Obligation]:
    """Give the obligations in canonical order.

    Raises:
        InvalidObligationError: an id stands twice, a firm owes itself, a ceiling is no integer from 0 to `LARGEST`.
    """
    ordered = sorted(obligations, key=lambda o: o.id)
    for obligation, following in pairwise(ordered):
        if obligation.id == following.id:
            raise InvalidObligationError(f"obligation {obligation.id!r} stands twice: give each its own id")
    for obligation in ordered:
        if obligation.debtor == obligation.creditor:
            raise InvalidObligationError(
                f"obligation {obligation.id!r}: {obligation.debtor!r} cannot owe itself: leave the line out"
            )
        if type(obligation.ceiling) is not int or not 0 <= obligation.ceiling <= LARGEST:
            raise InvalidObligationError(
                f"obligation {obligation.id!r}: ceiling {obligation.ceiling!r} is not an integer of minor units from 0"
                f" to {LARGEST}"
            )
    return ordered
