"""What a network is like, in the figures by which real networks are described."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from bizoverbiz.generation.economy import Integers
from bizoverbiz.netting import Columns, net_columns
from bizoverbiz.netting.columns import NO_DUE_DATE, totals

#: Debtor, creditor (index of the firm) and amount of each obligation, to the most that can be set off.
Clearing: TypeAlias = Callable[[Integers, Integers, Integers], int]


@dataclass(frozen=True, slots=True)
class Statistics:
    #: Firms that owe or are owed something.
    firms: int
    obligations: int
    #: Pairs of a debtor and a creditor.
    pairs: int
    #: Sum of the amounts, minor units.
    total: int
    #: Standard deviation of ln(amount).
    spread: float
    #: Obligations due before the day, as a share of their number.
    overdue: float
    #: Sum over firms of max(0, receivables - payables), minor units.
    net_internal_debt: int
    #: The most that can be set off, minor units; None where nobody computed it.
    clearable: int | None
    #: Firms in the largest strongly connected component, as a share of the firms.
    connected: float
    #: Business partners of the firm that has most.
    hub: int

    def lines(self) -> list[str]:
        """Give one line a figure, for people."""

        def percent(part: float) -> str:
            return f"{100 * part:.1f} %"

        known = self.clearable is not None
        rows = {
            "firms": f"{self.firms:,}",
            "obligations": f"{self.obligations:,}",
            "pairs": f"{self.pairs:,}",
            "total": f"{self.total:,}",
            "sd of ln(amount)": f"{self.spread:.2f}",
            "overdue": percent(self.overdue),
            "net internal debt": percent(self.net_internal_debt / self.total),
            "clearable": percent((self.clearable or 0) / self.total) if known else "not computed",
            "largest strongly connected component": percent(self.connected),
            "partners of the biggest hub": f"{self.hub:,}",
        }
        width = max(map(len, rows)) + 2
        return [f"{name:{width}}{value}" for name, value in rows.items()]


def maximum_set_off(debtor: Integers, creditor: Integers, amount: Integers) -> int:
    """Compute the most that can be set off: net it and verify."""
    (owing, owed), amounts = _by_pair(debtor, creditor, amount)
    firms = int(max(debtor.max(), creditor.max())) + 1
    # no due dates: one age, so that nothing but the total is optimised
    never = np.full(len(owing), NO_DUE_DATE, np.int32)
    columns = Columns(firms, owing.astype(np.int32), owed.astype(np.int32), amounts, never)
    return net_columns(columns, [str(firm) for firm in range(firms)], on=date.min).certificate.total


def measure(
    debtor: Integers,
    creditor: Integers,
    amount: Integers,
    due: np.ndarray[tuple[int], np.dtype[np.datetime64]],
    *,
    on: date,
    clearing: Clearing | None,
) -> Statistics:
    """Describe a network by its columns; `clearing` None leaves out what can be set off."""
    firms = int(max(debtor.max(), creditor.max())) + 1
    (owing, owed), _ = _by_pair(debtor, creditor, amount)
    links = coo_array((np.ones(len(owing), dtype=np.int8), (owing, owed)), shape=(firms, firms))
    _, component = connected_components(links.tocsr(), directed=True, connection="strong")
    partners = _partners(owing, owed, firms)
    net_positions = totals(creditor, amount, firms) - totals(debtor, amount, firms)
    present = int(np.count_nonzero(partners))
    return Statistics(
        firms=present,
        obligations=len(amount),
        pairs=len(owing),
        total=int(amount.sum()),
        spread=float(np.log(amount).std()),
        overdue=float((due < np.datetime64(on, "D")).mean()),
        net_internal_debt=int(np.maximum(net_positions, 0).sum()),
        clearable=None if clearing is None else clearing(debtor, creditor, amount),
        connected=float(np.bincount(component).max() / present),
        hub=int(partners.max()),
    )


def _by_pair(debtor: Integers, creditor: Integers, amount: Integers) -> tuple[tuple[Integers, Integers], Integers]:
    """Add up the obligations of each pair: debtor and creditor, and their sums."""
    firms = int(max(debtor.max(), creditor.max())) + 1
    key = debtor * firms + creditor
    order = np.argsort(key, kind="stable")
    key = key[order]
    first = np.flatnonzero(np.diff(key, prepend=-1))
    return (key[first] // firms, key[first] % firms), np.add.reduceat(amount[order], first)


def _partners(owing: Integers, owed: Integers, firms: int) -> Integers:
    """Count the firms each firm trades with, in either direction."""
    pairs = np.unique(np.minimum(owing, owed) * firms + np.maximum(owing, owed))
    return np.bincount(pairs // firms, minlength=firms) + np.bincount(pairs % firms, minlength=firms)
