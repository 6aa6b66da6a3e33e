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

#: Remedies of one kind that are told, those first where most of the member's own is at stake.
MOST = 3


class Remedies:
    """What would help one member in one currency, told to the operator (`all_seen`) or to the member itself."""

    def __init__(self, graph: Graph, member: int, *, all_seen: bool) -> None:
        self.graph, self.member, self.all_seen = graph, member, all_seen
        self.payable = np.flatnonzero(graph.debtor == member)
        self.receivable = np.flatnonzero(graph.creditor == member)

    @cached_property
    def _ways(self) -> dict[int, tuple[Ways, int, int]]:
        """Give, by pair of the member, the ways that lead back, the place of the pair there, and its other node."""
        graph, member = self.graph, self.member
        if not graph.proven:
            return {}
        back, on = graph.creditor[self.payable], graph.debtor[self.receivable] + graph.size
        both = (
            (self.payable, back, Ways(graph, member + graph.size, back, 1, to=True)),
            (self.receivable, on, Ways(graph, member, on, 1)),
        )
        return {
            pair: (ways, place, node)
            for pairs, nodes, ways in both
            for place, (pair, node) in enumerate(zip(pairs.tolist(), nodes.tolist(), strict=True))
        }

    def gain(self, pair: int) -> int:
        """Compute by how much a unit more of one of the member's pairs raises the total."""
        if pair not in self._ways:
            return 0
        ways, place, _ = self._ways[pair]
        return int(ways.gains[place])

    def room(self, pair: int) -> int:
        """Compute for how many units at least more of a pair that gains does so."""
        ways, _, node = self._ways[pair]
        return ways.room(node)

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
        others = self._others(pairs)
        own = np.minimum(graph.ceiling[pairs] - graph.flow[pairs], spare[member])
        room = np.minimum(own, spare[others])
        for at in np.argsort(-own, kind="stable")[:MOST].tolist():
            if room[at] > 0:
                help_ = Help.BUY if graph.creditor[pairs[at]] == member else Help.SELL
                amounts = self._certain(2, int(room[at]), int(own[at]))
                yield Remedy(help_, graph.names[int(others[at])], None, None, *amounts)

    def more_of(self, pairs: Int64s) -> Iterator[Remedy]:
        """Declare more of what was set off in full."""
        graph = self.graph
        full = pairs[graph.looped[pairs] & (graph.flow[pairs] == graph.ceiling[pairs])]
        gaining = [pair for pair in full[np.argsort(-graph.flow[full], kind="stable")].tolist() if self.gain(pair)]
        for pair in gaining[:MOST]:
            help_ = Help.DECLARE_PAYABLE if graph.debtor[pair] == self.member else Help.DECLARE_RECEIVABLE
            other = graph.names[int(self._others(np.array([pair]))[0])]
            yield Remedy(help_, other, None, None, *self._certain(self.gain(pair), self.room(pair), LARGEST))

    def without_rule(self, rows: Int64s) -> Iterator[Remedy]:
        """Take part with what a rule holds back of rows of the result."""
        graph, setoffs = self.graph, self.graph.network.setoffs
        held = setoffs["amount"].gather(rows).to_numpy() - setoffs["ceiling"].gather(rows).to_numpy()
        order = np.argsort(-held, kind="stable")[: int((held > 0).sum())]
        gaining = [at for at in order.tolist() if self.gain(int(graph.pair[rows[at]]))]
        for at in gaining[:MOST]:
            pair, one = int(graph.pair[rows[at]]), setoffs.row(int(rows[at]), named=True)
            other = graph.names[int(self._others(np.array([pair]))[0])]
            amounts = self._certain(self.gain(pair), self.room(pair), int(held[at]))
            yield Remedy(Help.LIFT_RULE, other, one["id"], one["rule"], *amounts)

    def _others(self, pairs: Int64s) -> Int64s:
        """Give the other party of each of the member's pairs."""
        debtor, creditor = self.graph.debtor[pairs], self.graph.creditor[pairs]
        return np.where(debtor == self.member, creditor, debtor)

    def more_cap(self) -> Iterator[Remedy]:
        """Raise the member's cap."""
        graph = self.graph
        if graph.proven and graph.set_off[self.member] >= graph.cap[self.member]:
            through = Ways(graph, self.member + graph.size, np.array([self.member]), 0)
            if gain := int(through.gains[0]):
                amounts = self._certain(gain, through.room(self.member), LARGEST)
                yield Remedy(Help.RAISE_CAP, graph.names[self.member], None, None, *amounts)

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
