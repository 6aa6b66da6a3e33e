"""A reversal opens again what was set off, if everybody on it approves, or nothing happens."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bizoverbiz.errors import IllegalStepError, NotFoundError
from bizoverbiz.netting.circulation import smallest_circulation
from bizoverbiz.notices import Payload, verify_notice
from bizoverbiz.rounds.reversing import propose_reversal
from bizoverbiz.store.database import WORKER

from .client import Member
from .conftest import AMOUNT, Network, Ring, declare_ring
from .operating import acknowledge, open_round, propose, report, round_state, verify


@pytest.fixture
def decided(network: Network, ring: Ring) -> int:
    number = propose(network)
    for member in ring:
        member.approve(member.statement())
    assert network.work()
    return number


def reverse(network: Network, number: int, *lines: str) -> int:
    with network.store.transaction(WORKER) as tx:
        return propose_reversal(tx, number, lines=[UUID(line) for line in lines], now=network.clock())


def newest(network: Network, member: Member) -> Payload:
    keys = network.http.get("/v1/keys").json()
    return verify_notice(member.get("/v1/notices")["notices"][-1]["jws"], keys)


def lines(statement: dict[str, Any]) -> dict[str, tuple[int, int]]:
    return {line["number"]: (line["ceiling"], line["proposed"]) for line in statement["lines"]}


def line_id(member: Member, number: str) -> str:
    return str(next(line["id"] for line in member.statement()["lines"] if line["number"] == number))


def test_a_whole_round_is_reversed_when_everybody_approves(network: Network, ring: Ring, decided: int) -> None:
    number = reverse(network, decided)
    statement = ring[0].statement()
    assert (statement["kind"], statement["round"], statement["receivable"]) == ("reversal", number, AMOUNT + 300)
    for member in ring:
        assert member.approve(member.statement()).status_code == 200
    assert network.work()
    assert round_state(network, number) == "decided"
    for member, total in zip(ring, (1300, 1300, 1000), strict=True):
        notice = newest(network, member)
        assert (notice.kind, notice.number, notice.total) == ("reversal", 2, total)
        assert {line.reverses for line in notice.lines} == {1}
        assert all((line.amount_open, line.remaining) == (0, line.set_off) for line in notice.lines)
    verify(network, number)
    verify(network, decided)
    text = ring[0].call("GET", "/v1/notices/2.txt?language=fr").text
    assert "AVIS D’ANNULATION DE COMPENSATION" in text
    assert "éteintes" not in text, "nothing was extinguished"
    for member in ring:
        acknowledge(network, member)
    network.work()
    assert (round_state(network, decided), round_state(network, number)) == ("closed", "closed")


@pytest.mark.parametrize("contained", [0, 2])
def test_what_was_reversed_is_open_again_for_exactly_the_amount(
    network: Network, ring: Ring, decided: int, contained: int
) -> None:
    """The books contain neither notice, or both."""
    reverse(network, decided)
    for member in ring:
        member.approve(member.statement())
    assert network.work()
    declare_ring(*ring, last_notice=contained)
    assert report(network, propose(network))["currencies"][0]["proposed"] == 3 * AMOUNT + 600


def test_the_books_that_contain_the_first_notice_only_are_told_the_reversal(
    network: Network, ring: Ring, decided: int
) -> None:
    a, b, _ = ring
    reverse(network, decided)
    for member in ring:
        member.approve(member.statement())
    assert network.work()
    a.declare(a.line("payable", b, "B-1", AMOUNT, amount_open=0), last_notice=1)
    b.declare(b.line("receivable", a, "B-1", AMOUNT, amount_open=0), last_notice=1)
    network.work()
    (line,) = a.get("/v1/declarations")["lines"]
    assert (line["state"], line["matched_amount"]) == ("matched", AMOUNT)


def test_one_refusal_and_nothing_happens(network: Network, ring: Ring, decided: int) -> None:
    a, b, c = ring
    number = reverse(network, decided)
    for member in (a, b):
        member.approve(member.statement())
    c.refuse(c.statement())
    assert network.work()
    assert round_state(network, number) == "abandoned"
    assert [len(member.get("/v1/notices")["notices"]) for member in ring] == [1, 1, 1]
    assert a.statement()["state"] == "abandoned"
    verify(network, number)


def test_less_than_all_of_it_is_a_refusal_and_so_is_silence(network: Network, ring: Ring, decided: int) -> None:
    a, b, c = ring
    number = reverse(network, decided)
    for member in (a, b):
        member.approve(member.statement())
    statement = c.statement()
    c.approve(statement, [line["proposed"] - 1 for line in statement["lines"]])
    assert network.work()
    assert round_state(network, number) == "abandoned"
    again = reverse(network, decided)
    for member in (a, b):
        member.approve(member.statement())
    assert network.work()
    assert round_state(network, again) == "proposed"
    network.clock.advance(hours=72)
    assert network.work()
    assert round_state(network, again) == "abandoned"


def test_the_smallest_circulation_through_a_line_is_reversed(network: Network, ring: Ring, decided: int) -> None:
    a, b, _ = ring
    number = reverse(network, decided, line_id(a, "A-2"))
    assert (lines(a.statement()), lines(b.statement())) == (
        {"A-2": (300, 300), "B-1": (300, 300)},
        {"A-2": (300, 300), "B-1": (300, 300)},
    )
    for member in (a, b):
        member.approve(member.statement())
    assert network.work()
    assert round_state(network, number) == "decided"
    assert report(network, number)["currencies"][0]["set_off"] == 600
    verify(network, number)
    rest = reverse(network, decided)
    assert report(network, rest)["currencies"][0]["proposed"] == 3 * AMOUNT
    for member in ring:
        member.approve(member.statement())
    assert network.work()
    with pytest.raises(IllegalStepError, match="nothing is left"):
        reverse(network, decided)


def test_what_cannot_be_reversed_is_told(network: Network, ring: Ring, decided: int) -> None:
    with pytest.raises(NotFoundError, match="has set off nothing on line"):
        reverse(network, decided, str(uuid4()))
    collecting = open_round(network)
    with pytest.raises(IllegalStepError, match="is collection"):
        reverse(network, collecting)
    number = reverse(network, decided)
    with pytest.raises(IllegalStepError, match="nothing is left"):
        reverse(network, decided)
    for member in ring:
        member.approve(member.statement())
    assert network.work()
    with pytest.raises(IllegalStepError, match="is a reversal"):
        reverse(network, number)


loops_among_five = st.permutations(range(5)).flatmap(lambda order: st.integers(2, 5).map(lambda size: order[:size]))


@given(
    st.lists(loops_among_five, min_size=1, max_size=4), st.lists(st.integers(1, 5), min_size=4, max_size=4), st.data()
)
def test_the_smallest_circulation_balances_and_nothing_could_be_left_out(
    loops: list[list[int]], amounts: list[int], data: st.DataObject
) -> None:
    rows = [
        (loop[i], loop[(i + 1) % len(loop)], amount)
        for loop, amount in zip(loops, amounts, strict=False)
        for i in range(len(loop))
    ]
    debtor, creditor = (np.array([row[side] for row in rows], np.int32) for side in (0, 1))
    amount = np.array([row[2] for row in rows], np.int64)
    wanted = np.array([data.draw(st.booleans()) for _ in rows], np.bool_)
    found = smallest_circulation(5, debtor=debtor, creditor=creditor, amount=amount, wanted=wanted)
    assert np.all((found >= 0) & (found <= amount))
    assert np.all(found[wanted] == amount[wanted])
    balance = np.zeros(5, np.int64)
    np.add.at(balance, debtor, -found)
    np.add.at(balance, creditor, found)
    assert not balance.any()
    assert found.any() == wanted.any()
    # No loop of what could be left out: the rows taken beyond those wanted hold no cycle among themselves.
    left = {(int(d), int(c)) for d, c, f, w in zip(debtor, creditor, found, wanted, strict=True) if f and not w}
    while left:
        ends = {d for d, _ in left} & {c for _, c in left}
        kept = {(d, c) for d, c in left if d in ends and c in ends}
        assert kept != left
        left = kept
