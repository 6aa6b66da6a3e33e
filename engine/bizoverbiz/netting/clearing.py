"""Netting from columns of obligations to set-offs: gather, cut to loops, optimise, impute."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeAlias

import numpy as np

from bizoverbiz.netting.columns import Columns, Ints, Mask, Nodes, Small, changes, sums, totals
from bizoverbiz.netting.errors import InfeasibleError
from bizoverbiz.netting.flow import (
    Arcs,
    Loops,
    Optimum,
    canonical_potentials,
    maximise,
    pour,
    redistribute,
    undecided,
    worths,
)

#: What finds circulations of greatest weight: `flow.maximise` or `model.maximise`.
Maximise: TypeAlias = Callable[..., Optimum]


class Bounds(NamedTuple):
    """What single members may, or must, set off at most, or at least, all their obligations together."""

    #: Members by number, each once, ascending.
    member: Nodes
    #: The most and the least, minor units; a cap that binds nobody is the largest integer.
    cap: Ints
    floor: Ints


class Solution(NamedTuple):
    """The set-offs and what proves their total; arrays as `Columns` has rows and members."""

    #: Minor units, one a row.
    set_off: Ints
    #: One a member: see `certificate`.
    potential: Nodes
    #: One a bounded member: above 0 its cap, below 0 its floor costs the total as much a unit.
    multiplier: Nodes


def clear(
    columns: Columns,
    age: Small,
    *,
    least: Ints | None = None,
    proposal: Ints | None = None,
    bounds: Bounds | None = None,
    previous: Nodes | None = None,
    maximise: Maximise = maximise,
    on_step: Callable[[str], None] = lambda step: None,
) -> Solution:
    """Set off the most in total, then stay nearest to the proposal, then clear the oldest debts first.

    The objectives are those of `net`, each on the optimal face of the one before. What they leave open is decided by
    the order of the rows alone, so that every way of solving gives the same bytes.

    Args:
        columns: the obligations, in canonical order.
        age: the `Age` of each row.
        least: what must be set off of each row at least, minor units.
        proposal: minor units a row, at most the ceilings; None for a proposal itself.
        bounds: of single members.
        previous: potentials of a similar netting, one a member: where to start from.
        maximise: what solves.
        on_step: told "reduce", "solve" and "impute" when they begin.

    Raises:
        InfeasibleError: the floors cannot all be kept.
    """
    on_step("reduce")
    lots = _Lots.of(columns, age, least, proposal)
    network = _Network.of(lots, bounds)
    on_step("solve")
    start = None if previous is None else network.spread(-previous)
    flow, potential = network.maximise_total(maximise, start)
    amounts = _share(lots, network, flow, potential, maximise, near=proposal is not None)
    on_step("impute")
    lowest = np.zeros_like(columns.ceiling) if least is None else least
    set_off = lowest + pour(columns.ceiling - lowest, lots.row, amounts - lots.least)
    return Solution(set_off, *network.certificate(potential))


def check_feasible(columns: Columns, bounds: Bounds) -> None:
    """Find out whether the members' bounds can all be kept, which is much less work than to clear.

    Raises:
        InfeasibleError: they cannot.
    """
    no_age = np.zeros(len(columns.ceiling), np.int8)
    inner = _Network.of(_Lots.of(columns, no_age, None, None), bounds).inner
    maximise(inner, np.zeros(len(inner), np.int8))


class _Lots(NamedTuple):
    """Rows gathered per pair and age bucket, and these per pair."""

    members: int
    #: Where each lot's rows begin, and each pair's lots.
    row: Ints
    first: Ints
    #: The pair of each lot.
    pair: Ints
    least: Ints
    capacity: Ints
    proposed: Ints
    age: Small
    debtor: Nodes
    creditor: Nodes

    @classmethod
    def of(cls, columns: Columns, age: Small, least: Ints | None, proposal: Ints | None) -> _Lots:
        pair_row = columns.pairs()
        new_pair = np.zeros(len(columns.debtor), np.bool_)
        new_pair[pair_row] = True
        row = np.flatnonzero(new_pair | changes(age))
        first = np.flatnonzero(new_pair[row])
        nothing = np.zeros(len(row), np.int64)
        return cls(
            members=columns.members,
            row=row,
            first=first,
            pair=np.repeat(np.arange(len(first)), np.diff(first, append=len(row))),
            capacity=sums(columns.ceiling, row),
            least=nothing if least is None else sums(least, row),
            proposed=nothing if proposal is None else sums(np.minimum(columns.ceiling, proposal), row),
            age=age[row],
            debtor=columns.debtor[pair_row],
            creditor=columns.creditor[pair_row],
        )


class _Network(NamedTuple):
    """The pairs as arcs; a bounded member is two nodes with an arc between them that holds its bounds."""

    lots: _Lots
    bounds: Bounds
    #: All arcs, pairs first, then bounded members.
    arcs: Arcs
    loops: Loops
    #: The arcs that lie on loops, and these alone.
    chosen: Ints
    inner: Arcs
    #: Which nodes are on loops: those of `inner`, in the same order.
    on_loops: Mask

    @classmethod
    def of(cls, lots: _Lots, bounds: Bounds | None) -> _Network:
        nothing = np.zeros(0, np.int64)
        bounds = bounds or Bounds(nothing.astype(np.int32), nothing, nothing)
        capacity = sums(lots.capacity, lots.first)
        payer = np.arange(lots.members, dtype=np.int32)
        payer[bounds.member] = lots.members + np.arange(len(bounds.member), dtype=np.int32)
        arcs = Arcs(
            nodes=lots.members + len(bounds.member),
            tail=np.concatenate([payer[lots.debtor], bounds.member]),
            head=np.concatenate([lots.creditor, payer[bounds.member]]),
            low=np.concatenate([sums(lots.least, lots.first), bounds.floor]),
            high=np.concatenate([capacity, _through(lots, capacity, bounds)]),
        )
        usable = arcs.high > 0
        loops = Loops.of(arcs)
        inside = usable & loops.within(arcs)
        if np.any(arcs.low[~inside] > 0) or np.any(arcs.low > arcs.high):
            raise InfeasibleError("a member that is on no loop cannot set off what is asked for at least")
        chosen = np.flatnonzero(inside)
        inner = arcs[chosen]
        return cls(lots, bounds, arcs, loops, chosen, inner.compact(), inner.used())

    @property
    def weight(self) -> Small:
        """1 for what counts as set off: the pairs."""
        return np.asarray(self.chosen < len(self.lots.debtor), np.int8)

    def spread(self, potential: Nodes) -> Nodes:
        """Give the inner nodes the potentials of the members; a member's second node has those of the first."""
        everyone = np.concatenate([potential, potential[self.bounds.member]])
        return np.asarray(everyone[self.on_loops], np.int32)

    def maximise_total(self, maximise: Maximise, start: Nodes | None) -> tuple[Ints, Nodes]:
        """Give the flow of all arcs and the canonical potentials of all nodes."""
        optimum = maximise(self.inner, self.weight, potential=start)
        flow = np.zeros(len(self.arcs), np.int64)
        flow[self.chosen] = optimum.flow
        potential = np.zeros(self.arcs.nodes, np.int32)
        potential[self.on_loops] = canonical_potentials(self.inner, self.weight, optimum)
        return flow, self.loops.join(self.arcs, potential)

    def certificate(self, potential: Nodes) -> tuple[Nodes, Nodes]:
        """Give potentials by member, never below 0, and multipliers by bounded member.

        A member without a floor needs no negative multiplier: its second node is lowered to the first, which can only
        lower the bound that is proven.
        """
        worth = -potential
        received, paid = worth[self.bounds.member], worth[self.lots.members :]
        multiplier = np.where(self.bounds.floor > 0, received - paid, np.maximum(received - paid, 0))
        return worth[: self.lots.members], multiplier.astype(np.int32)


