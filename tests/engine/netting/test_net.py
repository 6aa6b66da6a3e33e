"""What netting gives, compared with brute force and with an independent minimum cost flow."""

import random
from datetime import date
from itertools import product

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bizoverbiz.netting import Age, InvalidObligationError, Obligation, net, verify

TODAY = date(2026, 11, 22)
DUE = [None, date(2026, 12, 15), date(2026, 11, 10), date(2026, 10, 10), date(2026, 9, 1), date(2026, 1, 1)]


@st.composite
def networks(draw: st.DrawFn, firms: int, most: int, ceiling: int) -> list[Obligation]:
    pairs = st.permutations(range(firms)).map(lambda order: order[:2])
    lines = draw(st.lists(st.tuples(pairs, st.integers(0, ceiling), st.sampled_from(DUE)), max_size=most))
    return [Obligation(f"{i:03}", f"F{a}", f"F{b}", amount, due) for i, ((a, b), amount, due) in enumerate(lines)]


def balances(obligations: list[Obligation], set_offs: dict[str, int]) -> dict[str, int]:
    net_of: dict[str, int] = {}
    for o in obligations:
        net_of[o.creditor] = net_of.get(o.creditor, 0) + set_offs[o.id]
        net_of[o.debtor] = net_of.get(o.debtor, 0) - set_offs[o.id]
    return net_of


def feasible(obligations: list[Obligation]):
    for amounts in product(*(range(o.ceiling + 1) for o in obligations)):
        set_offs = {o.id: amount for o, amount in zip(obligations, amounts, strict=True)}
        if not any(balances(obligations, set_offs).values()):
            yield set_offs


def value(obligations: list[Obligation], set_offs: dict[str, int], proposal: dict[str, int]) -> tuple[int, ...]:
    """The objectives in their order, written anew: total, nearness per pair and bucket, value by age."""
    gaps: dict[tuple, int] = {}
    ages = dict.fromkeys(Age, 0)
    for o in obligations:
        age = Age.of(o.due_date, TODAY)
        key = (o.debtor, o.creditor, age)
        gaps[key] = gaps.get(key, 0) + set_offs[o.id] - min(proposal.get(o.id, 0), o.ceiling)
        ages[age] += set_offs[o.id]
    near = -sum(map(abs, gaps.values())) if proposal else 0
    return (sum(set_offs.values()), near, *ages.values())


@given(networks(firms=3, most=6, ceiling=3), st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=150)
def test_every_objective_equals_brute_force(obligations: list[Obligation], chance: random.Random) -> None:
    proposal = {o.id: chance.randint(0, o.ceiling + 1) for o in obligations}
    for near in ({}, proposal):
        best = max(value(obligations, set_offs, near) for set_offs in feasible(obligations))
        result = net(obligations, on=TODAY, proposal=near or None)
        assert value(obligations, dict(result.set_offs), near) == best


@given(networks(firms=12, most=60, ceiling=10**9))
@settings(deadline=None, max_examples=60)
def test_the_total_equals_an_independent_minimum_cost_flow(obligations: list[Obligation]) -> None:
    graph = nx.MultiDiGraph()
    for o in obligations:
        graph.add_edge(o.debtor, o.creditor, capacity=o.ceiling, weight=-1)
    best = -nx.min_cost_flow_cost(nx.DiGraph(_merged(graph))) if obligations else 0
    assert net(obligations, on=TODAY).total == best


def _merged(graph: nx.MultiDiGraph) -> nx.DiGraph:
    merged = nx.DiGraph()
    for a, b, data in graph.edges(data=True):
        capacity = merged.get_edge_data(a, b, {"capacity": 0})["capacity"] + data["capacity"]
        merged.add_edge(a, b, capacity=capacity, weight=-1)
    return merged


@given(networks(firms=8, most=40, ceiling=10**6), st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=60)
def test_the_order_of_rows_changes_nothing(obligations: list[Obligation], chance: random.Random) -> None:
    expected = net(obligations, on=TODAY)
    shuffled = obligations[:]
    chance.shuffle(shuffled)
    again = net(shuffled, on=TODAY)
    assert again.set_offs == expected.set_offs
    assert again.certificate.to_json() == expected.certificate.to_json()


