"""What an operator may set, and rounds that keep to it."""

from __future__ import annotations

from datetime import date
from typing import Any

import psycopg2
import pytest

from bizoverbiz.rounds.checking import ViolationError, check_admitted, check_problem, in_columns
from bizoverbiz.rounds.options import NetworkOptions, OptionError, read_options, set_network_options
from bizoverbiz.rounds.record import load
from bizoverbiz.store.database import WORKER

from .client import Member
from .conftest import AMOUNT, SIRENS, Network, Ring
from .operating import cut, open_round, propose, report, set_off, verify


def set_options(network: Network, *settings: str) -> NetworkOptions:
    with network.store.transaction(WORKER) as tx:
        return set_network_options(tx, settings)


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("approval_hours", "not of the form name=value"),
        ("approval_hours=0", "approval_hours: .*greater than or equal to 1"),
        ("colour=red", "colour: Extra inputs"),
        ("limits.XXX.pair_cap=1", "limits.XXX.*: XXX is no current ISO 4217 currency"),
        ("limits.EUR.pair_cap=-1", "limits.EUR.pair_cap: .*greater than or equal to 0"),
        ("limits.EUR.member_caps.123456789=5", "123456789 is not a SIREN"),
        ("approval_hours.more=5", "approval_hours has no parts"),
        ("calendar.kind=daily", "calendar: .*does not match any of the expected tags"),
        ("calendar.kind=weekly", "calendar.weekly.weekday: Field required"),
        ("fairness=1.5", "fairness: .*less than or equal to 1"),
        ("preview.every_hours=1", "preview.every_hours: .*greater than or equal to 24"),
    ],
)
def test_an_option_that_means_nothing_is_named(setting: str, told: str) -> None:
    with pytest.raises(OptionError, match=told):
        NetworkOptions().changed([setting])


def test_options_are_set_one_by_one_and_survive_being_stored(network: Network) -> None:
    set_options(network, "limits.EUR.pair_cap=500", "approval_hours=48", "reminder_hours=[48, 6]")
    found = set_options(network, f"limits.EUR.member_caps.{SIRENS[0]}=700", "fairness=0.25", "limits.EUR.pair_cap=null")
    assert (found.approval_hours, found.reminder_hours, found.limits["EUR"].pair_cap) == (48, (48, 6), None)
    assert found.limits["EUR"].member_caps == {SIRENS[0]: 700}
    assert read_options(found.model_dump(mode="json")) == found
    assert read_options({}) == NetworkOptions()


def decided(network: Network, ring: Ring, *settings: str) -> dict[str, Any]:
    set_options(network, *settings)
    number = propose(network)
    for member in ring:
        if statements := member.get("/v1/statements")["statements"]:
            member.approve(statements[0])
    assert network.work()
    verify(network, number)
    return report(network, number)["currencies"][0]


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        # The ring is 3 x 1000; A and B owe each other 300 more.
        ("limits.EUR.smallest_obligation=301", 3 * AMOUNT),
        ("limits.EUR.pair_cap=400", 3 * 400),
        ("limits.EUR.member_cap=900", 2 * 900 + 900),
        (f"limits.EUR.member_caps.{SIRENS[2]}=0", 2 * 300),
        (f"limits.EUR.member_caps.{SIRENS[4]}=0", 3 * AMOUNT + 2 * 300),
        ("limits.EUR.smallest_set_off=500", 3 * AMOUNT),
        ("whole=true", 3 * AMOUNT + 2 * 300),
        ("fewest=true", 3 * AMOUNT + 2 * 300),
        ("fairness=0.5", 3 * AMOUNT + 2 * 300),
        ("limits.CHF.pair_cap=1", 3 * AMOUNT + 2 * 300),
    ],
)
def test_a_round_nets_and_is_verified_by_the_networks_rules(
    network: Network, ring: Ring, setting: str, expected: int
) -> None:
    found = decided(network, ring, setting)
    assert (found["proposed"], found["set_off"], found["optimal"]) == (expected, expected, True)


def test_what_is_due_beyond_the_horizon_is_not_frozen(network: Network, two: tuple[Member, Member]) -> None:
    a, b = two
    for one, other, side in ((a, b, "payable"), (b, a, "receivable")):
        back = "receivable" if side == "payable" else "payable"
        one.declare(
            one.line(side, other, "B-1", 100, due_date="2026-12-23"),
            one.line(side, other, "B-2", 50, due_date="2026-12-22"),
            one.line(back, other, "A-1", 80),
        )
    set_options(network, "horizon=30")
    number = propose(network)
    assert [line["number"] for line in a.statement()["lines"]] == ["A-1", "B-2"]
    verify(network, number)


def test_obligations_are_set_off_wholly_or_not_at_all(network: Network, ring: Ring) -> None:
    set_options(network, "whole=true")
    number = propose(network)
    a, b, c = ring
    statement = a.statement()
    a.approve(statement, [min(line["ceiling"], 999) for line in statement["lines"]])
    for member in (b, c):
        member.approve(member.statement())
    assert network.work()
    assert set_off(network, number) == 600, "no line of the ring is approved wholly"
    verify(network, number)


def test_a_round_keeps_the_options_it_was_opened_with(network: Network, ring: Ring) -> None:
    set_options(network, "limits.EUR.pair_cap=400", "approval_hours=5")
    number = open_round(network, hours=7)
    set_options(network, "limits.EUR.pair_cap=100")
    cut(network, number)
    for member in ring:
        member.approve(member.statement())
    network.work()
    assert set_off(network, number) == 3 * 400
    assert report(network, number)["deadline"] == "2026-11-22T16:00:00Z"
    verify(network, number)


@pytest.mark.parametrize(
    ("limits", "told"),
    [
        ({"pair_cap": 399}, "outside 0 to 399"),
        ({"pair_cap": 401}, "certificate does not hold"),
        ({"pair_cap": 400, "member_cap": 500}, "caps are not those"),
        ({"pair_cap": 400, "smallest_set_off": 401}, "outside 0 to 0"),
    ],
)
def test_a_round_does_not_hold_by_other_rules_than_its_own(
    network: Network, ring: Ring, limits: dict[str, int], told: str
) -> None:
    decided(network, ring, "limits.EUR.pair_cap=400")
    other = read_options({"limits": {"EUR": limits}})
    with network.store.transaction(WORKER) as tx:
        record = load(tx, 1)
    with pytest.raises(ViolationError, match=told):
        check_problem(record.problems[0], in_columns(record.lines), other, on=date(2026, 11, 22))


def test_what_the_options_do_not_let_in_is_found_out(network: Network, ring: Ring) -> None:
    propose(network)
    with network.store.transaction(WORKER) as tx:
        lines = in_columns(load(tx, 1).lines)
    for options in ({"limits": {"EUR": {"smallest_obligation": 301}}}, {"horizon": 0}):
        with pytest.raises(ViolationError, match="options do not let it in"):
            check_admitted("EUR", lines, read_options(options), on=date(2026, 10, 30))


def test_options_that_are_not_those_the_round_was_opened_with_are_found_out(
    network: Network, url: str, ring: Ring
) -> None:
    number = open_round(network)
    owner = psycopg2.connect(url.replace("bizoverbiz@", "postgres@"))
    with owner, owner.cursor() as cursor:
        cursor.execute("UPDATE round SET options = %s", ('{"whole": true}',))
    owner.close()
    cut(network, number)
    with pytest.raises(ViolationError, match="the options: what is stored is not what the audit log names"):
        verify(network, number)
