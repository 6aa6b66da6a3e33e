"""Circulations of greatest weight on integer arrays, and what all optimal ones have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from bizoverbiz.netting import kernel
from bizoverbiz.netting.columns import Columns, Ints, Mask, Nodes, Small, sums, totals
from bizoverbiz.netting.errors import InfeasibleError, SolverError

_Buffer: TypeAlias = npt.NDArray[np.generic] | list[int]


@dataclass(frozen=True, eq=False)
class Arcs:
    """Where money may circulate: arc a from tail[a] (who owes) to head[a] (who is owed), low[a] <= flow <= high[a]."""

    #: How many nodes there are, numbered from 0.
    nodes: int
    tail: Nodes
    head: Nodes
    #: Bounds, minor units; all of high together at most 2**63 - 1.
    low: Ints
    high: Ints

    @classmethod
    def between_pairs(cls, columns: Columns) -> Arcs:
        """Give one arc for each debtor and creditor, up to all that the one owes the other."""
        first = columns.pairs()
        high = sums(columns.ceiling, first)
        return cls(columns.members, columns.debtor[first], columns.creditor[first], np.zeros_like(high), high)

    def __len__(self) -> int:
        return len(self.tail)

    def __getitem__(self, chosen: Mask | Ints) -> Arcs:
        """Give some of the arcs, between the same nodes."""
        return Arcs(self.nodes, self.tail[chosen], self.head[chosen], self.low[chosen], self.high[chosen])

    def used(self) -> Mask:
        """Tell which nodes have an arc."""
        used = np.zeros(self.nodes, np.bool_)
        used[self.tail] = True
        used[self.head] = True
        return used

    def compact(self) -> Arcs:
        """Number only the nodes that have an arc, in the same order."""
        used = self.used()
        number = (np.cumsum(used) - 1).astype(np.int32)
        return Arcs(int(used.sum()), number[self.tail], number[self.head], self.low, self.high)

    def arriving(self, flow: Ints) -> Ints:
        """Give what arrives at each node less what leaves it, minor units."""
        return totals(self.head, flow, self.nodes) - totals(self.tail, flow, self.nodes)


class Optimum(NamedTuple):
    """A circulation of greatest weight and the potentials that prove it."""

    #: Minor units an arc.
    flow: Ints
    #: One a node: where weight + potential[head] - potential[tail] > 0 the arc is full, where < 0 at its lower bound.
    potential: Nodes


def _array(array: npt.NDArray[np.generic]) -> _Buffer:
    """Python's own integers are faster than NumPy's where the kernel is interpreted, and never overflow."""
    return array.tolist() if kernel.INTERPRETED else np.ascontiguousarray(array)


def _space(size: int, kind: type[np.generic]) -> _Buffer:
    return _array(np.zeros(size, kind))


#: Where the kernel's slots have no room.
_CLOSED = 127
#: What the kernel's `route` answers when it needs more buckets; above that there is more to do, below it has ended.
_TOO_FEW_BUCKETS = 2
#: Searches from one end before the network is turned round: 4 to 8 serve about equally, and halve the work of one end.
_ONE_WAY = 6
#: Each search routes something; so many that route nothing mean that none ever will.
_MOST_IDLE = 100


class _Residual:
    """The residual network in the kernel's form, with its working space."""

    def __init__(self, arcs: Arcs, flow: Ints, weight: Small) -> None:
        slots = 2 * len(arcs)
        amounts = np.empty(slots, np.int64)
        np.subtract(arcs.high, flow, out=amounts[::2])
        np.subtract(flow, arcs.low, out=amounts[1::2])
        self.nodes = arcs.nodes
        self.low = arcs.low
        self.amounts = _array(amounts)
        self.first = _array(np.zeros(arcs.nodes + 1, np.int64))
        self.to, self.back, self.arc = (_space(slots, np.int32) for _ in range(3))
        self.offer, self.ask = (_space(slots, np.int8) for _ in range(2))
        self.current = _space(arcs.nodes, np.int64)
        kernel.lay_out(
            _array(arcs.tail), _array(arcs.head), self.amounts, _array(-weight), self.first, self.to, self.back,
            self.arc, self.offer, self.ask, self.current,
        )  # fmt: skip

    def flow(self) -> Ints:
        return np.asarray(self.low + np.asarray(self.amounts, np.int64)[1::2])

    def _search_space(self) -> list[_Buffer]:
        """Give two numbers a node, and two for each time that a search may come to one."""
        visits = self.nodes + len(self.to)
        return [_space(size, np.int32) for size in (self.nodes, self.nodes, visits, visits)]

    def route(self, surplus: Ints, potential: Nodes) -> tuple[Ints, Nodes]:
        """Route what can be routed; give the surplus that cannot, and the potentials."""
        space = self._search_space()
        key, queue = _space(self.nodes, np.int64), _space(self.nodes, np.int32)
        waiting = _space(self.nodes, np.int8)
        surpluses, potentials = _array(surplus), _array(potential)
        buckets = 1 << (int(np.ptp(potential)) + 64).bit_length()
        status, more = _TOO_FEW_BUCKETS, 1
        least, idle, searches, side = None, 0, 0, 0
        offer, ask = self.offer, self.ask

        while status >= _TOO_FEW_BUCKETS:
            remaining = int(np.maximum(np.asarray(surpluses, np.int64), 0).sum())
            idle = idle + 1 if remaining == least else 0
            if idle > _MOST_IDLE:
                raise SolverError(f"the kernel has not advanced for {idle} searches: a defect of this package")
            least = remaining
            if status == _TOO_FEW_BUCKETS:
                front, rear = _space(buckets * more, np.int32), _space(buckets * more, np.int32)
                more *= 2
            status = kernel.route(
                self.first, self.to, self.back, self.arc, offer, ask, self.amounts, side, surpluses, potentials,
                *space, front, rear, key, self.current, queue, waiting,
            )  # fmt: skip
            searches += 1
            if searches % _ONE_WAY == 0:  # the same problem, seen from its other end
                offer, ask, side = ask, offer, 1 - side
                surpluses, potentials = (_array(-np.asarray(ends)) for ends in (surpluses, potentials))
        sign = -1 if side else 1
        return sign * np.asarray(surpluses, np.int64), sign * np.asarray(potentials, np.int32)

    def greatest_potentials(self, potential: Nodes) -> Nodes:
        """Lift potentials to the greatest ones with the same maximum that prove the same circulation."""
        highest = int(potential.max())
        reached = _array(np.full(self.nodes, highest, np.int32))
        buckets = 1 << (highest - int(potential.min()) + 4).bit_length()
        potentials = _array(potential)
        kernel.search(
            self.first, self.to, self.offer, _space(self.nodes, np.int64), potentials, reached,
            *self._search_space()[1:], _space(buckets, np.int32), _space(buckets, np.int32),
            _space(self.nodes, np.int64), 0,
        )  # fmt: skip
        return np.asarray(potentials, np.int32)


