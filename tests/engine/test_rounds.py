"""Rounds among three members who owe each other in a ring, and everything that may come in between."""

from __future__ import annotations

import threading

import pytest

from bizoverbiz.errors import IllegalStepError, MisconfiguredError, NotFoundError
from bizoverbiz.members import joining
from bizoverbiz.notices import create_key_file, verify_notice
from bizoverbiz.rounds import opening
from bizoverbiz.store.database import WORKER

from .client import Member
from .conftest import SIRENS, Network
from .operating import cut, decide, open_round, report, round_state, verify

Ring = tuple[Member, Member, Member]
AMOUNT = 1000


@pytest.fixture
def ring(network: Network) -> Ring:
    """A owes B, B owes C, C owes A, the same amount each; A and B also owe each other 300."""
    a, b, c = (network.member(siren) for siren in SIRENS[:3])
    declare_ring(a, b, c)
    return a, b, c


def declare_ring(a: Member, b: Member, c: Member, last_notice: int = 0) -> None:
    a.declare(
        a.line("payable", b, "B-1", AMOUNT),
        a.line("receivable", c, "A-1", AMOUNT),
        a.line("payable", b, "B-2", 300),
        a.line("receivable", b, "A-2", 300),
        last_notice=last_notice,
    )
    b.declare(
        b.line("receivable", a, "B-1", AMOUNT),
        b.line("payable", c, "C-1", AMOUNT),
        b.line("receivable", a, "B-2", 300),
        b.line("payable", a, "A-2", 300),
        last_notice=last_notice,
    )
    c.declare(c.line("receivable", b, "C-1", AMOUNT), c.line("payable", a, "A-1", AMOUNT), last_notice=last_notice)


def propose(network: Network) -> int:
    number = open_round(network)
    cut(network, number)
    return number


def set_off(network: Network, number: int) -> int:
    (problem,) = report(network, number)["currencies"]
    return int(problem["set_off"])


def notices(network: Network, member: Member) -> list[int]:
    """Totals of the member's verified notices."""
    keys = network.http.get("/v1/keys").json()
    return [verify_notice(entry["jws"], keys).total for entry in member.get("/v1/notices")["notices"]]


def acknowledge(member: Member) -> None:
    for entry in member.get("/v1/notices")["notices"]:
        body = {"booked": [{"entry": "BOB/1", "date": "2026-11-22", "currency": "EUR", "amount": AMOUNT}]}
        member.call("PUT", f"/v1/notices/{entry['number']}/acknowledgement", body)


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


def test_the_operator_may_close_approval_early(network: Network, ring: Ring) -> None:
    number = propose(network)
    decide(network, number)
    assert (round_state(network, number), set_off(network, number)) == ("decided", 0)
    assert ring[0].refuse(ring[0].statement()).json()["type"].endswith("/too-late")


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
            acknowledge(member)
            network.work() if member is ring[-1] else None
        assert round_state(network, number) == "closed"
        declare_ring(*ring, last_notice=expected)
    assert ring[0].get("/v1/member")["last_notice"] == 2


def test_a_suspended_member_takes_no_part_in_the_decision(network: Network, ring: Ring) -> None:
    number = propose(network)
    for member in ring:
        member.approve(member.statement())
    with network.store.transaction(WORKER) as tx:
        joining.set_standing(tx, SIRENS[2], status="suspended")
    network.work()
    assert set_off(network, number) == 600
    verify(network, number)


def test_a_suspended_member_may_refuse_and_acknowledge_but_not_declare_or_approve(network: Network, ring: Ring) -> None:
    propose(network)
    with network.store.transaction(WORKER) as tx:
        joining.set_standing(tx, SIRENS[0], status="suspended")
    a = ring[0]
    assert a.get("/v1/member")["status"] == "suspended"
    for answer in (a.declare(), a.approve(a.statement())):
        assert (answer.status_code, answer.json()["type"].rsplit("/")[-1]) == (403, "suspended")
    assert a.refuse(a.statement()).status_code == 200


def test_an_invoice_paid_after_its_approval_is_not_set_off(network: Network, ring: Ring) -> None:
    number = propose(network)
    _a, b, c = ring
    for member in ring:
        member.approve(member.statement())
    c.declare(c.line("receivable", b, "C-1", AMOUNT))
    network.work()
    assert set_off(network, number) == 600
    verify(network, number)


def test_a_fault_in_the_middle_of_the_decision_leaves_the_round_proposed(network: Network, ring: Ring) -> None:
    number = propose(network)
    for member in ring:
        member.approve(member.statement())
    kept = network.key_path.rename(network.key_path.with_suffix(".kept"))
    with pytest.raises(MisconfiguredError):
        decide(network, number)
    assert not network.work()
    assert round_state(network, number) == "proposed"
    assert ring[0].get("/v1/notices") == {"notices": []}
    kept.rename(network.key_path)
    assert network.work()
    assert round_state(network, number) == "decided"


def test_a_key_that_is_not_published_decides_nothing(network: Network, ring: Ring) -> None:
    number = propose(network)
    for member in ring:
        member.approve(member.statement())
    network.key_path.unlink()
    other = create_key_file(network.key_path)
    with pytest.raises(MisconfiguredError, match=f"{other.keyid} is not among the network's published keys"):
        decide(network, number)
    assert not network.work()
    assert (round_state(network, number), ring[0].get("/v1/notices")) == ("proposed", {"notices": []})


def test_a_fault_while_signing_undoes_everything_written_before(
    network: Network, ring: Ring, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = propose(network)
    for member in ring:
        member.approve(member.statement())
    sign, signed = type(network.key).sign, []

    def fail_at_the_third(key: object, payload: object) -> str:
        signed.append(payload)
        if len(signed) == 3:
            raise MisconfiguredError("the key is gone")
        return sign(key, payload)  # type: ignore[arg-type]

    monkeypatch.setattr(type(network.key), "sign", fail_at_the_third)
    assert not network.work()
    assert (round_state(network, number), ring[0].statement()["state"]) == ("proposed", "approved")
    assert [notices(network, member) for member in ring] == [[], [], []]
    monkeypatch.undo()
    assert network.work()
    assert [notices(network, member) for member in ring] == [[1300], [1300], [1000]]
    verify(network, number)


def test_two_workers_decide_a_round_once(network: Network, ring: Ring) -> None:
    number = propose(network)
    for member in ring:
        member.approve(member.statement())
    workers = [threading.Thread(target=network.work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [notices(network, member) for member in ring] == [[1300], [1300], [1000]]
    verify(network, number)


def test_each_currency_is_a_problem_of_its_own(network: Network, two: tuple[Member, Member]) -> None:
    a, b = two
    a.declare(
        a.line("payable", b, "B-1", 100),
        a.line("receivable", b, "A-1", 80),
        a.line("payable", b, "B-1", 500, currency="CHF"),
        a.line("receivable", b, "A-2", 700, currency="CHF"),
    )
    b.declare(
        b.line("receivable", a, "B-1", 100),
        b.line("payable", a, "A-1", 80),
        b.line("receivable", a, "B-1", 500, currency="CHF"),
        b.line("payable", a, "A-2", 700, currency="CHF"),
    )
    number = propose(network)
    for member in two:
        for statement in member.get("/v1/statements")["statements"]:
            member.approve(statement)
    network.work()
    totals = {one["currency"]: one["set_off"] for one in report(network, number)["currencies"]}
    assert totals == {"CHF": 1000, "EUR": 160}
    assert notices(network, a) == [500, 80]
    verify(network, number)
