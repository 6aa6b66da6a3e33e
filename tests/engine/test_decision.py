"""The decision: what it takes, and what it leaves undone when something comes in between."""

from __future__ import annotations

import threading
from collections.abc import Callable

import psycopg2
import pytest

from bizoverbiz.api.models import MAX_AMOUNT
from bizoverbiz.errors import MisconfiguredError
from bizoverbiz.members import standing
from bizoverbiz.notices import NoticeLine, create_key_file, verify_notice
from bizoverbiz.rounds import deciding, solving
from bizoverbiz.rounds.solving import Solve
from bizoverbiz.store.database import WORKER, Transaction

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
    assert ring[0].get("/v1/notices")["notices"] == []
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
    assert (round_state(network, number), ring[0].get("/v1/notices")["notices"]) == ("proposed", [])


def test_a_fault_while_signing_undoes_everything_written_before(
    network: Network, ring: Ring, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = propose(network)
    for member in ring:
        member.approve(member.statement())
    sign, signed = type(network.key).sign_text, []

    def fail_at_the_third(key: object, *content: object) -> str:
        signed.append(content)
        if len(signed) == 3:
            raise MisconfiguredError("the key is gone")
        return sign(key, *content)  # type: ignore[arg-type]

    monkeypatch.setattr(type(network.key), "sign_text", fail_at_the_third)
    assert not network.work()
    assert len(signed) == 3
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
    with psycopg2.connect(url.replace("bizoverbiz@", "postgres@")) as owner, owner.cursor() as cursor:
        cursor.execute("UPDATE obligation SET amount = 0 WHERE debtor_id = creditor_id")
    owner.close()
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


def approve_all(members: Ring) -> None:
    for member in members:
        member.approve(member.statement())


def decide_outside(network: Network, number: int, meanwhile: Callable[[int], None]) -> list[int]:
    """Decide with the solver outside the transaction; `meanwhile` is told the try before it reads. Gives the tries."""
    tries: list[int] = []

    def step(tx: Transaction, solve: Solve) -> bool:
        tries.append(len(tries) + 1)
        meanwhile(tries[-1])
        return deciding.decide(tx, number, key=network.key, now=network.clock(), solve=solve)

    assert solving.outside(network.store, step)
    return tries


def test_an_approval_lowered_while_the_solver_runs_counts(network: Network, ring: Ring) -> None:
    number = propose(network)
    approve_all(ring)
    statement = ring[0].statement()

    def lower(attempt: int) -> None:
        if attempt == 2:
            lowered = ring[0].approve(statement, [min(line["proposed"], 400) for line in statement["lines"]])
            assert lowered.status_code == 200, "nobody waits for the solver"

    assert decide_outside(network, number, lower) == [1, 2, 3]
    assert set_off(network, number) == 3 * 400 + 600
    verify(network, number)


def test_a_decision_that_keeps_being_overtaken_solves_within_its_transaction_at_last(
    network: Network, ring: Ring
) -> None:
    number = propose(network)
    approve_all(ring)
    statement = ring[0].statement()

    def lower(attempt: int) -> None:
        ring[0].approve(statement, [min(line["proposed"], 900 - 100 * attempt) for line in statement["lines"]])

    assert decide_outside(network, number, lower) == list(range(1, solving.TRIES + 1))
    assert set_off(network, number) == 3 * (900 - 100 * solving.TRIES) + 600
    verify(network, number)


def test_what_does_not_change_is_solved_once(network: Network, ring: Ring) -> None:
    number = propose(network)
    approve_all(ring)
    assert decide_outside(network, number, lambda attempt: None) == [1, 2]
    assert set_off(network, number) == 3 * AMOUNT + 600


def test_a_round_that_another_worker_works_on_is_left_to_it(network: Network, ring: Ring) -> None:
    number = propose(network)
    approve_all(ring)
    with network.store.transaction(WORKER) as tx:
        assert tx.one("round_claim", round=number).claimed
        assert network.work()
        assert round_state(network, number) == "proposed"
    # The claim has ended with its connection, as it does when a worker dies.
    assert network.work()
    assert round_state(network, number) == "decided"


def test_a_currency_that_cannot_be_decided_holds_up_no_other(
    network: Network, url: str, two: tuple[Member, Member]
) -> None:
    a, b = two
    for currency in ("CHF", "EUR"):
        a.declare(
            a.line("payable", b, "B-1", 100, currency=currency),
            a.line("receivable", b, "A-1", 80, currency=currency),
            full=False,
        )
        b.declare(
            b.line("receivable", a, "B-1", 100, currency=currency),
            b.line("payable", a, "A-1", 80, currency=currency),
            full=False,
        )
    number = propose(network)
    for member in two:
        for statement in member.get("/v1/statements")["statements"]:
            member.approve(statement)
    with psycopg2.connect(url.replace("bizoverbiz@", "postgres@")) as owner, owner.cursor() as cursor:
        cursor.execute("UPDATE round_line SET debtor = creditor WHERE currency = 'CHF'")
    assert network.work()
    found = {one["currency"]: one["set_off"] for one in report(network, number)["currencies"]}
    assert found == {"CHF": None, "EUR": 160}
    told = {one["currency"]: (one["state"], one["reason"]) for one in a.get("/v1/statements")["statements"]}
    assert told["EUR"] == ("decided", None)
    assert told["CHF"][0] == "abandoned"
    assert "nothing could be decided in CHF" in told["CHF"][1]
    with network.store.transaction(WORKER) as tx:
        (released,) = [entry for entry in tx.all("audit_entries", round=number) if entry.kind == "released"]
    assert "cannot owe itself" in released.body
    with owner, owner.cursor() as cursor:
        cursor.execute("UPDATE round_line SET debtor = %s WHERE debtor = creditor AND number = 'B-1'", (a.identifier,))
        cursor.execute("UPDATE round_line SET debtor = %s WHERE debtor = creditor", (b.identifier,))
    owner.close()
    verify(network, number)
    again = {one["currency"]: one["matched"] for one in report(network, propose(network))["currencies"]}
    assert again == {"CHF": 180, "EUR": 20}, "CHF was let go"
