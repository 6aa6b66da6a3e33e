"""What is told is true: compared with linear programming and with netting the changed network anew."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from scipy.optimize import linprog

from bizoverbiz.explanation import Help, Reason
from bizoverbiz.explanation.graph import Graph
from bizoverbiz.explanation.judging import judge
from bizoverbiz.explanation.remedies import Remedies

from ..verification.writing import Line, solve, write_result
from .networks import CAPPED, RING, graph_of, random_networks

WAYS = (Reason.SAME_TOTAL, Reason.LOWER_TOTAL, Reason.BOTTLENECK)


def most_of_pair(graph: Graph, pair: int, *, total: int | None) -> int:
    """The most one pair can carry in any set-off, or in any of a given total, by linear programming."""
    count = len(graph.debtor)
    balance = np.zeros((graph.size, count))
    for i in range(count):
        balance[graph.debtor[i], i] -= 1
        balance[graph.creditor[i], i] += 1
    right = np.zeros(graph.size)
    if total is not None:
        balance, right = np.vstack([balance, np.ones(count)]), np.append(right, total)
    aim = np.zeros(count)
    aim[pair] = -1
    best = linprog(aim, A_eq=balance, b_eq=right, bounds=[(0, int(c)) for c in graph.ceiling], method="highs")
    assert best.status == 0, best.message
    return round(-best.fun)


@given(random_networks())
@settings(deadline=None, max_examples=40)
def test_a_pair_can_carry_more_at_the_same_total_at_a_lower_one_or_never_as_is_told(lines: list[Line]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        graph = graph_of(write_result(Path(folder), lines))
    total = int(graph.flow.sum())
    for pair in np.flatnonzero(graph.ceiling > graph.flow).tolist():
        debtor, creditor, flow = int(graph.debtor[pair]), int(graph.creditor[pair]), int(graph.flow[pair])
        most, most_at_total = most_of_pair(graph, pair, total=None), most_of_pair(graph, pair, total=total)
        one = np.array([pair])
        for member, receivable in ((debtor, False), (creditor, True)):
            for asker in (None, member):
                ((reason, about),) = judge(graph, one, member, receivable=receivable, asker=asker)
                assert asker is None or about in (None, asker)
                if reason in WAYS:
                    expected = WAYS[0] if most_at_total > flow else WAYS[1] if most > flow else WAYS[2]
                    assert reason is expected
                elif reason in (Reason.NO_LOOP, Reason.NOT_OWED, Reason.OWES_NOTHING):
                    assert most == 0
                elif reason is Reason.RECEIVABLES_USED_UP:
                    assert graph.set_off[about] == sum(
                        most_of_pair(graph, i, total=None) and int(graph.ceiling[i])
                        for i in np.flatnonzero(graph.creditor == about).tolist()
                    )
                else:
                    assert reason is Reason.PAYABLES_USED_UP
                    assert graph.set_off[about] == sum(
                        most_of_pair(graph, i, total=None) and int(graph.ceiling[i])
                        for i in np.flatnonzero(graph.debtor == about).tolist()
                    )


def netted(lines: list[Line]) -> int:
    return sum(solve(lines).set_offs.values())


def more(debtor: str, creditor: str, amount: int) -> Line:
    return Line("more", debtor, creditor, amount)


@given(random_networks(most=20))
@settings(deadline=None, max_examples=25)
def test_every_remedy_brings_at_least_what_is_told(lines: list[Line]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        graph = graph_of(write_result(Path(folder), lines))
    total = int(graph.flow.sum())
    for at, member in enumerate(graph.names):
        rows = np.flatnonzero((graph.network.debtor == at) | (graph.network.creditor == at))
        for remedy in Remedies(graph, at, all_seen=True).all(rows):
            if remedy.total is None or remedy.amount is None:
                assert remedy.help in (Help.CUSTOMERS_JOIN, Help.SUPPLIERS_JOIN)
                continue
            if remedy.help is Help.LIFT_RULE:
                changed = [
                    replace(o, lowered=o.ceiling + remedy.amount) if o.id == remedy.obligation else o for o in lines
                ]
            else:
                assert remedy.member is not None
                owes = remedy.help in (Help.BUY, Help.DECLARE_PAYABLE)
                new = more(member, remedy.member, remedy.amount) if owes else more(remedy.member, member, remedy.amount)
                changed = [*lines, new]
            assert netted(changed) >= total + remedy.total > total


@given(random_networks(most=20))
@settings(deadline=None, max_examples=25)
def test_what_is_not_told_to_help_does_not(lines: list[Line]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        graph = graph_of(write_result(Path(folder), lines))
    total = int(graph.flow.sum())
    for pair in range(len(graph.debtor)):
        debtor, creditor = int(graph.debtor[pair]), int(graph.creditor[pair])
        changed = [*lines, more(graph.names[debtor], graph.names[creditor], 1)]
        grows = netted(changed) - total
        for member in (debtor, creditor):
            assert Remedies(graph, member, all_seen=True).gain(pair) == grows


def test_a_higher_cap_brings_what_is_told(tmp_path: Path) -> None:
    graph = graph_of(write_result(tmp_path / "r", RING, CAPPED))
    (remedy,) = Remedies(graph, 1, all_seen=True).more_cap()
    assert (remedy.help, remedy.member, remedy.amount, remedy.total) == (Help.RAISE_CAP, "B", 40, 120)
    (private,) = Remedies(graph, 1, all_seen=False).more_cap()
    assert (private.amount, private.total) == (None, None)


@pytest.mark.parametrize("member", [0, 2])
def test_without_a_cap_there_is_none_to_raise(tmp_path: Path, member: int) -> None:
    graph = graph_of(write_result(tmp_path / "r", RING, CAPPED))
    assert not list(Remedies(graph, member, all_seen=True).more_cap())