def _share(lots: _Lots, network: _Network, flow: Ints, potential: Nodes, maximise: Maximise, *, near: bool) -> Ints:
    """Share the greatest total out over the lots by the later objectives; minor units a lot.

    For nearness each lot becomes two arcs, up to the proposed amount and above it: |f - p| is piecewise linear and
    convex, so a best circulation fills the first before the second.
    """
    arcs = network.arcs
    pairs = len(lots.debtor)
    one = np.ones(len(arcs), np.int8)
    one[pairs:] = 0
    tight = worths(arcs, one, potential) == 0
    amounts = lots.least + pour(lots.capacity - lots.least, lots.first, flow[:pairs] - arcs.low[:pairs])
    open_lot = np.flatnonzero(tight[lots.pair])
    below = np.minimum(lots.capacity, lots.proposed)[open_lot] if near else lots.capacity[open_lot]
    above = lots.capacity[open_lot] - below
    least = lots.least[open_lot]
    bounded = pairs + np.flatnonzero(tight[pairs:])
    owner = np.concatenate([open_lot, open_lot, np.full(len(bounded), -1)])
    filled = np.minimum(amounts[open_lot], below)
    fine = Arcs(
        arcs.nodes,
        np.concatenate([arcs.tail[lots.pair[open_lot]]] * 2 + [arcs.tail[bounded]]),
        np.concatenate([arcs.head[lots.pair[open_lot]]] * 2 + [arcs.head[bounded]]),
        np.concatenate([np.minimum(least, below), np.maximum(least - below, 0), arcs.low[bounded]]),
        np.concatenate([below, above, arcs.high[bounded]]),
    )
    fine_flow = np.concatenate([filled, amounts[open_lot] - filled, flow[bounded]])
    side = np.repeat(np.array([1, -1, 0], np.int8), [len(open_lot), len(open_lot), len(bounded)])
    age = np.concatenate([lots.age[open_lot]] * 2 + [np.full(len(bounded), -1, np.int8)])
    index = np.flatnonzero(fine.high > fine.low)
    for weight in _objectives(side, age, near=near):
        index = index[undecided(fine[index].compact(), fine_flow[index])]
        here = weight[index]
        of_lots = here[owner[index] >= 0]
        if not len(of_lots) or of_lots.min() == of_lots.max():
            continue  # the total is fixed already, so this objective is as well
        face = fine[index].compact()
        optimum = maximise(face, here, flow=fine_flow[index])
        fine_flow[index] = optimum.flow
        index = index[worths(face, here, optimum.potential) == 0]
    index = index[undecided(fine[index].compact(), fine_flow[index])]
    fine_flow[index] = redistribute(fine[index].compact(), fine_flow[index])
    shared = fine_flow[owner >= 0]
    amounts[open_lot] = shared[: len(open_lot)] + shared[len(open_lot) :]
    return amounts


def _objectives(side: Small, age: Small, *, near: bool) -> Iterator[Small]:
    """Give one weight an arc for each objective after the total; the last bucket follows from the others."""
    if near:
        yield side
    for bucket in np.unique(age[age >= 0])[:-1]:
        yield np.asarray(age == bucket, np.int8)


def _through(lots: _Lots, capacity: Ints, bounds: Bounds) -> Ints:
    """Give the most that each bounded member lets through: its cap, or more than can come."""
    paid, received = (totals(party, capacity, lots.members) for party in (lots.debtor, lots.creditor))
    return np.asarray(np.minimum(bounds.cap, np.minimum(paid, received)[bounds.member] + 1))
