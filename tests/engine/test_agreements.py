"""The framework agreement: published by the operator, accepted by each member, in force from its date."""

from __future__ import annotations

import threading
from datetime import date
from typing import Any

import httpx
import psycopg2
import pytest
from psycopg2.errors import InsufficientPrivilege

from bizoverbiz.errors import WrongInputError
from bizoverbiz.members import agreements
from bizoverbiz.store.database import WORKER

from .client import Member
from .conftest import SIRENS, Network, Ring
from .operating import cut, decide, open_round, propose, report, set_off, verify

NEXT_DAY = date(2026, 11, 23)


def slug(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, str(answer.json()["type"]).rsplit("/", 1)[-1]


def publish(network: Network, version: str, day: date = NEXT_DAY, sha256: str | None = None) -> bool:
    with network.store.transaction(WORKER) as tx:
        return agreements.publish(tx, version, in_force_from=day, sha256=sha256, now=network.clock())


def accept(member: Member, version: str) -> httpx.Response:
    return member.call("PUT", "/v1/member/agreement", {"version": version, "answered_by": "claire@example.com"})


def listed(member: Member) -> list[tuple[str, str, bool]]:
    rows = member.get("/v1/agreements")["agreements"]
    return [(row["version"], row["state"], row["accepted_at"] is not None) for row in rows]


def joining(member: Member, network: Network, **more: Any) -> httpx.Response:
    return member.call("POST", "/v1/members", member.joining(network.invite()) | more)


def proposed(network: Network) -> int:
    return sum(problem["proposed"] for problem in report(network, propose(network))["currencies"])


def test_whoever_has_not_accepted_a_version_by_its_date_takes_no_part_until_it_does(
    network: Network, ring: Ring
) -> None:
    a, b, c = ring
    publish(network, "2027-01")
    for member in (a, b):
        assert accept(member, "2027-01").status_code == 200
    assert c.get("/v1/member")["takes_part"], "the version in force is still the one it accepted"
    network.clock.advance(hours=15)
    network.work()
    told = c.get("/v1/member")
    assert (told["agreement"], told["takes_part"], told["absence"]) == ("2026-11", False, "agreement")
    assert proposed(network) == 600
    reasons = {line["reason"] for line in a.get("/v1/declarations")["lines"] if line["counterpart"] == SIRENS[2]}
    assert reasons == {f"{SIRENS[2]} has not accepted the framework agreement in force"}
    answer = accept(c, "2027-01")
    assert (answer.json()["agreement"], answer.json()["takes_part"]) == ("2027-01", True)
    network.work()
    lines = [line["state"] for line in a.get("/v1/declarations")["lines"] if line["counterpart"] == SIRENS[2]]
    assert lines == ["matched"]


def test_the_decision_looks_at_the_version_in_force_even_if_no_worker_has_run(network: Network, ring: Ring) -> None:
    number = propose(network)
    for member in ring:
        member.approve(member.statement())
    publish(network, "2027-01")
    for member in ring[:2]:
        accept(member, "2027-01")
    network.clock.advance(hours=15)
    decide(network, number)
    assert set_off(network, number) == 600
    verify(network, number)


def test_a_member_that_has_not_accepted_may_refuse_and_declare_but_not_approve(network: Network, ring: Ring) -> None:
    propose(network)
    publish(network, "2027-01")
    network.clock.advance(hours=15)
    network.work()
    a = ring[0]
    answer = a.approve(a.statement())
    assert slug(answer) == (403, "agreement-not-accepted")
    assert "PUT /v1/member/agreement" in answer.json()["detail"]
    assert a.declare().status_code == a.refuse(a.statement()).status_code == 200


def test_the_cut_off_looks_at_the_version_in_force_even_if_no_worker_has_run(network: Network, ring: Ring) -> None:
    publish(network, "2027-01")
    network.clock.advance(hours=15)
    cut(network, open_round(network))
    assert report(network, 1)["currencies"] == []


def test_a_version_published_for_today_is_in_force_at_once(network: Network, two: tuple[Member, Member]) -> None:
    network.clock.advance(days=1)
    publish(network, "2026-12", NEXT_DAY)
    assert [member.get("/v1/member")["takes_part"] for member in two] == [False, False]
    accept(two[0], "2026-12")
    assert [member.get("/v1/member")["takes_part"] for member in two] == [True, False]


def test_versions_are_listed_with_what_this_member_accepted(network: Network, two: tuple[Member, Member]) -> None:
    a, b = two
    publish(network, "2027-01", sha256="0" * 64)
    publish(network, "2027-06", date(2027, 6, 1))
    accept(a, "2027-01")
    assert listed(a) == [("2026-11", "in-force", True), ("2027-01", "next", True), ("2027-06", "announced", False)]
    assert listed(b) == [("2026-11", "in-force", True), ("2027-01", "next", False), ("2027-06", "announced", False)]
    (_, row, _) = a.get("/v1/agreements")["agreements"]
    assert (row["sha256"], row["in_force_from"], row["accepted_at"], row["answered_by"]) == (
        "0" * 64,
        "2026-11-23",
        "2026-11-22T09:00:00Z",
        "claire@example.com",
    )
    network.clock.advance(days=1)
    assert [state for _, state, _ in listed(b)] == ["past", "in-force", "next"]
    first = b.get("/v1/agreements", limit=2)
    assert [row["version"] for row in first["agreements"]] == ["2026-11", "2027-01"]
    rest = b.get("/v1/agreements", limit=2, after=first["next"])
    assert ([row["version"] for row in rest["agreements"]], rest["next"]) == (["2027-06"], None)


@pytest.mark.parametrize("version", ["2027-06", "2099-01"])
def test_only_the_version_in_force_and_the_next_can_be_accepted(
    network: Network, two: tuple[Member, Member], version: str
) -> None:
    publish(network, "2027-01")
    publish(network, "2027-06", date(2027, 6, 1))
    answer = accept(two[0], version)
    assert (*slug(answer), answer.json()["field"]) == (409, "agreement-differs", "agreement")
    assert "version 2026-11 is in force, version 2027-01 from 2026-11-23" in answer.json()["detail"]
    assert answer.json()["acceptable"] == ["2026-11", "2027-01"]


def test_an_acceptance_is_kept_once_and_cannot_be_changed(network: Network, url: str) -> None:
    member = network.member(SIRENS[0])
    publish(network, "2027-01")
    accept(member, "2027-01")
    network.clock.advance(hours=1)
    accept(member, "2027-01")
    (_, row) = member.get("/v1/agreements")["agreements"]
    assert row["accepted_at"] == "2026-11-22T09:00:00Z"
    for change in ("DELETE FROM agreement_acceptance", "UPDATE agreement SET sha256 = ''"):
        with (
            psycopg2.connect(url) as owner,
            owner.cursor() as cursor,
            pytest.raises(InsufficientPrivilege, match="append-only"),
        ):
            cursor.execute(change)
        owner.close()


def test_a_firm_joins_with_the_version_in_force_or_the_next(network: Network) -> None:
    publish(network, "2027-01")
    now, soon = network.candidate(SIRENS[0]), network.candidate(SIRENS[1])
    assert joining(now, network, answered_by="claire@example.com").json()["takes_part"]
    answer = joining(soon, network, agreement="2027-01")
    assert (answer.status_code, answer.json()["absence"]) == (201, "agreement"), "not yet: it accepted what is to come"
    (row, _) = now.get("/v1/agreements")["agreements"]
    assert row["answered_by"] == "claire@example.com"
    network.clock.advance(days=1)
    network.work()
    assert (now.get("/v1/member")["takes_part"], soon.get("/v1/member")["takes_part"]) == (False, True)
    assert slug(joining(network.candidate(SIRENS[2]), network)) == (409, "agreement-differs")


def test_accepting_the_next_version_first_and_then_the_one_in_force_counts_both(network: Network) -> None:
    publish(network, "2027-01")
    member = network.candidate(SIRENS[0])
    joining(member, network, agreement="2027-01")
    answer = accept(member, "2026-11")
    assert (answer.json()["agreement"], answer.json()["takes_part"]) == ("2027-01", True)
    network.clock.advance(days=1)
    network.work()
    assert member.get("/v1/member")["takes_part"]


def test_who_has_left_accepts_nothing(network: Network) -> None:
    member = network.member(SIRENS[0])
    member.call("POST", "/v1/member/leaving", {"answered_by": "claire@example.com"})
    assert slug(accept(member, "2026-11")) == (403, "left")


def test_a_version_is_published_once_and_in_the_order_of_dates(network: Network) -> None:
    assert publish(network, "2027-01", sha256="a" * 64)
    assert not publish(network, "2027-01", sha256="a" * 64)
    for version, day, sha256, words in (
        ("2027-01", NEXT_DAY, None, "published already, in force from 2026-11-23"),
        ("2026-12", date(2026, 11, 21), None, "2026-11-21 is past"),
        ("2026-12", date(2026, 11, 22), None, "a version is in force from 2026-11-23 already"),
        ("2027-02", date(2027, 2, 1), "abc", "64 hex digits"),
    ):
        with pytest.raises(WrongInputError, match=words):
            publish(network, version, day, sha256)


def test_accepting_while_a_version_comes_into_force_is_never_lost(network: Network, two: tuple[Member, Member]) -> None:
    publish(network, "2027-01")
    network.clock.advance(hours=15)
    threads = [threading.Thread(target=accept, args=(member, "2027-01")) for member in two]
    threads += [threading.Thread(target=network.work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    network.work()
    assert [member.get("/v1/member")["takes_part"] for member in two] == [True, True]
