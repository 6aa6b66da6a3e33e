"""How much of a new trade between two firms could be set off: a bounded maximum flow, told as a band.

Pure functions. If A buys from S, A owes S; that debt is set off as far as S's own debts lead on to A. So the potential
of a purchase by A from S, and of a sale by S to A, is the maximum flow of debts from S to A in what the last closed
round has left open.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_flow

#: Where low, medium and high begin, in units of the currency. Nothing above the last is ever computed.
EDGES = (500, 5_000, 50_000)
#: An edge lies somewhere between so many times below and so many times above where it is said to, firm by firm.
BLUR = 1.5
#: Of each member the debts to these many firms count, the largest first: what bounds a search in a dense network.
MOST_DEBTS = 200
#: A flow through fewer firms than this on the way would tell of their books alone.
FEWEST_BETWEEN = 2
#: scipy's flows are integers of 32 bits; what is above the highest edge, blurred, is told by no band.
_CAP = int(EDGES[-1] * BLUR * 2)


@dataclass(frozen=True, slots=True)
class Debts:
    """What is left open of one currency: whole units of it, by debtor and creditor, each an index into `firms`."""

    firms: Sequence[str]
    tail: np.ndarray
    head: np.ndarray
    amount: np.ndarray

    @classmethod
    def of(cls, rows: Iterable[tuple[str, str, int]], minor: int) -> Debts:
        """From debtor, creditor and minor units, `minor` of which are a unit."""
        known = [(debtor, creditor, min(amount // minor, _CAP)) for debtor, creditor, amount in rows]
        largest: dict[str, list[tuple[str, str, int]]] = {}
        for row in known:
            largest.setdefault(row[0], []).append(row)
        kept = [
            row
            for some in largest.values()
            for row in sorted(some, key=lambda one: (-one[2], one[1]))[:MOST_DEBTS]
            if row[2]
        ]
        firms = sorted({firm for row in kept for firm in row[:2]})
        number = {firm: index for index, firm in enumerate(firms)}
        return cls(
            firms,
            np.array([number[row[0]] for row in kept], np.int32),
            np.array([number[row[1]] for row in kept], np.int32),
            np.array([row[2] for row in kept], np.int32),
        )


def bands(debts: Debts, member: str, others: Sequence[str], *, salt: str) -> dict[tuple[str, str], int]:
    """The bands above none of one member with others, by direction and firm: 1 low, 2 medium, 3 high.

    `salt` blurs the edges: the same for one pair of firms for ever, so that asking often tells nothing more.
    """
    number = {firm: index for index, firm in enumerate(debts.firms)}
    own = number.get(member)
    if own is None or not len(debts.amount):
        return {}
    size = len(debts.firms)
    graph = csr_array((debts.amount, (debts.tail, debts.head)), shape=(size, size), dtype=np.int32)
    turned = csr_array(graph.T)
    found: dict[tuple[str, str], int] = {}
    # Firms whose debts lead to the member, and those that the member's debts lead to.
    for direction, forward, backward in (("suppliers", graph, turned), ("customers", turned, graph)):
        reached = _reached(backward, own)
        for other in others:
            index = number.get(other)
            if index is None or index == own or not reached[index]:
                continue
            debtor, creditor = (other, member) if direction == "suppliers" else (member, other)
            edges = _edges(salt, debtor, creditor)
            most = min(int(forward[[index], :].sum()), int(backward[[own], :].sum()))
            if most < edges[0]:
                continue
            source, sink = (index, own) if direction == "suppliers" else (own, index)
            band = sum(_flow(graph, source, sink) >= edge for edge in edges)
            if band:
                found[direction, other] = band
    return found


def _flow(graph: csr_array, source: int, sink: int) -> int:
    """The maximum flow, or nothing where too few firms take part in it.

    A debt of one firm to the other says nothing new to either: they are partners already.
    """
    result = maximum_flow(graph, source, sink)
    flow = result.flow.tocoo()
    used = flow.data > 0
    between = (set(flow.row[used].tolist()) | set(flow.col[used].tolist())) - {source, sink}
    return int(result.flow_value) if len(between) >= FEWEST_BETWEEN else 0


def _edges(salt: str, debtor: str, creditor: str) -> list[float]:
    """Where the bands begin for one pair."""
    share = int(sha256(f"{salt} {debtor} {creditor}".encode()).hexdigest()[:8], 16) / 0xFFFFFFFF
    factor = BLUR ** (2 * share - 1)
    return [edge * factor for edge in EDGES]


def _reached(graph: csr_array, start: int) -> np.ndarray:
    """Which nodes are reached from one."""
    seen = np.zeros(graph.shape[0], np.bool_)
    seen[start] = True
    waiting = [start]
    while waiting:
        node = waiting.pop()
        following = graph.indices[graph.indptr[node] : graph.indptr[node + 1]]
        fresh = following[~seen[following]]
        seen[fresh] = True
        waiting.extend(fresh.tolist())
    return seen


def best(of_currencies: Iterable[Mapping[tuple[str, str], int]]) -> dict[tuple[str, str], int]:
    """The highest band of any currency."""
    found: dict[tuple[str, str], int] = {}
    for one in of_currencies:
        for key, band in one.items():
            found[key] = max(band, found.get(key, 0))
    return found
