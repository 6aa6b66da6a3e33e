"""How many days of sales or purchases a balance stands for. Pure: no Odoo, no clock."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Month:
    """What was invoiced in one calendar month, or in the part of it that has passed."""

    label: str
    #: Invoiced, tax included, less credit notes.
    turnover: float
    #: Calendar days.
    days: int


@dataclass(frozen=True)
class Step:
    """What the count-back takes of one month."""

    month: Month
    taken: float
    days: float


@dataclass(frozen=True)
class CountBack:
    steps: tuple[Step, ...]
    #: False if the balance is more than all months together: the days are then a lower bound.
    complete: bool

    @property
    def days(self) -> float:
        return sum(step.days for step in self.steps)


def count_back(balance: float, months: Iterable[Month]) -> CountBack:
    """Days of turnover that stand behind a balance, counted back from the newest month.

    A month whose turnover fits into what is left of the balance counts with all its days, the month in which the
    balance ends with the same share of its days as of its turnover. A month without turnover, or in which credit notes
    prevail, takes nothing and its days pass; where nothing was invoiced before, no more days do.

    :param months: newest first, without gaps
    """
    left, steps = balance, []
    known = list(months)
    while known and known[-1].turnover <= 0:
        known.pop()
    for month in known:
        if left <= 0:
            break
        if month.turnover > left:
            steps.append(Step(month, left, month.days * left / month.turnover))
            left = 0.0
        else:
            taken = max(month.turnover, 0.0)
            steps.append(Step(month, taken, float(month.days)))
            # What floats leave over is no balance.
            left = round(left - taken, 6)
    return CountBack(tuple(steps), left <= 0)


def balance_days(balance: float, turnover: float, days: int) -> float:
    """Days of turnover by the balance method: balance / turnover x days; 0 where nothing was invoiced."""
    return max(balance, 0.0) / turnover * days if turnover > 0 else 0.0
