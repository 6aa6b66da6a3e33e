"""Previews: rough, once a day, and nobody's but one's own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bizoverbiz.rounds.options import set_network_options
from bizoverbiz.rounds.previewing import roughly
from bizoverbiz.store.database import WORKER

from .client import Member
from .conftest import SIRENS, Network

BIG = 1_234_567


@pytest.fixture
def trio(network: Network) -> tuple[Member, Member, Member]:
    with network.store.transaction(WORKER) as tx:
        set_network_options(tx, ["preview.members=3"])
    a, b, c = (network.member(siren) for siren in SIRENS[:3])
    declare(a, b, c, BIG)
    return a, b, c


def declare(a: Member, b: Member, c: Member, amount: int) -> None:
    for creditor, debtor, other in ((a, c, b), (b, a, c), (c, b, a)):
        number = f"{creditor.identifier}-1"
        creditor.declare(
            creditor.line("receivable", debtor, number, amount),
            creditor.line("payable", other, f"{other.identifier}-1", amount),
        )


def seen(member: Member) -> list[tuple[str, int, str]]:
    return [(one["currency"], one["set_off"], one["computed_at"]) for one in member.get("/v1/preview")["preview"]]


def test_a_preview_is_rough_and_computed_by_the_worker(network: Network, trio: tuple[Member, Member, Member]) -> None:
    assert [seen(member) for member in trio] == [[], [], []], "not before the worker has computed one"
    assert network.work()
    assert [seen(member) for member in trio] == [[("EUR", 1_200_000, "2026-11-22T09:00:00Z")]] * 3


def test_a_new_one_is_there_after_a_day_and_not_before(network: Network, trio: tuple[Member, Member, Member]) -> None:
    network.work()
    declare(*trio, 5 * BIG)
    network.clock.advance(hours=23, minutes=59)
    network.work()
    assert seen(trio[0]) == [("EUR", 1_200_000, "2026-11-22T09:00:00Z")]
    network.clock.advance(minutes=1)
    network.work()
    assert seen(trio[0]) == [("EUR", 6_100_000, "2026-11-23T09:00:00Z")]


def test_with_few_members_there_is_none(network: Network, trio: tuple[Member, Member, Member]) -> None:
    with network.store.transaction(WORKER) as tx:
        set_network_options(tx, ["preview.members=4"])
    network.work()
    assert seen(trio[0]) == []


@given(st.integers(0, 2**62), st.integers(0, 2**62))
def test_what_is_told_has_two_digits_and_follows_the_amount(one: int, other: int) -> None:
    told = roughly(one)
    assert told <= one < max(10_000, told + 10 ** (len(str(one)) - 2) + 1)
    assert len(str(told).rstrip("0")) <= 2
    assert roughly(min(one, other)) <= roughly(max(one, other))
