"""The decision: what it takes, and what it leaves undone when something comes in between."""

from __future__ import annotations

import threading

import psycopg2
import pytest

from bizoverbiz.api.models import MAX_AMOUNT
from bizoverbiz.errors import MisconfiguredError
from bizoverbiz.members import standing
from bizoverbiz.notices import NoticeLine, create_key_file, verify_notice
from bizoverbiz.store.database import WORKER

from .client import Member
from .conftest import AMOUNT, SIRENS, Network, Ring
from .operating import decide, notices, propose, report, round_state, set_off, verify


def test_a_suspended_member_takes_no_part_in_the_decision(network: Network, ring: Ring) -> None:
    number = propose(network)
    for member in ring:
        member.approve(member.statement())
    with network.store.transaction(WORKER) as tx:
        standing.set_standing(tx, SIRENS[2], status="suspended")
    network.work()
    assert set_off(network, number) == 600
    verify(network, number)


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


def test_a_currency_that_cannot_be_netted_holds_up_no_other(
    network: Network, url: str, two: tuple[Member, Member]
) -> None:
    """No declaration leads there: the database refuses what netting refuses, so its check is taken away first."""
    a, b = two
    mine = [a.line("payable", b, number, MAX_AMOUNT, currency="CHF") for number in ("N-1", "N-2")]
    theirs = [b.line("receivable", a, number, MAX_AMOUNT, currency="CHF") for number in ("N-1", "N-2")]
    a.declare(*mine, a.line("payable", b, "B-1", 100), a.line("receivable", b, "A-1", 80))
    b.declare(*theirs, b.line("receivable", a, "B-1", 100), b.line("payable", a, "A-1", 80))
    network.work()
    with psycopg2.connect(url.replace("bizoverbiz@", "postgres@")) as owner, owner.cursor() as cursor:
        cursor.execute("ALTER TABLE obligation DROP CONSTRAINT obligation_check")
        cursor.execute("UPDATE obligation SET debtor_id = creditor_id WHERE currency = 'CHF'")
    owner.close()
    number = propose(network)
    assert {one["currency"]: one["proposed"] for one in report(network, number)["currencies"]} == {
        "CHF": None,
        "EUR": 160,
    }
    with network.store.transaction(WORKER) as tx:
        (released,) = [entry for entry in tx.all("audit_entries", round=number) if entry.kind == "released"]
    assert '"currency":"CHF"' in released.body
    assert "cannot owe itself" in released.body
    for member in two:
        member.approve(member.statement())
    assert network.work()
    assert {one["currency"]: one["set_off"] for one in report(network, number)["currencies"]} == {
        "CHF": None,
        "EUR": 160,
    }
    verify(network, number)
    a.declare(mine[0])
    second = propose(network)
    assert [one["matched"] for one in report(network, second)["currencies"]] == [MAX_AMOUNT], "it was let go"


def test_a_notice_states_what_is_open_at_the_decision_in_both_books(network: Network, ring: Ring) -> None:
    """A's books say 1000 on B-1 at the proposal; B has been paid 250 of it before the decision."""
    propose(network)
    a, b, _ = ring
    for member in ring:
        member.approve(member.statement())
    b.declare(b.line("receivable", a, "B-1", 1000, amount_open=750), full=False)
    assert network.work()
    for member in (a, b):
        (line,) = [line for line in notice_lines(network, member) if line.number == "B-1"]
        assert (line.amount_open, line.set_off, line.remaining) == (750, 750, 0)


def test_a_notice_states_what_an_earlier_one_has_left_open(network: Network, ring: Ring) -> None:
    """The second decision is taken before the books contain the first."""
    propose(network)
    a, b, c = ring
    statement = a.statement()
    a.approve(statement, [min(line["proposed"], 600) for line in statement["lines"]])
    for member in (b, c):
        member.approve(member.statement())
    assert network.work()
    propose(network)
    for member in ring:
        member.approve(member.statement())
    assert network.work()
    lines = [line for line in notice_lines(network, a) if line.number == "B-1"]
    assert [(line.amount_open, line.set_off, line.remaining) for line in lines] == [(1000, 600, 400), (400, 400, 0)]


def notice_lines(network: Network, member: Member) -> list[NoticeLine]:
    keys = network.http.get("/v1/keys").json()
    return [line for entry in member.get("/v1/notices")["notices"] for line in verify_notice(entry["jws"], keys).lines]
