"""Who takes no part: insolvent, or gone. Suspension is in test_answers.py and test_decision.py."""

from __future__ import annotations

from datetime import date, timedelta

import httpx
import pytest

from bizoverbiz.errors import NotFoundError, WrongInputError
from bizoverbiz.members import joining, standing
from bizoverbiz.rounds import opening, proposing
from bizoverbiz.store.database import WORKER

from .client import Member
from .conftest import SIRENS, Network, Ring, declare_ring
from .operating import acknowledge, notices, propose, report, round_state, set_off, verify


def slug(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, str(answer.json()["type"]).rsplit("/", 1)[-1]


def insolvent(network: Network, identifier: str, since: date | None) -> list[int]:
    with network.store.transaction(WORKER) as tx:
        return standing.set_insolvent(tx, identifier, since, now=network.clock())


def leave(member: Member, **options: object) -> httpx.Response:
    return member.call("POST", "/v1/member/leaving", {"answered_by": "claire@example.com", "reason": None}, **options)


def events(network: Network, identifier: str) -> list[tuple[str, str | None]]:
    with network.store.transaction(WORKER) as tx:
        member = tx.one("member_id", identifier=identifier).id
        return [(event.kind, event.answered_by) for event in tx.all("events_of_member", member=member)]


def reasons(member: Member, other: Member) -> set[str]:
    return {
        line["reason"] for line in member.get("/v1/declarations")["lines"] if line["counterpart"] == other.identifier
    }


def test_a_member_found_insolvent_after_everybody_approved_takes_no_part_in_the_decision(
    network: Network, ring: Ring
) -> None:
    number = propose(network)
    for member in ring:
        member.approve(member.statement())
    insolvent(network, SIRENS[2], date(2026, 11, 20))
    network.work()
    assert set_off(network, number) == 600
    assert notices(network, ring[2]) == []
    verify(network, number)


def test_an_insolvent_member_and_its_partners_learn_why_nothing_matches(network: Network, ring: Ring) -> None:
    a, _, c = ring
    insolvent(network, SIRENS[2], date(2026, 11, 22))
    network.work()
    assert reasons(a, c) == {f"{SIRENS[2]} is in insolvency proceedings"}
    assert all("insolvency proceedings against you" in reason for reason in reasons(c, a))
    told = c.get("/v1/member")
    assert (told["status"], told["takes_part"], told["absence"]) == ("active", False, "insolvent")
    number = propose(network)
    assert [problem["proposed"] for problem in report(network, number)["currencies"]] == [600]
    assert c.get("/v1/statements") == {"statements": []}


def test_an_insolvent_member_may_refuse_and_declare_but_not_approve(network: Network, ring: Ring) -> None:
    propose(network)
    insolvent(network, SIRENS[0], date(2026, 11, 1))
    a = ring[0]
    assert slug(a.approve(a.statement())) == (403, "insolvent")
    assert a.declare().status_code == 200
    assert a.refuse(a.statement()).status_code == 200


def test_a_member_no_longer_insolvent_matches_again(network: Network, ring: Ring) -> None:
    insolvent(network, SIRENS[2], date(2026, 11, 22))
    network.work()
    insolvent(network, SIRENS[2], None)
    number = propose(network)
    assert [problem["proposed"] for problem in report(network, number)["currencies"]] == [3600]


def test_insolvency_is_noted_from_a_day_that_has_come_and_once(network: Network, ring: Ring) -> None:
    with pytest.raises(WrongInputError, match="2026-11-23 has not come yet"):
        insolvent(network, SIRENS[0], date(2026, 11, 23))
    insolvent(network, SIRENS[0], date(2026, 11, 22))
    with pytest.raises(NotFoundError, match="in insolvency proceedings since 2026-11-22 already"):
        insolvent(network, SIRENS[0], date(2026, 11, 22))
    insolvent(network, SIRENS[0], None)
    with pytest.raises(NotFoundError, match="not in insolvency proceedings already"):
        insolvent(network, SIRENS[0], None)
    assert [kind for kind, _ in events(network, SIRENS[0])] == ["joined", "insolvent", "insolvency-lifted"]


def test_the_operator_is_told_which_notices_were_decided_since_the_proceedings(network: Network, ring: Ring) -> None:
    propose(network)
    for member in ring:
        member.approve(member.statement())
    network.work()
    network.clock.advance(days=2)
    assert insolvent(network, SIRENS[0], date(2026, 11, 22)) == [1]
    assert insolvent(network, SIRENS[1], date(2026, 11, 23)) == []


def test_who_leaves_has_refused_what_is_not_decided(network: Network, ring: Ring) -> None:
    number = propose(network)
    for member in ring:
        member.approve(member.statement())
    c = ring[2]
    answer = leave(c)
    assert (answer.status_code, answer.json()["status"], answer.json()["absence"]) == (200, "left", "left")
    statement = c.statement()
    assert (statement["state"], statement["answered_by"]) == ("refused", "claire@example.com")
    assert statement["reason"] == "the member has left the network"
    network.work()
    assert set_off(network, number) == 600
    assert c.statement()["state"] == "refused"
    verify(network, number)


def test_who_has_left_declares_and_approves_nothing_and_is_in_no_new_round(network: Network, ring: Ring) -> None:
    a, b, c = ring
    propose(network)
    leave(c)
    network.work()
    assert slug(c.declare()) == slug(c.approve(c.statement())) == (403, "left")
    assert c.get("/v1/declarations")["lines"] == []
    assert a.get("/v1/members", identifier=[SIRENS[1], SIRENS[2]]) == {"members": [SIRENS[1]]}
    lines = [line for line in a.get("/v1/declarations")["lines"] if line["counterpart"] == c.identifier]
    assert [(line["state"], line["reason"]) for line in lines] == [
        ("counterpart-not-member", f"{SIRENS[2]} has left the network")
    ]
    assert b.get("/v1/discrepancies")["discrepancies"] == []


def test_who_has_left_still_fetches_and_acknowledges_what_was_decided(network: Network, ring: Ring) -> None:
    number = propose(network)
    for member in ring:
        member.approve(member.statement())
    network.work()
    leave(ring[2])
    for member in ring:
        acknowledge(network, member)
    network.work()
    assert round_state(network, number) == "closed"


def test_leaving_again_changes_nothing(network: Network, ring: Ring) -> None:
    first, again = leave(ring[0]), leave(ring[0])
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert events(network, SIRENS[0]) == [("joined", None), ("left", "claire@example.com")]


def test_a_suspended_member_may_leave_and_the_operator_does_not_take_it_back_by_resuming(
    network: Network, two: tuple[Member, Member]
) -> None:
    with network.store.transaction(WORKER) as tx:
        standing.set_standing(tx, SIRENS[0], status="suspended")
    assert leave(two[0]).json()["status"] == "left"
    with network.store.transaction(WORKER) as tx, pytest.raises(NotFoundError, match="or it has left"):
        standing.set_standing(tx, SIRENS[0], status="active")


def renewing(network: Network, identifier: str) -> str:
    with network.store.transaction(WORKER) as tx:
        span = timedelta(days=1)
        return joining.invite(tx, url=network.base_url, valid=span, now=network.clock(), renews=identifier).secret


def test_who_has_left_comes_back_only_with_an_invitation_that_renews(network: Network, ring: Ring) -> None:
    a, b, c = ring
    leave(c)
    back = network.candidate(SIRENS[2])
    assert slug(back.join(network.invite())) == (409, "already-a-member")
    answer = back.join(renewing(network, SIRENS[2]))
    assert (answer.status_code, answer.json()["status"], answer.json()["takes_part"]) == (201, "active", True)
    declare_ring(a, b, back)
    number = propose(network)
    assert [problem["proposed"] for problem in report(network, number)["currencies"]] == [3600]


def test_renewing_a_suspended_members_key_does_not_take_it_back(network: Network) -> None:
    network.member(SIRENS[0])
    with network.store.transaction(WORKER) as tx:
        standing.set_standing(tx, SIRENS[0], status="suspended")
    assert network.candidate(SIRENS[0]).join(renewing(network, SIRENS[0])).json()["status"] == "suspended"


def give_mandate(member: Member) -> None:
    body = {
        "given_by": "claire@example.com",
        "valid_until": "2026-12-31",
        "rules": {"currencies": [{"currency": "EUR"}]},
    }
    assert member.call("PUT", "/v1/member/mandate", body).status_code == 200


def test_leaving_ends_the_mandate_so_that_nothing_is_approved_after_coming_back(network: Network, ring: Ring) -> None:
    give_mandate(ring[2])
    leave(ring[2])
    back = network.candidate(SIRENS[2])
    back.join(renewing(network, SIRENS[2]))
    assert slug(back.call("GET", "/v1/member/mandate")) == (404, "not-found")


def test_a_mandate_approves_nothing_for_who_stopped_taking_part_after_the_cut_off(network: Network, ring: Ring) -> None:
    for member in ring:
        give_mandate(member)
    with network.store.transaction(WORKER) as tx:
        number = opening.open_round(tx, approval_hours=72, now=network.clock())
        opening.cut_off(tx, number, now=network.clock())
    insolvent(network, SIRENS[2], date(2026, 11, 22))
    with network.store.transaction(WORKER) as tx:
        proposing.propose(tx, number, now=network.clock())
    assert [member.statement()["state"] for member in ring] == ["approved", "approved", "proposed"]
