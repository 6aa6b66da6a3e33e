"""Each rule, and rules together, against all set-offs that a small network allows."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bizoverbiz.netting import InvalidRuleError, Obligation, Rules, net, net_columns
from bizoverbiz.netting.rules import Rule

from .networks import TODAY, SetOffs, as_columns, by_pair, canonical, greatest, in_order, networks, possible, received

tiny = networks(firms=3, most=6, ceiling=3)
few = settings(deadline=None, max_examples=40)
amounts = st.integers(0, 6)


def within(obligations: list[Obligation], caps: dict[str, int], set_offs: SetOffs) -> bool:
    return all(amount <= caps.get(name, amount) for name, amount in received(obligations, set_offs).items())


def within_pairs(obligations: list[Obligation], cap: int, set_offs: SetOffs) -> bool:
    return all(sum(set_offs[o.id] for o in pair) <= cap for pair in by_pair(obligations).values())


def large_enough(obligations: list[Obligation], least: int, set_offs: SetOffs) -> bool:
    """Nothing smaller than `least` is set off, and what could be keeps the order of imputation."""
    large = [o for o in obligations if o.ceiling >= least]
    return all(not amount or amount >= least for amount in set_offs.values()) and in_order(large, set_offs)


@few
@given(tiny, amounts, st.dictionaries(st.sampled_from(["F0", "F1", "F2"]), amounts))
def test_no_member_sets_off_more_than_its_cap_and_the_total_is_the_greatest_of_those(
    obligations: list[Obligation], cap: int, single: dict[str, int]
) -> None:
    members = {name for o in obligations for name in (o.debtor, o.creditor)}
    single = {name: amount for name, amount in single.items() if name in members}
    for rules, caps in (
        (Rules(member_cap=cap), dict.fromkeys(members, cap)),
        (Rules(member_caps=single), single),
        (Rules(member_cap=cap, member_caps=single), dict.fromkeys(members, cap) | single),
    ):
        result = net(obligations, on=TODAY, rules=rules)
        assert within(obligations, caps, result.set_offs)
        assert result.total == greatest(possible(obligations, lambda s, caps=caps: within(obligations, caps, s)))


@few
@given(tiny, amounts)
def test_a_pair_cap_bounds_what_one_member_clears_of_anothers(obligations: list[Obligation], cap: int) -> None:
    result = net(obligations, on=TODAY, rules=Rules(pair_cap=cap))
    assert within_pairs(obligations, cap, result.set_offs)
    assert result.total == greatest(possible(obligations, lambda s: within_pairs(obligations, cap, s)))


@few
@given(tiny, st.integers(0, 4))
def test_obligations_below_the_smallest_are_left_out(obligations: list[Obligation], least: int) -> None:
    left = [o for o in obligations if o.ceiling >= least]
    result = net(obligations, on=TODAY, rules=Rules(smallest_obligation=least))
    assert {i: amount for i, amount in result.set_offs.items() if i in {o.id for o in left}} == net(
        left, on=TODAY
    ).set_offs
    assert not any(result.set_offs[o.id] for o in obligations if o.ceiling < least)


@few
@given(tiny, st.sampled_from([0, 22, 23, 24]))
def test_what_is_due_beyond_the_horizon_is_left_out_and_what_has_no_date_is_not(
    obligations: list[Obligation], days: int
) -> None:
    last = TODAY + timedelta(days)
    left = [o for o in obligations if o.due_date is None or o.due_date <= last]
    result = net(obligations, on=TODAY, rules=Rules(horizon=days))
    assert result.total == net(left, on=TODAY).total
    assert not any(result.set_offs[o.id] for o in obligations if o not in left)


@few
@given(tiny)
def test_whole_obligations_are_set_off_wholly_or_not_at_all(obligations: list[Obligation]) -> None:
    result = net(obligations, on=TODAY, rules=Rules(whole=True))

    def whole(set_offs: SetOffs) -> bool:
        return all(set_offs[o.id] in (0, o.ceiling) for o in obligations)

    assert whole(result.set_offs)
    assert result.total == greatest(possible(obligations, whole))


@few
@given(tiny, st.integers(2, 3), st.one_of(st.none(), amounts))
def test_no_set_off_is_below_the_smallest_and_the_older_obligation_of_a_pair_comes_first(
    obligations: list[Obligation], least: int, pair_cap: int | None
) -> None:
    cap = 99 if pair_cap is None else pair_cap

    def allowed(set_offs: SetOffs) -> bool:
        return large_enough(obligations, least, set_offs) and within_pairs(obligations, cap, set_offs)

    result = net(obligations, on=TODAY, rules=Rules(smallest_set_off=least, pair_cap=pair_cap))
    assert allowed(result.set_offs)
    assert result.total == greatest(possible(obligations, allowed))


def touched(set_offs: SetOffs) -> int:
    return sum(amount > 0 for amount in set_offs.values())


@few
@given(tiny, st.booleans(), amounts)
def test_the_fewest_obligations_are_touched_of_all_ways_to_the_greatest_total(
    obligations: list[Obligation], capped: bool, cap: int
) -> None:
    members = {name for o in obligations for name in (o.debtor, o.creditor)}
    caps = dict.fromkeys(members, cap) if capped else {}
    result = net(obligations, on=TODAY, rules=Rules(fewest=True, member_cap=cap if capped else None))
    choices = possible(obligations, lambda s: within(obligations, caps, s))
    assert result.total == greatest(choices)
    best = [s for s in choices if sum(s.values()) == result.total and in_order(positive(obligations), s)]
    assert result.set_offs in best
    assert touched(result.set_offs) == min(map(touched, best))


def positive(obligations: list[Obligation]) -> list[Obligation]:
    return [o for o in obligations if o.ceiling]


@few
@given(tiny, st.integers(2, 3))
def test_the_fewest_are_touched_under_a_smallest_set_off_too(obligations: list[Obligation], least: int) -> None:
    result = net(obligations, on=TODAY, rules=Rules(fewest=True, smallest_set_off=least))
    choices = possible(obligations, lambda s: large_enough(obligations, least, s))
    assert result.total == greatest(choices)
    assert touched(result.set_offs) == min(touched(s) for s in choices if sum(s.values()) == result.total)


@few
@given(tiny, st.fractions(0, 1, max_denominator=10), st.booleans(), st.integers(1, 6))
def test_each_gets_its_share_of_what_it_could_clear_alone_or_the_largest_share_that_all_can_have(
    obligations: list[Obligation], wanted: Fraction, capped: bool, cap: int
) -> None:
    columns, members = as_columns(obligations)
    caps = dict.fromkeys(members, cap) if capped else {}
    choices = [(s, received(obligations, s)) for s in possible(obligations, lambda s: within(obligations, caps, s))]
    alone = {name: max(got[name] for _, got in choices) for name in members}

    def share(got: dict[str, int]) -> Fraction:
        return min((Fraction(got[name], alone[name]) for name in members if alone[name]), default=Fraction(1))

    largest = max(share(got) for _, got in choices)
    kept = wanted if wanted <= largest else Fraction(int(largest * 10**6), 10**6)
    rules = Rules(fairness=wanted, member_cap=cap if capped else None)
    result = net_columns(columns, members, on=TODAY, rules=rules)
    assert result.fairness == kept
    set_offs = {o.id: int(amount) for o, amount in zip(canonical(obligations), result.set_off, strict=True)}
    assert share(received(obligations, set_offs)) >= kept
    assert result.certificate.total == greatest(s for s, got in choices if share(got) >= kept)
    assert result.optimal


@pytest.mark.parametrize(("loops", "kept"), [(2, Fraction(1, 2)), (3, Fraction(333_333, 10**6))])
def test_loops_through_one_bottleneck_share_it_as_evenly_as_can_be(loops: int, kept: Fraction) -> None:
    narrow = 3 * 10**6
    obligations = [Obligation("narrow", "X", "Y", narrow)]
    for i in range(loops):
        obligations += [Obligation(f"y{i}", "Y", f"M{i}", narrow), Obligation(f"x{i}", f"M{i}", "X", narrow)]
    columns, members = as_columns(obligations)
    result = net_columns(columns, members, on=TODAY, rules=Rules(fairness=Fraction(4, 5)))
    assert result.fairness == kept
    assert result.certificate.total == 3 * narrow
    assert result.certificate.floors == dict.fromkeys((f"M{i}" for i in range(loops)), int(kept * narrow)) | {
        "X": int(kept * narrow),
        "Y": int(kept * narrow),
    }
    set_offs = dict(zip((o.id for o in canonical(obligations)), result.set_off.tolist(), strict=True))
    assert all(set_offs[f"y{i}"] >= kept * narrow for i in range(loops))


def test_the_rule_that_lowered_a_ceiling_is_told() -> None:
    obligations = [
        Obligation("free", "A", "B", 50),
        Obligation("capped", "B", "A", 99, date(2026, 1, 1)),
        Obligation("behind", "B", "A", 99),
        Obligation("small", "C", "A", 4),
        Obligation("late", "A", "C", 50, date(2027, 6, 1)),
        Obligation("thin", "C", "B", 9),
    ]
    columns, members = as_columns(obligations)
    rules = Rules(smallest_obligation=5, horizon=30, pair_cap=60, smallest_set_off=10)
    result = net_columns(columns, members, on=TODAY, rules=rules)
    told = {
        o.id: (Rule(r), int(c)) for o, r, c in zip(canonical(obligations), result.reason, result.ceiling, strict=True)
    }
    assert told == {
        "free": (Rule.NONE, 50),
        "capped": (Rule.PAIR_CAP, 60),
        "behind": (Rule.PAIR_CAP, 0),
        "small": (Rule.SMALLEST_OBLIGATION, 0),
        "late": (Rule.HORIZON, 0),
        "thin": (Rule.SMALLEST_SET_OFF, 0),
    }
    assert Counter(Rule(r).label for r in result.reason)["pair-cap"] == 2


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"member_cap": -1}, "member cap: -1"),
        ({"pair_cap": 2**63}, "pair cap: 9223372036854775808"),
        ({"member_caps": {"A": -5}}, "cap of member 'A': -5"),
        ({"horizon": -1}, "horizon: -1"),
        ({"fairness": Fraction(3, 2)}, "fairness: 3/2"),
        ({"nodes": 0}, "nodes 0"),
        ({"gap": 1.0}, "gap 1.0"),
    ],
)
def test_a_rule_that_means_nothing_is_refused_by_name(rule: dict[str, object], words: str) -> None:
    with pytest.raises(InvalidRuleError, match=words):
        replace(Rules(), **rule)


def test_a_cap_for_somebody_unknown_is_refused_by_name() -> None:
    with pytest.raises(InvalidRuleError, match="'Z', who has no obligation"):
        net([Obligation("1", "A", "B", 1)], on=TODAY, rules=Rules(member_caps={"Z": 1}))
