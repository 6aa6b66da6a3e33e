"""Commitments are netted after what is posted, and everybody who may see the round can verify that."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

from bizoverbiz.netting import net_columns
from bizoverbiz.rounds.checking import VERIFIABLE, ViolationError, check_problem, in_columns
from bizoverbiz.rounds.options import NetworkOptions, set_network_options
from bizoverbiz.rounds.previewing import compute_if_due
from bizoverbiz.rounds.problem import pose
from bizoverbiz.rounds.record import load
from bizoverbiz.store.database import WORKER

from .client import Member
from .conftest import SIRENS, Network
from .operating import decide, propose, report, set_off, verify
from .test_commitments import AMOUNT, register
from .test_verifying import tamper

#: Of what A owes B, the two are quits over this much by invoices alone.
QUITS = 40_000
Firms = tuple[Member, Member, Member]


@pytest.fixture
def firms(network: Network, two: tuple[Member, Member]) -> Firms:
    """A owes B on an invoice; B owes A on a smaller one, and by two commitments B owes C and C owes A.

    The loop of three would take all that A owes B, and leave nothing for what B owes A by invoice.
    """
    a, b = two
    c = network.member(SIRENS[2])
    a.declare(a.line("payable", b, "B-1", AMOUNT), a.line("receivable", b, "A-1", QUITS))
    b.declare(b.line("receivable", a, "B-1", AMOUNT), b.line("payable", a, "A-1", QUITS))
    for seller, buyer in ((c, b), (a, c)):
        reference = register(seller, "receivable", buyer, due_date="2026-11-30").json()["reference"]
        register(buyer, "payable", seller, reference=reference, due_date="2026-11-30")
    return a, b, c


def amounts(statement: dict[str, Any], name: str = "proposed") -> dict[str, int]:
    return {"commitment" if one["commitment"] else one["number"]: one[name] for one in statement["lines"]}


@pytest.mark.parametrize("whole_ceilings", [False, True])
def test_what_is_posted_gets_what_it_would_get_alone(network: Network, firms: Firms, whole_ceilings: bool) -> None:
    a, _, c = firms
    number = propose(network)
    expected = {"B-1": AMOUNT, "A-1": QUITS, "commitment": AMOUNT - QUITS}
    assert amounts(a.statement()) == expected
    for member in firms:
        statement = member.statement()
        most = [one["ceiling"] if whole_ceilings else one["proposed"] for one in statement["lines"]]
        member.approve(statement, most)
    decide(network, number)
    assert amounts(a.statement(), "set_off") == expected
    assert set(amounts(c.statement(), "set_off").values()) == {AMOUNT - QUITS}
    total = 2 * QUITS + 3 * (AMOUNT - QUITS)
    assert set_off(network, number) == total
    (described,) = report(network, number)["currencies"]
    assert (described["optimum_verified"], described["optimal"], described["bound"]) == (True, True, total)
    told = [one for one in verify(network, number) if "of what is left of it with commitments" in one]
    assert [one.split(":")[0] for one in told] == ["EUR proposal", "EUR decision"]


def test_whoever_refuses_commitments_takes_nothing_from_what_is_posted(network: Network, firms: Firms) -> None:
    a, b, c = firms
    number = propose(network)
    for member in (a, b):
        member.approve(member.statement())
    c.refuse(c.statement())
    decide(network, number)
    assert amounts(a.statement(), "set_off") == {"B-1": QUITS, "A-1": QUITS, "commitment": 0}
    verify(network, number)


def test_caps_of_the_network_hold_for_both_stages_together(network: Network, firms: Firms) -> None:
    with network.store.transaction(WORKER) as tx:
        set_network_options(tx, ["limits.EUR.member_cap=50000", f"limits.EUR.member_caps.{SIRENS[1]}=45000"])
    number = propose(network)
    assert amounts(firms[0].statement()) == {"B-1": 45_000, "A-1": QUITS, "commitment": 5_000}
    verify(network, number)


def test_a_preview_counts_both_stages(network: Network, firms: Firms) -> None:
    with network.store.transaction(WORKER) as tx:
        set_network_options(tx, ["preview.members=3"])
    network.work()
    compute_if_due(network.store, now=network.clock())
    shown = [member.get("/v1/preview")["preview"][0]["set_off"] for member in firms]
    assert shown == [AMOUNT, AMOUNT, AMOUNT - QUITS]


Change = Callable[[dict[str, Any]], None]


def _no_second_stage(document: dict[str, Any]) -> None:
    del document["commitments"]


def _other_share(document: dict[str, Any]) -> None:
    """A cent of what the first stage set off is said to be the second's."""
    after = document["commitments"]
    (key,) = [one for one in after["set_off"] if ">commitment " not in one]
    after["set_off"][key] += 1


def _left_out(document: dict[str, Any]) -> None:
    document["commitments"] = {"left_out": "there was no time"}


def _unknown_line(document: dict[str, Any]) -> None:
    document["commitments"]["set_off"]["nobody>nothing"] = 1


def _greater_bound(document: dict[str, Any]) -> None:
    document["commitments"]["potentials"] = {}


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (_no_second_stage, "not netted after"),
        (_other_share, "off|differ|adds? up|sum"),
        (_left_out, "own stage"),
        (_unknown_line, "there are not"),
        (_greater_bound, "certificate"),
    ],
)
def test_a_changed_stage_is_found_out(network: Network, url: str, firms: Firms, change: Change, found: str) -> None:
    number = propose(network)
    verify(network, number)
    with network.store.transaction(WORKER) as tx:
        document = dict(tx.one("problems", round=number).proposal_certificate)
    change(document)
    tamper(url, f"UPDATE round_problem SET proposal_certificate = '{json.dumps(document)}'")
    with pytest.raises(ViolationError, match=found):
        verify(network, number)


def test_a_round_from_before_there_were_stages_is_checked_by_its_one_certificate(
    network: Network, firms: Firms
) -> None:
    assert firms
    number, on = propose(network), network.clock().date()
    with network.store.transaction(WORKER) as tx:
        lines = in_columns(load(tx, number).lines)
    posed = pose("EUR", lines, NetworkOptions(), on=on, ceiling="ceiling")
    together = net_columns(posed.columns, posed.members, on=on, rules=posed.rules)
    lines = posed.lines.select(*VERIFIABLE).with_columns(
        pl.col("debtor", "creditor").cast(pl.String), proposed=pl.Series(together.set_off)
    )
    assert together.certificate.total == 3 * AMOUNT
    problem = SimpleNamespace(
        currency="EUR",
        proposed=together.certificate.total,
        proposal_certificate=together.certificate.to_json(),
        set_off=None,
        decision_certificate=None,
    )
    assert check_problem(problem, lines, NetworkOptions(), on=on, staged=False)
    with pytest.raises(ViolationError, match="not netted after"):
        check_problem(problem, lines, NetworkOptions(), on=on)
