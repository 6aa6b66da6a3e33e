"""The input of netting, checked, and gathered into the edges of a network."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from itertools import pairwise

from bizoverbiz.netting.errors import InvalidObligationError

#: Linear programming works in doubles, which hold every integer up to this one.
LARGEST_TOTAL = 2**53 - 1


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


@dataclass(frozen=True, slots=True)
class Edge:
    """The obligations of one debtor to one creditor in one age bucket, taken together."""

    debtor: str
    creditor: str
    age: Age
    #: Sum of the ceilings, minor units.
    capacity: int
    #: Sum of what of the proposal the ceilings still allow, minor units.
    proposed: int
    #: Due first: oldest due date, then canonical key (the order in which a set-off is imputed).
    obligations: tuple[Obligation, ...]


def check(obligations: Iterable[Obligation]) -> list[Obligation]:
    """Give the obligations in canonical order.

    Raises:
        InvalidObligationError: an id stands twice, a firm owes itself, a ceiling is no integer >= 0, or the
            ceilings add up to more than `LARGEST_TOTAL`.
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
        if type(obligation.ceiling) is not int or obligation.ceiling < 0:
            raise InvalidObligationError(
                f"obligation {obligation.id!r}: ceiling {obligation.ceiling!r} is not an integer of minor units >= 0"
            )
    total = sum(obligation.ceiling for obligation in ordered)
    if total > LARGEST_TOTAL:
        raise InvalidObligationError(f"the ceilings add up to {total}, above {LARGEST_TOTAL}: net in larger units")
    return ordered


def aggregate(obligations: Iterable[Obligation], on: date, proposal: Mapping[str, int]) -> list[Edge]:
    """Gather checked obligations per pair and age bucket, in canonical order, leaving out ceilings of 0."""
    groups: dict[tuple[str, str, Age], list[Obligation]] = defaultdict(list)
    for obligation in obligations:
        if obligation.ceiling:
            groups[obligation.debtor, obligation.creditor, Age.of(obligation.due_date, on)].append(obligation)
    return [
        Edge(
            debtor,
            creditor,
            age,
            capacity=sum(o.ceiling for o in group),
            proposed=sum(min(proposal.get(o.id, 0), o.ceiling) for o in group),
            obligations=tuple(sorted(group, key=lambda o: (o.due_date or date.max, o.id))),
        )
        for (debtor, creditor, age), group in sorted(groups.items())
    ]


def impute(edge: Edge, amount: int) -> dict[str, int]:
    """Share an edge's set-off out over its obligations, oldest due date first.

    At most one obligation ends strictly between 0 and its ceiling.
    """
    shares = {}
    for obligation in edge.obligations:
        shares[obligation.id] = min(obligation.ceiling, amount)
        amount -= shares[obligation.id]
    assert amount == 0, "an edge carries at most the sum of its ceilings"
    return shares
