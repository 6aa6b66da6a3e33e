"""What would let more be set off, computed on the result with all else equal.

A remedy is told only where the residual graph holds a loop that gains: then the stated amounts are certain, more may
be possible. How narrow such a loop is further away is nobody's business but the operator's: a member is told amounts
that follow from its own obligations, and of other remedies only that they would help.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import numpy as np

from bizoverbiz.explanation.graph import Graph, Ways
from bizoverbiz.explanation.reasons import Help, Remedy
from bizoverbiz.verification.reading import LARGEST
from bizoverbiz.verification.rows import Int64s

#: Remedies of one kind that are told, greatest first.
MOST = 3


class Remedies:
    """What would help one member in one currency, told to the operator (`all_seen`) or to the member itself."""

    def __init__(self, graph: Graph, member: int, *, all_seen: bool) -> None:
        self.graph, self.member, self.all_seen = graph, member, all_seen
        self.payable = np.flatnonzero(graph.debtor == member)
        self.receivable = np.flatnonzero(graph.creditor == member)

    @cached_property
    def _out(self) -> Ways:
        """The ways on from what the member is owed."""
        return Ways(self.graph, self.member)

    @cached_property
    def _in(self) -> Ways:
        """The ways back to what the member owes."""
        return Ways(self.graph, self.member + self.graph.size, to=True)

    def _gain(self, pair: int) -> tuple[int, int]:
        """Compute what more of one of the member's pairs gains, and for how many units at least."""
        graph = self.graph
        if not graph.proven:
            return 0, 0
        if graph.debtor[pair] == self.member:
            return self._in.gain(int(graph.creditor[pair]), 1)
        return self._out.gain(int(graph.debtor[pair]) + graph.size, 1)

    def _certain(self, gain: int, room: int, own: int) -> tuple[int | None, int | None]:
        """Give the amounts that may be told: `own` follows from the member's own obligations."""
        amount = min(room, own)
        if self.all_seen:
            return amount, gain * amount
        return (amount if amount == own < LARGEST else None), None

    def against(self, pairs: Int64s) -> Iterator[Remedy]:
        """Trade with the other side of an open pair, the other way round: both debts are set off at once."""
        graph, member = self.graph, self.member
        spare = graph.cap - graph.set_off
        found = []
        for pair in pairs.tolist():
            debtor, creditor = int(graph.debtor[pair]), int(graph.creditor[pair])
            other = debtor if creditor == member else creditor
            own = min(int(graph.ceiling[pair] - graph.flow[pair]), int(spare[member]))
            room = min(own, int(spare[other]))
            if room > 0:
                help_ = Help.BUY if creditor == member else Help.SELL
                found.append((room, Remedy(help_, graph.names[other], None, None, *self._certain(2, room, own))))
        yield from _greatest(found)

    def more_of(self, pairs: Int64s) -> Iterator[Remedy]:
        """Declare more of what was set off in full."""
        graph = self.graph
        found = []
        for pair in pairs[graph.looped[pairs] & (graph.flow[pairs] == graph.ceiling[pairs])].tolist():
            gain, room = self._gain(pair)
            if gain:
                payable = graph.debtor[pair] == self.member
                other = graph.names[int(graph.creditor[pair] if payable else graph.debtor[pair])]
                help_ = Help.DECLARE_PAYABLE if payable else Help.DECLARE_RECEIVABLE
                found.append((room, Remedy(help_, other, None, None, *self._certain(gain, room, LARGEST))))
        yield from _greatest(found)

    def without_rule(self, rows: Int64s) -> Iterator[Remedy]:
        """Take part with what a rule holds back of rows of the result."""
        graph, setoffs = self.graph, self.graph.network.setoffs
        held = setoffs["amount"].gather(rows).to_numpy() - setoffs["ceiling"].gather(rows).to_numpy()
        found = []
        for row, more in zip(rows[held > 0].tolist(), held[held > 0].tolist(), strict=True):
            gain, room = self._gain(int(graph.pair[row]))
            if gain:
                one = setoffs.row(row, named=True)
                other = one["creditor" if one["debtor"] == graph.names[self.member] else "debtor"]
                amounts = self._certain(gain, room, more)
                found.append((min(room, more), Remedy(Help.LIFT_RULE, other, one["id"], one["rule"], *amounts)))
        yield from _greatest(found)

    def more_cap(self) -> Iterator[Remedy]:
        """Raise the member's cap."""
        graph = self.graph
        if graph.proven and graph.set_off[self.member] >= graph.cap[self.member]:
            gain, room = Ways(graph, self.member + graph.size).gain(self.member, 0)
            if gain:
                yield Remedy(Help.RAISE_CAP, graph.names[self.member], None, None, *self._certain(gain, room, LARGEST))

    def joining(self) -> Iterator[Remedy]:
        """Win those who are not there: nobody can tell how much they would bring."""
        graph = self.graph
        for mine, others, help_ in (
            (self.payable, self.receivable, Help.CUSTOMERS_JOIN),
            (self.receivable, self.payable, Help.SUPPLIERS_JOIN),
        ):
            open_ = (graph.ceiling[mine] > graph.flow[mine]).any()
            if open_ and not (graph.looped[others] & (graph.ceiling[others] > graph.flow[others])).any():
                yield Remedy(help_)

    def all(self, rows: Int64s) -> list[Remedy]:
        """Give everything that would help, `rows` being the member's in the result."""
        graph = self.graph
        return [
            *self.more_cap(),
            *self.against(self.receivable[graph.ceiling[self.receivable] > graph.flow[self.receivable]]),
            *self.against(self.payable[graph.ceiling[self.payable] > graph.flow[self.payable]]),
            *self.without_rule(rows),
            *self.more_of(self.receivable),
            *self.more_of(self.payable),
            *self.joining(),
        ]


def _greatest(found: list[tuple[int, Remedy]]) -> list[Remedy]:
    found.sort(key=lambda one: (-one[0], one[1].member or "", one[1].obligation or ""))
    return [remedy for _, remedy in found[:MOST]]
