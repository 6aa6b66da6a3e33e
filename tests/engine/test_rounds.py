"""Rounds among three members who owe each other in a ring, from the opening to the last acknowledgement."""

from __future__ import annotations

import pytest

from bizoverbiz.errors import IllegalStepError, NotFoundError
from bizoverbiz.rounds import opening
from bizoverbiz.store.database import WORKER

from .conftest import AMOUNT, Network, Ring, declare_ring
from .operating import acknowledge, decide, notices, open_round, propose, report, round_state, set_off, verify


def test_a_ring_is_cleared_when_everybody_approves(network: Network, ring: Ring) -> None:
    number = propose(network)
    for member in ring:
        member.approve(member.statement())
    network.work()
    assert set_off(network, number) == 3 * AMOUNT + 2 * 300
    assert [notices(network, member) for member in ring] == [[1300], [1300], [1000]]
    assert verify(network, number)
    assert report(network, number)["currencies"][0]["optimum_verified"] is True


def test_a_struck_line_is_netted_around(network: Network, ring: Ring) -> None:
    number = propose(network)
    a, b, c = ring
    statement = a.statement()
    struck = [0 if line["number"] == "B-1" else line["proposed"] for line in statement["lines"]]
    a.approve(statement, struck)
    for member in (b, c):
        member.approve(member.statement())
    network.work()
    assert set_off(network, number) == 3 * 300, "the ring closes over B-2 instead of B-1"
    assert [notices(network, member) for member in ring] == [[300], [300], [300]]
    assert {line["number"]: line["set_off"] for line in a.statement()["lines"]} == {
        "A-1": 300,
        "A-2": 0,
        "B-1": 0,
        "B-2": 300,
    }
    verify(network, number)


def test_a_refusal_leaves_out_one_member_and_no_other(network: Network, ring: Ring) -> None:
    number = propose(network)
    a, b, c = ring
    assert c.refuse(c.statement()).json()["state"] == "refused"
    for member in (a, b):
        member.approve(member.statement())
    network.work()
    assert set_off(network, number) == 600
    assert (c.statement()["state"], a.statement()["state"]) == ("refused", "decided")
    verify(network, number)


def test_the_operator_may_close_approval_early(network: Network, ring: Ring) -> None:
    number = propose(network)
    decide(network, number)
    assert (round_state(network, number), set_off(network, number)) == ("decided", 0)
    assert ring[0].refuse(ring[0].statement()).json()["type"].endswith("/too-late")


def test_what_another_round_has_frozen_is_not_frozen_again(network: Network, ring: Ring) -> None:
    propose(network)
    second = propose(network)
    assert report(network, second)["currencies"] == []


def test_an_abandoned_round_lets_its_obligations_go(network: Network, ring: Ring) -> None:
    first = propose(network)
    with network.store.transaction(WORKER) as tx:
        opening.abandon(tx, first, now=network.clock())
    assert ring[0].statement()["state"] == "abandoned"
    second = propose(network)
    assert report(network, second)["currencies"][0]["proposed"] == 3 * AMOUNT + 600


def test_a_decided_round_cannot_be_abandoned(network: Network, ring: Ring) -> None:
    number = propose(network)
    decide(network, number)
    with pytest.raises(IllegalStepError), network.store.transaction(WORKER) as tx:
        opening.abandon(tx, number, now=network.clock())


def test_one_round_collects_at_a_time(network: Network) -> None:
    open_round(network)
    with pytest.raises(IllegalStepError, match="open already"):
        open_round(network)


def test_a_round_that_does_not_exist_is_named(network: Network) -> None:
    with pytest.raises(NotFoundError, match="no round 7"):
        round_state(network, 7)


def test_set_offs_the_books_do_not_contain_yet_are_not_set_off_again(network: Network, ring: Ring) -> None:
    propose(network)
    for member in ring:
        member.approve(member.statement())
    network.work()
    declare_ring(*ring)
    second = propose(network)
    assert report(network, second)["currencies"] == []
    assert {line["state"] for line in ring[0].get("/v1/declarations")["lines"]} == {"settled"}


def test_a_partly_booked_round_is_subtracted_on_the_side_that_lacks_it(network: Network, ring: Ring) -> None:
    first = propose(network)
    a, b, c = ring
    statement = a.statement()
    a.approve(statement, [min(line["proposed"], 600) for line in statement["lines"]])
    for member in (b, c):
        member.approve(member.statement())
    network.work()
    assert set_off(network, first) == 3 * 600 + 600
    a.declare(a.line("payable", b, "B-1", AMOUNT - 600), a.line("receivable", c, "A-1", AMOUNT - 600), last_notice=1)
    second = propose(network)
    assert report(network, second)["currencies"][0]["proposed"] == 3 * (AMOUNT - 600)
    lines = {line["number"]: line for line in b.statement()["lines"]}
    assert (lines["B-1"]["amount_open"], lines["B-1"]["ceiling"]) == (400, 400)
    verify(network, second)


def test_notices_are_numbered_without_gaps_and_a_closed_round_is_acknowledged(network: Network, ring: Ring) -> None:
    for expected in (1, 2):
        number = propose(network)
        for member in ring:
            member.approve(member.statement())
        network.work()
        assert [entry["number"] for entry in ring[0].get("/v1/notices")["notices"]] == list(range(1, expected + 1))
        for member in ring:
            assert round_state(network, number) == "decided"
            acknowledge(network, member)
            network.work() if member is ring[-1] else None
        assert round_state(network, number) == "closed"
        declare_ring(*ring, last_notice=expected)
    assert ring[0].get("/v1/member")["last_notice"] == 2