@given(networks(firms=6, most=40, ceiling=1000), st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=60)
def test_a_decision_on_lowered_ceilings_stays_within_them_and_verifies(
    obligations: list[Obligation], chance: random.Random
) -> None:
    proposal = net(obligations, on=TODAY)
    approved = [
        Obligation(o.id, o.debtor, o.creditor, chance.choice([o.ceiling, o.ceiling // 2, 0]), o.due_date)
        for o in obligations
    ]
    decision = net(approved, on=TODAY, proposal=proposal.set_offs)
    verify(approved, decision.set_offs, decision.certificate)
    assert decision.total <= proposal.total


@given(networks(firms=4, most=30, ceiling=50))
@settings(deadline=None, max_examples=60)
def test_at_most_one_obligation_of_a_pair_and_age_is_cleared_in_part(obligations: list[Obligation]) -> None:
    set_offs = net(obligations, on=TODAY).set_offs
    partial = [(o.debtor, o.creditor, Age.of(o.due_date, TODAY)) for o in obligations if 0 < set_offs[o.id] < o.ceiling]
    assert len(partial) == len(set(partial))


def test_a_loop_is_set_off_up_to_its_smallest_obligation() -> None:
    loop = [Obligation("1", "A", "B", 100), Obligation("2", "B", "C", 80), Obligation("3", "C", "A", 90)]
    result = net(loop, on=TODAY)
    assert result.set_offs == {"1": 80, "2": 80, "3": 80}
    assert result.total == 240


def test_a_chain_sets_nothing_off() -> None:
    assert net([Obligation("1", "A", "B", 9), Obligation("2", "B", "C", 9)], on=TODAY).total == 0


def test_nothing_in_gives_nothing_out() -> None:
    assert net([], on=TODAY).total == 0


def test_the_oldest_debt_of_equals_goes_first() -> None:
    back = Obligation("0", "B", "A", 10)
    fresh = Obligation("1", "A", "B", 10, date(2026, 12, 31))
    late = Obligation("2", "A", "B", 10, date(2026, 8, 1))
    assert net([back, fresh, late], on=TODAY).set_offs == {"0": 10, "1": 0, "2": 10}


@pytest.mark.parametrize("way", ["X", "Y"])
def test_of_two_equal_ways_the_decision_takes_the_proposed_one(way: str) -> None:
    obligations = [Obligation("ba", "B", "A", 10)]
    for middle in ("X", "Y"):
        obligations += [Obligation(f"a{middle}", "A", middle, 10), Obligation(f"{middle}b", middle, "B", 10)]
    proposal = {"ba": 10, f"a{way}": 10, f"{way}b": 10}
    decision = net(obligations, on=TODAY, proposal=proposal)
    assert {i: amount for i, amount in decision.set_offs.items() if amount} == proposal


@pytest.mark.parametrize(
    ("days_late", "age"),
    [
        (-1, Age.NOT_YET_DUE),
        (0, Age.NOT_YET_DUE),
        (1, Age.DAYS_1_TO_30),
        (30, Age.DAYS_1_TO_30),
        (31, Age.DAYS_31_TO_60),
        (61, Age.DAYS_61_TO_90),
        (90, Age.DAYS_61_TO_90),
        (91, Age.OVER_90_DAYS),
        (4000, Age.OVER_90_DAYS),
    ],
)
def test_the_age_bucket_of_a_number_of_days_late(days_late: int, age: Age) -> None:
    assert Age.of(date.fromordinal(TODAY.toordinal() - days_late), TODAY) is age


@pytest.mark.parametrize(
    ("obligations", "words"),
    [
        ([Obligation("x", "A", "B", 1), Obligation("x", "B", "A", 1)], "'x' stands twice"),
        ([Obligation("x", "A", "A", 1)], "'x': 'A' cannot owe itself"),
        ([Obligation("x", "A", "B", -1)], "'x': ceiling -1"),
        ([Obligation("x", "A", "B", 1.5)], "'x': ceiling 1.5"),  # type: ignore[arg-type]
        ([Obligation("x", "A", "B", True)], "'x': ceiling True"),
        ([Obligation("x", "A", "B", 2**63)], "ceiling 9223372036854775808"),
    ],
)
def test_bad_obligations_are_refused_by_name(obligations: list[Obligation], words: str) -> None:
    with pytest.raises(InvalidObligationError, match=words):
        net(obligations, on=TODAY)
