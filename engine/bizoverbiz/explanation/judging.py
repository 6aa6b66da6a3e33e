"""Why pairs with room left were not set off further."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from bizoverbiz.explanation.graph import Flags, Graph, reach_otherwise
from bizoverbiz.explanation.reasons import Reason
from bizoverbiz.verification.rows import Int64s

#: A reason, and the number of the member it is about, if it is about one.
Verdict: TypeAlias = tuple[Reason, int | None]


def judge(graph: Graph, pairs: Int64s, member: int, *, receivable: bool, asker: int | None) -> Sequence[Verdict]:
    """Give the first reason that holds for each pair, all of one member on one side, each below its ceiling.

    Args:
        graph: the currency.
        pairs: numbers of pairs, with a ceiling above 0.
        member: who owes all of them, or is owed all of them.
        receivable: whether the member is owed.
        asker: who may be told nothing of others' affairs; None may be told all.
    """
    known = _Known(graph, asker)
    verdicts: dict[int, Verdict] = {}
    for pair in pairs.tolist():
        verdict = known.verdict(pair)
        if verdict is not None:
            verdicts[pair] = verdict
    rest = pairs[[pair not in verdicts for pair in pairs.tolist()]] if len(pairs) else pairs
    verdicts |= {pair: (reason, None) for pair, reason in _judge_ways(graph, rest, member, receivable).items()}
    return [verdicts[pair] for pair in pairs.tolist()]


class _Known:
    """What can be said of a pair from the pairs beside it."""

    def __init__(self, graph: Graph, asker: int | None) -> None:
        self.graph, self.asker = graph, asker
        some, room = graph.ceiling > 0, graph.ceiling > graph.flow
        self.owed = _any(graph.creditor[some], graph.size)
        self.owes = _any(graph.debtor[some], graph.size)
        looped_room = graph.looped & room
        self.received_up = ~_any(graph.creditor[looped_room], graph.size)
        self.paid_up = ~_any(graph.debtor[looped_room], graph.size)
        self.capped = graph.set_off >= graph.cap

    def _may_know(self, member: int) -> bool:
        return self.asker is None or self.asker == member

    def verdict(self, pair: int) -> Verdict | None:
        """Give a reason that lies with the debtor or the creditor, None where none does."""
        debtor, creditor = int(self.graph.debtor[pair]), int(self.graph.creditor[pair])
        looped = bool(self.graph.looped[pair])
        here = (
            (Reason.NOT_OWED, debtor, not looped and not self.owed[debtor]),
            (Reason.OWES_NOTHING, creditor, not looped and not self.owes[creditor]),
            (Reason.CAP, debtor, looped and self.capped[debtor]),
            (Reason.CAP, creditor, looped and self.capped[creditor]),
            (Reason.RECEIVABLES_USED_UP, debtor, looped and self.received_up[debtor]),
            (Reason.PAYABLES_USED_UP, creditor, looped and self.paid_up[creditor]),
        )
        for reason, member, holds in here:
            if holds and self._may_know(member):
                return reason, member
        return None if looped else (Reason.NO_LOOP, None)


def _judge_ways(graph: Graph, pairs: Int64s, member: int, receivable: bool) -> dict[int, Reason]:
    """Tell whether a pair could be set off further instead of others, all pairs being looped."""
    if not len(pairs):
        return {}
    if not graph.proven:
        return dict.fromkeys(pairs.tolist(), Reason.UNDECIDED)
    steps, nodes = graph.steps, 2 * graph.size
    if receivable:
        steps, starts, goal = steps.reversed(), graph.debtor[pairs] + graph.size, member
    else:
        starts, goal = graph.creditor[pairs], member + graph.size
    debtor, creditor = graph.debtor[pairs] + graph.size, graph.creditor[pairs]
    tight = graph.price[creditor] - graph.price[debtor] == 1
    same = tight & reach_otherwise(steps.only(steps.length == 0), starts, goal, nodes)
    some = same | reach_otherwise(steps, starts, goal, nodes)
    return {
        pair: Reason.SAME_TOTAL if is_same else Reason.LOWER_TOTAL if is_some else Reason.BOTTLENECK
        for pair, is_same, is_some in zip(pairs.tolist(), same, some, strict=True)
    }


def _any(members: Int64s, size: int) -> Flags:
    flags = np.zeros(size, np.bool_)
    flags[members] = True
    return flags
