"""What members may answer to a statement, and until when."""

from __future__ import annotations

import pytest

from bizoverbiz.members import standing
from bizoverbiz.rounds import answering
from bizoverbiz.store.database import WORKER

from .conftest import AMOUNT, SIRENS, Network, Ring
from .operating import propose, round_state, set_off, verify


def test_silence_past_the_deadline_is_a_refusal(network: Network, ring: Ring) -> None:
    number = propose(network)
    for member in ring[:2]:
        member.approve(member.statement())
    network.work()
    assert round_state(network, number) == "proposed"
    network.clock.advance(hours=72)
    late = ring[2].approve(ring[2].statement())
    assert (late.status_code, late.json()["type"].rsplit("/")[-1]) == (409, "too-late")
    network.work()
    assert set_off(network, number) == 600
    assert "no answer" in ring[2].statement()["reason"]
    verify(network, number)


def test_an_approval_may_be_lowered_and_never_raised(network: Network, ring: Ring) -> None:
    number = propose(network)
    a, b, c = ring
    statement = a.statement()
    full = [line["proposed"] for line in statement["lines"]]
    a.approve(statement, full)
    lowered = [amount - 100 if amount == AMOUNT else amount for amount in full]
    assert [line["approved"] for line in a.approve(statement, lowered).json()["lines"]] == lowered
    raised = a.approve(statement, full)
    assert (raised.status_code, raised.json()["type"].rsplit("/")[-1]) == (409, "approval-raised")
    for member in (b, c):
        member.approve(member.statement())
    network.work()
    assert set_off(network, number) == 3 * (AMOUNT - 100) + 600
    verify(network, number)


def test_a_refusal_may_follow_an_approval_but_not_the_other_way_round(network: Network, ring: Ring) -> None:
    propose(network)
    a = ring[0]
    a.approve(a.statement())
    assert a.refuse(a.statement()).status_code == 200
    assert a.approve(a.statement()).json()["type"].endswith("/approval-raised")


def test_no_more_than_the_ceiling_can_be_approved(network: Network, ring: Ring) -> None:
    propose(network)
    a = ring[0]
    statement = a.statement()
    answer = a.approve(statement, [line["ceiling"] + 1 for line in statement["lines"]])
    assert (answer.status_code, answer.json()["type"].rsplit("/")[-1]) == (422, "over-ceiling")


def test_only_own_lines_can_be_approved(network: Network, ring: Ring) -> None:
    propose(network)
    a, b, _ = ring
    statement = a.statement() | {"lines": b.statement()["lines"]}
    assert a.approve(statement).json()["type"].endswith("/unknown-line")


def test_a_suspended_member_may_refuse_and_acknowledge_but_not_declare_or_approve(network: Network, ring: Ring) -> None:
    propose(network)
    with network.store.transaction(WORKER) as tx:
        standing.set_standing(tx, SIRENS[0], status="suspended")
    a = ring[0]
    assert a.get("/v1/member")["status"] == "suspended"
    for answer in (a.declare(), a.approve(a.statement())):
        assert (answer.status_code, answer.json()["type"].rsplit("/")[-1]) == (403, "suspended")
    assert a.refuse(a.statement()).status_code == 200


def kept_answers(network: Network) -> int:
    with network.store.transaction(WORKER) as tx:
        return len(tx.all("answers_of_round", round=1))


def test_an_answer_that_changes_nothing_is_kept_once(network: Network, ring: Ring) -> None:
    propose(network)
    statement = ring[0].statement()
    first = ring[0].approve(statement)
    for _ in range(3):
        assert ring[0].approve(statement).json() == first.json()
    assert kept_answers(network) == 1
    for _ in range(2):
        assert ring[0].refuse(statement).status_code == 200
    assert kept_answers(network) == 2


def test_the_answers_kept_of_one_statement_are_limited_and_a_refusal_is_still_taken(
    network: Network, ring: Ring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answering, "MAX_ANSWERS", 3)
    propose(network)
    statement = ring[0].statement()
    proposed = [line["proposed"] for line in statement["lines"]]
    answers = [ring[0].approve(statement, [amount - less for amount in proposed]) for less in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 409]
    assert answers[-1].json()["type"].endswith("/too-many-answers")
    assert ring[0].approve(statement, [amount - 2 for amount in proposed]).status_code == 200, "it changes nothing"
    assert ring[0].refuse(statement).json()["state"] == "refused"
    assert kept_answers(network) == 4
