"""The smallest part of a circulation that is one itself and holds given rows wholly."""

from __future__ import annotations

import numpy as np

from bizoverbiz.netting.columns import Ints, Mask, Nodes
from bizoverbiz.netting.flow import Arcs, maximise


def smallest_circulation(members: int, *, debtor: Nodes, creditor: Nodes, amount: Ints, wanted: Mask) -> Ints:
    """Take as little as possible of a circulation so that the wanted rows are in it wholly and everybody balances.

    Minimise sum g_e over 0 <= g_e <= amount_e with g_e = amount_e where wanted, each member paying what it receives.
    The circulation itself is such a g, so there always is one.

    Args:
        members: how many there are, numbered from 0.
        debtor: one a row, as the columns that follow; the order of the rows decides between equals.
        creditor: likewise.
        amount: minor units, a circulation.
        wanted: the rows that are to be in it.

    Raises:
        InfeasibleError: the amounts are no circulation.
    """
    low = np.where(wanted, amount, 0)
    arcs = Arcs(members, debtor, creditor, low, amount)
    return maximise(arcs, np.full(len(amount), -1, np.int8), flow=amount).flow
