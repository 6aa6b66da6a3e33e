"""The kernel gives one result, however it is run, from wherever it starts, and by the reference model too."""

from __future__ import annotations

import importlib.util
import random
import shutil
import sys
from fractions import Fraction
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bizoverbiz.netting import ColumnsNetting, Obligation, Rules, flow, model, net, net_columns
from bizoverbiz.netting import kernel as installed
from bizoverbiz.netting.columns import Columns
from bizoverbiz.netting.flow import Arcs, Optimum

from .networks import TODAY, as_columns, generated, networks, random_network

SOURCE = Path(flow.__file__).with_name("kernel.py")
LARGE = 2**62
some = settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
medium = networks(firms=10, most=60, ceiling=10**6)
chances = st.randoms(use_true_random=False)


def loaded_from_source(name: str, patch: pytest.MonkeyPatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, SOURCE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    patch.setitem(sys.modules, name, module)  # where numba looks for what it compiled earlier
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def interpreted() -> ModuleType:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "numba", None)
        module = loaded_from_source("interpreted_kernel", patch)
    assert module.INTERPRETED
    return module


def same(one: ColumnsNetting, other: ColumnsNetting) -> bool:
    return bool(np.array_equal(one.set_off, other.set_off)) and one.certificate == other.certificate


def some_rules(chance: random.Random, columns: Columns, members: list[str]) -> tuple[Rules, np.ndarray | None]:
    cap = chance.choice([None, 10**5, 10**6])
    caps = {name: chance.randint(0, 10**6) for name in members if chance.random() < 0.3}
    near = np.array([chance.randint(0, int(amount)) for amount in columns.ceiling], np.int64)
    return Rules(member_cap=cap, member_caps=caps), near if chance.random() < 0.5 else None


@some
@given(medium, chances)
def test_the_reference_model_gives_the_same_bytes(obligations: list[Obligation], chance: random.Random) -> None:
    columns, members = as_columns(obligations)
    rules, near = some_rules(chance, columns, members)
    kernel, highs = (
        net_columns(columns, members, on=TODAY, rules=rules, proposal=near, backend=backend)
        for backend in ("kernel", "highs")
    )
    assert same(kernel, highs)


@some
@given(medium, chances)
def test_where_it_starts_changes_nothing(obligations: list[Obligation], chance: random.Random) -> None:
    columns, members = as_columns(obligations)
    rules, near = some_rules(chance, columns, members)
    cold = net_columns(columns, members, on=TODAY, rules=rules, proposal=near)
    anywhere = np.array([chance.randint(-9, 9) for _ in members], np.int32)
    changed = [
        Obligation(o.id, o.debtor, o.creditor, chance.randint(0, 10**6) if chance.random() < 0.05 else o.ceiling)
        for o in obligations
    ]
    earlier = net(changed, on=TODAY).certificate.potentials
    before = np.array([earlier.get(name, 0) for name in members], np.int32)
    for start in (anywhere, before):
        warm = net_columns(columns, members, on=TODAY, rules=rules, proposal=near, previous=start)
        assert same(cold, warm)


@pytest.mark.parametrize("searches", [1, 2, 3])
def test_how_often_the_network_is_turned_round_changes_no_total_and_no_proof(
    monkeypatch: pytest.MonkeyPatch, searches: int
) -> None:
    large = [(as_columns(generated(300, 2000, seed)), Rules()) for seed in range(3)]
    rules = Rules(member_cap=10**6, fairness=Fraction(1, 9))
    small = [(as_columns(random_network(seed, 200, 20, 10**6)), rules) for seed in range(10)]
    expected = [net_columns(*network, on=TODAY, rules=rules) for network, rules in large + small]
    monkeypatch.setattr(flow, "_ONE_WAY", searches)
    for (network, rules), result in zip(large + small, expected, strict=True):
        turned = net_columns(*network, on=TODAY, rules=rules)
        assert turned.certificate == result.certificate
        assert turned.fairness == result.fairness


def test_equal_keys_are_numbered_alike(interpreted: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(7)
    drawn = [chance.randint(-(2**63), 2**63 - 1) for _ in range(3000)]
    keys = [chance.choice(drawn) for _ in range(9000)] + [key & ~0xFFFF for key in drawn[:50]]  # as good as one bucket
    order = list(dict.fromkeys(keys))
    for kernel in (installed, interpreted):
        monkeypatch.setattr(flow, "kernel", kernel)
        first, codes = flow.distinct(np.array(keys, np.int64))
        assert [keys[row] for row in first] == order
        assert [order[code] for code in codes] == keys
    first, codes = flow.distinct(np.zeros(0, np.int64))
    assert not len(first)
    assert not len(codes)


@some
@given(medium, chances)
def test_the_interpreted_kernel_gives_the_same_bytes(
    interpreted: ModuleType, obligations: list[Obligation], chance: random.Random
) -> None:
    columns, members = as_columns(obligations)
    rules, near = some_rules(chance, columns, members)
    rules = Rules(
        member_cap=rules.member_cap, member_caps=rules.member_caps, fairness=Fraction(chance.randint(0, 1), 9)
    )
    expected = net_columns(columns, members, on=TODAY, rules=rules, proposal=near)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(flow, "kernel", interpreted)
        assert same(net_columns(columns, members, on=TODAY, rules=rules, proposal=near), expected)


def test_the_kernel_by_numba_gives_the_same_bytes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    numba = pytest.importorskip("numba")
    # not where the package itself would look for what was compiled
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path))
    by_numba = loaded_from_source("kernel_by_numba", monkeypatch)
    assert not by_numba.INTERPRETED
    networks = [as_columns(random_network(seed, 200, 20, 10**6)) for seed in range(5)]
    expected = [net_columns(*network, on=TODAY, rules=Rules(member_cap=10**6)) for network in networks]
    monkeypatch.setattr(flow, "kernel", by_numba)
    for network, result in zip(networks, expected, strict=True):
        assert same(net_columns(*network, on=TODAY, rules=Rules(member_cap=10**6)), result)


@pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler")
def test_where_there_is_a_c_compiler_the_kernel_is_compiled() -> None:
    assert not installed.INTERPRETED
    assert Path(str(installed.__file__)).suffix != ".py"


def greatest_potentials(arcs: Arcs, weight: np.ndarray, found: Optimum) -> list[int]:
    """By relaxation from 0 downwards, written anew: the greatest potentials up to 0 that prove the circulation."""
    potential = [0] * arcs.nodes
    columns = arcs.tail, arcs.head, weight, arcs.low, found.flow, arcs.high
    rows = list(zip(*(column.tolist() for column in columns), strict=True))
    lowered = True
    while lowered:
        lowered = False
        for tail, head, worth, low, amount, high in rows:
            if amount < high and potential[head] > potential[tail] - worth:
                potential[head], lowered = potential[tail] - worth, True
            if amount > low and potential[tail] > potential[head] + worth:
                potential[tail], lowered = potential[head] + worth, True
    return potential


def test_every_optimum_is_proven_by_its_potentials_though_some_firms_are_out_of_reach() -> None:
    for seed in range(3_000):
        chance = random.Random(seed)
        nodes = chance.randint(2, 8)
        tail, head = np.array([chance.sample(range(nodes), 2) for _ in range(chance.randint(1, 40))], np.int32).T
        high = np.array([chance.randint(0, chance.choice([0, 1, 50])) for _ in tail], np.int64)
        arcs = Arcs(nodes, tail, head, np.zeros_like(high), high)
        weight = np.array([chance.choice([-1, 0, 1, 1]) for _ in tail], np.int8)
        found = flow.maximise(arcs, weight)
        worth = flow.worths(arcs, weight, found.potential)
        assert np.all(found.flow[worth > 0] == high[worth > 0]), seed
        assert not np.any(found.flow[worth < 0]), seed
        assert not np.any(arcs.arriving(found.flow)), seed


@some
@given(networks(firms=8, most=40, ceiling=50), chances)
def test_potentials_are_the_greatest_that_prove_the_optimum(
    obligations: list[Obligation], chance: random.Random
) -> None:
    columns, _ = as_columns(obligations)
    capacity = np.array([chance.randint(0, int(c)) for c in columns.ceiling], np.int64)
    arcs = Arcs(columns.members, columns.debtor, columns.creditor, np.zeros_like(capacity), capacity).compact()
    weight = np.array([chance.choice([-1, 0, 1, 1]) for _ in range(len(arcs))], np.int8)
    for solve in (flow.maximise, model.maximise):
        found = solve(arcs, weight)
        assert flow.canonical_potentials(arcs, weight, found).tolist() == greatest_potentials(arcs, weight, found)


@pytest.mark.parametrize(
    "rules", [Rules(), Rules(member_cap=LARGE), Rules(fairness=Fraction(1)), Rules(pair_cap=LARGE)]
)
def test_amounts_that_nearly_fill_64_bits_are_netted_exactly(interpreted: ModuleType, rules: Rules) -> None:
    pair = [Obligation("1", "A", "B", LARGE), Obligation("2", "B", "A", LARGE - 1)]
    ring = [Obligation(f"{i}", f"{i}", f"{(i + 1) % 3}", 2 * LARGE // 3 - i) for i in range(3)]
    for obligations, total in ((pair, 2 * LARGE - 2), (ring, 3 * (2 * LARGE // 3 - 2))):
        for kernel in (installed, interpreted):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(flow, "kernel", kernel)
                assert net(obligations, on=TODAY, rules=rules).total == total


def test_500_generated_firms_have_the_total_of_the_reference_model() -> None:
    for seed in range(2):
        columns, members = as_columns(generated(500, 2500, seed))
        kernel, highs = (net_columns(columns, members, on=TODAY, backend=b) for b in ("kernel", "highs"))
        assert kernel.certificate.total > 0
        assert same(kernel, highs)


@pytest.mark.parametrize("seed", [17297, 37854])
def test_a_deficit_is_not_passed_back_and_forth_for_ever(seed: int) -> None:
    """On these two networks of six firms deficits once went around among firms that no cheapest path had reached."""
    chance = random.Random(seed)
    pairs = [[*chance.sample(range(6), 2), chance.randint(1, 20)] for _ in range(chance.randint(1, 20))]
    obligations = [Obligation(f"{i:02}", f"F{a}", f"F{b}", amount) for i, (a, b, amount) in enumerate(pairs)]
    assert net(obligations, on=TODAY).total == net(obligations, on=TODAY, backend="highs").total