def maximise(arcs: Arcs, weight: Small, *, flow: Ints | None = None, potential: Nodes | None = None) -> Optimum:
    """Find a flow of greatest weight.

    Args:
        arcs: the network.
        weight: one an arc, -1, 0 or 1.
        flow: one within the bounds, whose balance at each node is to be kept; without it, a circulation is sought.
        potential: those of a similar network, to start from.

    Raises:
        InfeasibleError: no such flow keeps the lower bounds.
    """
    if not len(arcs):
        return Optimum(np.zeros(0, np.int64), np.zeros(arcs.nodes, np.int32))
    if potential is None:
        potential = np.zeros(arcs.nodes, np.int32)
    worth = worths(arcs, weight, potential)
    start = np.where(worth > 0, arcs.high, np.where(worth < 0, arcs.low, arcs.low if flow is None else flow))
    residual = _Residual(arcs, start, weight)
    kept = 0 if flow is None else arcs.arriving(flow)
    left, potential = residual.route(arcs.arriving(start) - kept, potential)
    if left.any():
        raise InfeasibleError("no circulation keeps all lower bounds")
    return Optimum(residual.flow(), potential)


def worths(arcs: Arcs, weight: Small, potential: Nodes) -> Nodes:
    """Give weight + potential[head] - potential[tail]: above 0 an arc is full in every optimum, below 0 at its low."""
    return np.asarray(weight + potential[arcs.head] - potential[arcs.tail], np.int32)


def canonical_potentials(arcs: Arcs, weight: Small, optimum: Optimum) -> Nodes:
    """Give the one choice of potentials that does not depend on which optimum was found, their greatest being 0.

    All potentials that prove the greatest weight form a lattice; this is its greatest element.
    """
    if not len(arcs):
        return np.zeros(arcs.nodes, np.int32)
    potential = _Residual(arcs, optimum.flow, weight).greatest_potentials(optimum.potential)
    return np.asarray(potential - potential.max(), np.int32)


