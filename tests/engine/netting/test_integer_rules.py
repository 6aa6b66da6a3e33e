"""Rules with integer variables on networks where enumeration is out of reach, and searches that end early."""

import re
from fractions import Fraction

import numpy as np
import pytest

from bizoverbiz.netting import InvalidRuleError, Obligation, Rules, SolverError, net, net_columns
from bizoverbiz.netting import integers as integers_module

from .networks import TODAY, as_columns, canonical, generated, in_order, random_network


@pytest.mark.parametrize(("obligations", "largest"), [(120, 10**6), (60, 10**9)])
def test_a_search_that_its_node_limit_ends_gives_what_it_found_with_bound_and_twice_the_same(
    obligations: int, largest: int
) -> None:
    columns, members = as_columns(random_network(0, obligations=obligations, firms=8, largest=largest))
    rules = Rules(whole=True, nodes=20)
    result, again = (net_columns(columns, members, on=TODAY, rules=rules) for _ in range(2))
    total = result.certificate.total
    assert total < result.solver_bound <= result.bound
    assert not result.optimal
    assert set(np.unique(result.set_off[result.set_off > 0] == columns.ceiling[result.set_off > 0])) <= {True}
    assert np.array_equal(result.set_off, again.set_off)
    assert (total, result.solver_bound) == (again.certificate.total, again.solver_bound)


@pytest.mark.parametrize("seed", range(3))
def test_whole_loops_hidden_among_120_obligations_are_all_found(seed: int) -> None:
    chance = np.random.default_rng(seed)
    obligations = []
    for i in range(40):
        loop, amount = chance.permutation(8)[:3], int(chance.integers(1, 10**6))
        obligations += [Obligation(f"{i:02}{j}", f"F{loop[j]}", f"F{loop[j - 2]}", amount) for j in range(3)]
    result = net(obligations, on=TODAY, rules=Rules(whole=True))
    assert result.total == sum(o.ceiling for o in obligations)


@pytest.mark.parametrize("largest", [100, 10**6, 10**9, 10**12])
def test_the_fewest_of_120_obligations_cost_the_total_nothing_however_large_the_amounts(largest: int) -> None:
    for seed in range(3):
        obligations = random_network(seed, obligations=120, firms=8, largest=largest)
        free, fewest = net(obligations, on=TODAY), net(obligations, on=TODAY, rules=Rules(fewest=True))
        assert fewest.total == free.total
        assert in_order(obligations, fewest.set_offs)
        assert sum(map(bool, fewest.set_offs.values())) <= sum(map(bool, free.set_offs.values()))


@pytest.mark.parametrize("seed", range(3))
def test_the_optimum_is_the_same_in_a_unit_a_thousand_million_times_smaller(seed: int) -> None:
    small = random_network(seed, obligations=120, firms=8, largest=1000)
    large = [Obligation(o.id, o.debtor, o.creditor, o.ceiling * 10**9, o.due_date) for o in small]
    few = net(small, on=TODAY, rules=Rules(smallest_set_off=300)).total
    many = net(large, on=TODAY, rules=Rules(smallest_set_off=300 * 10**9)).total
    assert many == few * 10**9


def test_a_proven_optimum_says_so_and_keeps_the_order_of_imputation() -> None:
    obligations = random_network(1, obligations=120, firms=8, largest=10**6)
    columns, members = as_columns(obligations)
    result = net_columns(columns, members, on=TODAY, rules=Rules(smallest_set_off=300_000))
    assert result.optimal
    assert result.certificate.total == result.solver_bound <= result.bound
    assert result.set_off[result.set_off > 0].min() >= 300_000
    rows = canonical(obligations)
    set_offs = dict(zip((o.id for o in rows), result.set_off.tolist(), strict=True))
    assert in_order([o for o in rows if o.ceiling >= 300_000], set_offs)


def test_a_gap_ends_the_search_within_it() -> None:
    columns, members = as_columns(generated(100, 500, 1))
    result = net_columns(columns, members, on=TODAY, rules=Rules(smallest_set_off=100_000, gap=0.2))
    assert result.certificate.total >= 0.8 * result.solver_bound


def test_rules_that_exclude_each_other_are_refused_and_not_answered_with_nothing() -> None:
    uneven = [Obligation("1", "A", "B", 10), Obligation("2", "B", "A", 7)]
    assert net(uneven, on=TODAY, rules=Rules(whole=True)).total == 0
    with pytest.raises(SolverError, match="no choice of obligations keeps all rules together"):
        net(uneven, on=TODAY, rules=Rules(whole=True, fairness=Fraction(1, 2)))


def test_where_nothing_lies_on_a_loop_nothing_is_chosen() -> None:
    chain = [Obligation("1", "A", "B", 10), Obligation("2", "B", "C", 7)]
    for rules in (Rules(whole=True), Rules(fewest=True), Rules(smallest_set_off=5)):
        assert net(chain, on=TODAY, rules=rules).total == 0
        assert net([], on=TODAY, rules=rules).total == 0


def test_a_network_too_large_for_integer_rules_is_refused_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(integers_module, "LARGEST", 1)
    loop = [Obligation("1", "A", "B", 10), Obligation("2", "B", "A", 7)]
    with pytest.raises(InvalidRuleError, match=re.escape("2 obligations on loops are too many")):
        net(loop, on=TODAY, rules=Rules(whole=True))
    monkeypatch.undo()
    huge = [Obligation("1", "A", "B", 2**53), Obligation("2", "B", "A", 2**53)]
    with pytest.raises(InvalidRuleError, match="need ceilings of 9007199254740991 together at most"):
        net(huge, on=TODAY, rules=Rules(whole=True))
