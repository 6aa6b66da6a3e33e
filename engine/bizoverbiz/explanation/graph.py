"""One currency's obligations as a graph of pairs, with the certificate's prices.

Every member is two nodes, what comes in (its number m) and what goes out (m + n): between them stand its cap and floor.
The residual graph says how a set-off could be changed: along a pair with room, back along one that is set off. Set-offs
are a maximum where no loop in it gains (Klein 1967, doi:10.1287/mnsc.14.3.205). By a proven certificate no step
gains: with a step's worth w and prices q, its length q[head] - q[tail] - w is 0 or more, and a loop of length 0 is a
different maximum.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import breadth_first_order, connected_components, dijkstra

from bizoverbiz.verification.reading import LARGEST, Certificate
from bizoverbiz.verification.rows import Int64s, Network, find

Flags: TypeAlias = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Steps:
    """Ways to change a set-off by one unit: from node to node."""

    tail: Int64s
    head: Int64s
    #: By how much the change loses against a maximum at least; None without a proof.
    length: Int64s
    #: How many units of it there are.
    room: Int64s

    def only(self, chosen: Flags) -> Steps:
        """Give some of them."""
        return Steps(self.tail[chosen], self.head[chosen], self.length[chosen], self.room[chosen])

    def reversed(self) -> Steps:
        """Turn each around."""
        return Steps(self.head, self.tail, self.length, self.room)


class Graph:
    """The pairs of a currency: who owes whom how much, what of it may be and what is set off; minor units."""

    def __init__(self, network: Network, certificate: Certificate) -> None:
        self.network = network
        self.names = network.members["member"]
        self.size = len(self.names)
        debtor, creditor = network.debtor, network.creditor
        first = np.ones(len(debtor), np.bool_)
        first[1:] = (debtor[1:] != debtor[:-1]) | (creditor[1:] != creditor[:-1])
        begins = np.flatnonzero(first)
        #: Pair of each row.
        self.pair = np.cumsum(first) - 1
        self.debtor, self.creditor = debtor[begins], creditor[begins]
        self.ceiling, self.flow = (np.add.reduceat(network.column(name), begins) for name in ("ceiling", "set_off"))
        self.set_off = network.by_creditor("set_off")
        self.cap = self._of_members(certificate.caps, LARGEST)
        self.floor = self._of_members(certificate.floors, 0)
        self.proven = certificate.total == certificate.bound
        potential, multiplier = (
            self._of_members(prices, 0) for prices in (certificate.potentials, certificate.multipliers)
        )
        #: Price of each node.
        self.price = np.concatenate([potential, potential - multiplier])

    def _of_members(self, values: Mapping[str, int], default: int) -> Int64s:
        """Spread numbers by name over all members."""
        at = find(pl.Series(list(values), dtype=pl.String), self.names)
        spread = np.full(self.size, default, np.int64)
        spread[at[at >= 0]] = np.fromiter(values.values(), np.int64, len(values))[at >= 0]
        return spread

    @cached_property
    def looped(self) -> Flags:
        """Tell of each pair whether it lies in a loop of pairs that may be set off at all."""
        open_ = self.ceiling > 0
        links = csr_matrix(
            (np.ones(int(open_.sum()), np.int8), (self.debtor[open_], self.creditor[open_])), (self.size, self.size)
        )
        home = connected_components(links, connection="strong")[1]
        return np.asarray(open_ & (home[self.debtor] == home[self.creditor]))

    @cached_property
    def steps(self) -> Steps:
        """Give the residual graph."""
        members = np.arange(self.size)
        onward, back = self.ceiling > self.flow, self.flow > 0
        through, less = self.cap > self.set_off, self.set_off > self.floor
        tail = [self.debtor[onward] + self.size, self.creditor[back], members[through], members[less] + self.size]
        head = [self.creditor[onward], self.debtor[back] + self.size, members[through] + self.size, members[less]]
        room = [
            (self.ceiling - self.flow)[onward],
            self.flow[back],
            (self.cap - self.set_off)[through],
            (self.set_off - self.floor)[less],
        ]
        worth = np.repeat([1, -1, 0, 0], [len(part) for part in tail])
        tails, heads = np.concatenate(tail), np.concatenate(head)
        return Steps(tails, heads, self.price[heads] - self.price[tails] - worth, np.concatenate(room))

    @cached_property
    def onward(self) -> Steps:
        """Give the steps that take nothing back."""
        members = np.arange(self.size)
        room, through = self.ceiling > self.flow, self.cap > self.set_off
        tail = np.concatenate([self.debtor[room] + self.size, members[through]])
        head = np.concatenate([self.creditor[room], members[through] + self.size])
        return Steps(tail, head, np.zeros_like(tail), np.zeros_like(tail))

    def frontier(self, creditor: int) -> tuple[Int64s, Int64s]:
        """Give the pairs set off in full, greatest first, and the members at their cap, where ways from one end."""
        reached = reach(self.onward, creditor, 2 * self.size)
        blocked = self.looped & reached[self.debtor + self.size] & ~reached[self.creditor]
        pairs = np.flatnonzero(blocked & (self.flow == self.ceiling))
        in_loop = np.zeros(self.size, np.bool_)
        in_loop[self.creditor[self.looped]] = True
        capped = np.flatnonzero(in_loop & reached[: self.size] & (self.set_off >= self.cap))
        return pairs[np.lexsort((pairs, -self.ceiling[pairs]))], capped


def reach(steps: Steps, start: int, nodes: int) -> Flags:
    """Tell which nodes are reached from one, itself included."""
    reached = np.zeros(nodes, np.bool_)
    reached[breadth_first_order(_links(steps, nodes), start, return_predecessors=False)] = True
    return reached


def reach_otherwise(steps: Steps, starts: Int64s, goal: int, nodes: int) -> Flags:
    """Tell of each start whether it reaches the goal by more than its own direct step.

    A way that does not begin with the direct step ends with that of another neighbour of the goal, which is reached
    without passing the goal: a neighbour in the same strongly connected component, or beyond it.
    """
    able = reach(steps.reversed(), goal, nodes)
    neighbours = np.unique(steps.tail[steps.head == goal])
    answer = able[starts]
    direct = np.isin(starts, neighbours)
    if not direct.any():
        return answer
    rest = steps.only((steps.tail != goal) & (steps.head != goal))
    count, home = connected_components(_links(rest, nodes), connection="strong")
    company = np.bincount(home[neighbours], minlength=count) > 1
    beyond = np.zeros(count, np.bool_)
    beyond[home[rest.tail[(home[rest.tail] != home[rest.head]) & able[rest.head]]]] = True
    return np.where(direct, (company | beyond)[home[starts]], answer)


class Ways:
    """The shortest ways from one node to others, or from others to it, and what loops they close would gain."""

    def __init__(self, graph: Graph, node: int, others: Int64s, worth: int, *, to: bool = False) -> None:
        """Search no further than a new step of some worth could gain.

        Args:
            graph: the currency, proven.
            node: where the ways begin; with `to`, where they end.
            others: where a new step, which closes a loop with a way, begins; with `to`, where it ends.
            worth: what a unit of the new step adds to the total by itself.
            to: turns the ways around.
        """
        self._node, self._to = node, to
        price = graph.price
        most = worth + (price[node] - price[others] if to else price[others] - price[node])
        #: By how much a unit of each new step raises the total; 0 where it does not.
        self.gains = np.zeros(len(others), np.int64)
        if most.max(initial=0) <= 0:
            return
        steps = graph.steps.reversed() if to else graph.steps
        shape = (2 * graph.size, 2 * graph.size)
        self._rooms = csr_matrix((steps.room, (steps.tail, steps.head)), shape)
        lengths = csr_matrix((steps.length.astype(np.float64), (steps.tail, steps.head)), shape)
        limit = float(most.max() - 1)
        distance, self._before = dijkstra(lengths, indices=node, return_predecessors=True, limit=limit)
        found = np.isfinite(distance[others])
        self.gains[found] = np.maximum(most[found] - distance[others[found]].astype(np.int64), 0)

    def room(self, other: int) -> int:
        """Give for how many units at least a gain holds: those of the narrowest step of the way."""
        room = LARGEST
        while other != self._node:
            before = int(self._before[other])
            room = min(room, int(self._rooms[before, other]))
            other = before
        return room


def _links(steps: Steps, nodes: int) -> csr_matrix:
    return csr_matrix((np.ones(len(steps.tail), np.int8), (steps.tail, steps.head)), (nodes, nodes))