def undecided(arcs: Arcs, flow: Ints) -> Mask:
    """Tell which arcs may carry another amount in another circulation within the same bounds.

    They lie on a cycle of the residual network: both ends are in one of its strongly connected components. Changing a
    circulation along such cycles does not change the components, so it does not matter which circulation is given.
    """
    if not len(arcs):
        return np.zeros(0, np.bool_)
    residual = _Residual(arcs, flow, np.zeros(len(arcs), np.int8))
    return Loops.found(residual.nodes, residual.first, residual.to, residual.offer).within(arcs)


def redistribute(arcs: Arcs, flow: Ints) -> Ints:
    """Give the circulation that the arcs' order and nothing else decides, with the same balance at each node."""
    if not len(arcs):
        return flow
    weight = np.zeros(len(arcs), np.int8)
    residual = _Residual(arcs, arcs.low, weight)
    left, _ = residual.route(arcs.arriving(arcs.low) - arcs.arriving(flow), np.zeros(arcs.nodes, np.int32))
    assert not left.any(), "the given flow itself is such a circulation"
    return residual.flow()


def distinct(keys: Ints) -> tuple[Nodes, Nodes]:
    """Number equal keys alike, in the order in which they come; well mixed ones, such as hashes.

    Returns:
        Where each number comes first, and the number of each key.
    """
    size, many = 1 << 10, -1
    given, first, code = _array(keys), _space(len(keys), np.int32), _space(len(keys), np.int32)
    while many < 0:
        size *= 4
        many = kernel.number(given, _space(size, np.int64), _space(size, np.int32), first, code)
    return np.asarray(first[:many], np.int32), np.asarray(code, np.int32)


def pour(sizes: Ints, first: Ints, amounts: Ints) -> Ints:
    """Fill the rows of each group in their order with the group's amount, minor units; groups begin at `first`."""
    poured = _space(len(sizes), np.int64)
    kernel.pour(_array(sizes), _array(first), _array(amounts), poured)
    return np.asarray(poured, np.int64)


def greatest_flow(arcs: Arcs, *, source: int, sink: int) -> int:
    """Give the most that can flow from one node to another, minor units; lower bounds are not looked at."""
    out = int(arcs.high[arcs.tail == source].sum())
    if not out:
        return 0
    residual = _Residual(arcs, np.zeros(len(arcs), np.int64), np.zeros(len(arcs), np.int8))
    surplus = np.zeros(arcs.nodes, np.int64)
    surplus[source], surplus[sink] = out, -out
    left, _ = residual.route(surplus, np.zeros(arcs.nodes, np.int32))
    return out - int(left[source])


class Loops(NamedTuple):
    """The strongly connected components of a network: money can go around within one, never between two."""

    #: The component of each node; one from which another is reached has the greater number.
    component: Nodes
    #: The nodes, component after component.
    order: Nodes

    @classmethod
    def of(cls, arcs: Arcs) -> Loops:
        """Find them over the arcs with room."""
        return cls.found(arcs.nodes, *_forward(arcs))

    @classmethod
    def found(cls, nodes: int, first: _Buffer, to: _Buffer, offer: _Buffer) -> Loops:
        """Find them over slots in the kernel's form."""
        component = _array(np.full(nodes, -1, np.int32))
        order, low, stack = (_space(nodes, np.int32) for _ in range(3))
        kernel.components(first, to, offer, component, order, low, stack, _space(nodes, np.int64))
        return cls(np.asarray(component, np.int32), np.asarray(order, np.int32))

    def within(self, arcs: Arcs) -> Mask:
        """Tell which arcs stay within one component."""
        return np.asarray(self.component[arcs.tail] == self.component[arcs.head])

    def join(self, arcs: Arcs, potential: Nodes) -> Nodes:
        """Shift each component's potentials so that they prove the whole network, in which no arc between two carries.

        An arc of weight 1 between components is rightly empty when 1 + potential[head] - potential[tail] <= 0. The
        components form no loop, so each can be shifted below those that owe it something; inside nothing changes.
        """
        depth = _array(-potential)
        lift = _space(int(self.component.max(initial=0)) + 1, np.int32)
        kernel.stack_up(*_forward(arcs), _array(self.component), _array(self.order), depth, lift)
        return -np.asarray(depth, np.int32)


def _forward(arcs: Arcs) -> tuple[_Buffer, _Buffer, _Buffer]:
    """Give the arcs with room in the kernel's form, without their way back."""
    if np.any(arcs.tail[1:] < arcs.tail[:-1]):
        arcs = arcs[np.argsort(arcs.tail, kind="stable")]
    first = np.concatenate([[0], np.cumsum(np.bincount(arcs.tail, minlength=arcs.nodes))])
    open_slot = np.where(arcs.high > 0, 0, _CLOSED).astype(np.int8)
    return _array(first), _array(arcs.head), _array(open_slot)
