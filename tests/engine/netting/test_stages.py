"""What is netted later takes nothing from what is netted first, and gets the most that this has left."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bizoverbiz.netting import InvalidRuleError, NettingError, Obligation, Rules, integers, net, net_columns
from bizoverbiz.netting.stages import Staged, earlier, net_in_stages, remaining

from .networks import TODAY, as_columns, by_pair, canonical, generated, greatest, networks, possible, received

few = settings(deadline=None, max_examples=60)
tiny = networks(firms=3, most=6, ceiling=2)
amounts = st.integers(0, 4)
caps = st.builds(
    Rules,
    pair_cap=st.none() | amounts,
    member_cap=st.none() | amounts,
)
whole_numbers = st.sampled_from([Rules(whole=True), Rules(smallest_set_off=2), Rules(fewest=True)])


def drawn_later(data: st.DataObject, obligations: list[Obligation]) -> list[bool]:
    return data.draw(st.lists(st.booleans(), min_size=len(obligations), max_size=len(obligations)))


def staged(obligations: list[Obligation], later: list[bool], rules: Rules = Rules()) -> Staged:  # noqa: B008
    """`later` is in the obligations' canonical order."""
    columns, members = as_columns(obligations)
    return net_in_stages(columns, members, later=np.array(later, np.bool_), on=TODAY, rules=rules)


def by_id(obligations: list[Obligation], set_off: np.ndarray) -> dict[str, int]:
    return {o.id: int(amount) for o, amount in zip(canonical(obligations), set_off, strict=True)}


def less(obligations: list[Obligation], set_offs: dict[str, int]) -> list[Obligation]:
    return [replace(o, ceiling=o.ceiling - set_offs[o.id]) for o in obligations]


def both(result: Staged) -> tuple[np.ndarray, np.ndarray]:
    assert not isinstance(result.second, NettingError)
    return result.first.set_off, result.second.set_off


@few
@given(tiny, st.data())
def test_the_first_stage_is_what_it_would_be_alone_and_the_second_the_most_of_what_is_left(
    obligations: list[Obligation], data: st.DataObject
) -> None:
    later = drawn_later(data, obligations)
    posted = [o for o, after in zip(canonical(obligations), later, strict=True) if not after]
    first, second = (by_id(obligations, stage) for stage in both(staged(obligations, later)))
    alone = net(posted, on=TODAY)
    assert {o.id: first[o.id] for o in posted} == alone.set_offs
    assert sum(first.values()) == alone.total == greatest(possible(posted))
    assert sum(second.values()) == greatest(possible(less(obligations, first)))
    for stage in (first, second):
        paid = received([replace(o, debtor=o.creditor, creditor=o.debtor) for o in obligations], stage)
        assert received(obligations, stage) == paid


@few
@given(tiny, st.data(), caps)
def test_caps_hold_for_both_stages_together(obligations: list[Obligation], data: st.DataObject, rules: Rules) -> None:
    later = drawn_later(data, obligations)
    first, second = (by_id(obligations, stage) for stage in both(staged(obligations, later, rules)))

    def within(set_offs: dict[str, int]) -> bool:
        pairs = (sum(set_offs[o.id] for o in pair) for pair in by_pair(obligations).values())
        of_members = received(obligations, set_offs).values()
        most = [(rules.pair_cap, pairs), (rules.member_cap, of_members)]
        return all(cap is None or all(amount <= cap for amount in found) for cap, found in most)

    assert within({key: first[key] + second[key] for key in first})
    more = possible(less(obligations, first), lambda rest: within({key: first[key] + rest[key] for key in first}))
    assert sum(second.values()) == greatest(more)


@settings(deadline=None, max_examples=15)
@given(tiny, st.data(), whole_numbers)
def test_rules_about_single_obligations_hold_in_either_stage(
    obligations: list[Obligation], data: st.DataObject, rules: Rules
) -> None:
    later = drawn_later(data, obligations)
    first, second = both(staged(obligations, later, rules))
    columns, members = as_columns(obligations)
    assert (
        first.tolist()
        == net_columns(earlier(columns, np.array(later, np.bool_)), members, on=TODAY, rules=rules).set_off.tolist()
    )
    total = by_id(obligations, first + second)
    for o in obligations:
        assert not rules.whole or total[o.id] in (0, o.ceiling)
        assert total[o.id] == 0 or total[o.id] >= min(rules.smallest_set_off, o.ceiling)


@few
@given(tiny, st.data(), caps)
def test_what_everybody_approves_is_what_was_proposed(
    obligations: list[Obligation], data: st.DataObject, rules: Rules
) -> None:
    columns, members = as_columns(obligations)
    later = np.array(drawn_later(data, obligations), np.bool_)
    proposed = both(net_in_stages(columns, members, later=later, on=TODAY, rules=rules))
    for ceiling in (columns.ceiling, proposed[0] + proposed[1]):
        approved = replace(columns, ceiling=ceiling)
        decided = both(net_in_stages(approved, members, later=later, on=TODAY, rules=rules, proposals=proposed))
        assert [stage.tolist() for stage in decided] == [stage.tolist() for stage in proposed]


def test_a_second_stage_that_cannot_be_netted_leaves_the_first_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    ring = [Obligation("0", "F0", "F1", 5), Obligation("1", "F1", "F0", 3)]
    more = [Obligation("2", "F1", "F2", 1), Obligation("3", "F2", "F0", 1)]
    monkeypatch.setattr(integers, "LARGEST", 2)
    result = staged([*ring, *more], [o in more for o in canonical([*ring, *more])], Rules(fewest=True))
    assert result.first.certificate.total == 6
    assert isinstance(result.second, InvalidRuleError)


def test_stages_of_a_large_network_are_each_proven_and_the_total_is_below_that_of_one_netting() -> None:
    columns, members = as_columns(generated(500, 2500, 1))
    later = np.random.default_rng(1).random(len(columns.ceiling)) < 0.1
    result = net_in_stages(columns, members, later=later, on=TODAY, rules=Rules())
    first, second = both(result)
    assert second.sum() > 0
    left, _ = remaining(columns, members, Rules(), first)
    assert np.all(first + second <= columns.ceiling)
    assert np.all(left.ceiling == columns.ceiling - first)
    together = net_columns(columns, members, on=TODAY).certificate.total
    assert first.sum() + second.sum() <= together
