"""Standing mandates: what is approved in advance, by whose rules, and that it may still be lowered."""

from __future__ import annotations

import json
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bizoverbiz.rounds.mandates import CounterpartRule, CurrencyRule, MandateLine, MandateRules, approve
from bizoverbiz.store.database import WORKER

from .client import Member
from .conftest import AMOUNT, SIRENS, Network, Ring
from .operating import propose, set_off, verify

ON = date(2026, 11, 22)
EUR = {"currency": "EUR"}


def give(member: Member, **rules: Any) -> Any:
    body = {
        "given_by": "claire@example.com",
        "valid_until": "2026-12-31",
        "rules": {"currencies": [EUR]} | rules,
    }
    return member.call("PUT", "/v1/member/mandate", body)


def test_a_mandate_approves_at_the_proposal_and_a_round_is_decided_without_a_person(
    network: Network, ring: Ring
) -> None:
    for member in ring:
        assert give(member).status_code == 200
    number = propose(network)
    statement = ring[0].statement()
    assert (statement["state"], statement["answered_by"]) == (
        "approved",
        "mandate of claire@example.com given on 2026-11-22",
    )
    assert all(line["approved"] == line["proposed"] for line in statement["lines"])
    assert network.work()
    assert set_off(network, number) == 3 * AMOUNT + 600
    verify(network, number)
    with network.store.transaction(WORKER) as tx:
        answers = [json.loads(one.body) for one in tx.all("audit_entries", round=number) if one.kind == "answered"]
    assert {one["answer"]["answered_by"] for one in answers} == {"mandate of claire@example.com given on 2026-11-22"}
    assert all(UUID(one["answer"]["mandate"]) for one in answers)


def test_what_a_mandate_approved_may_be_lowered_and_refused(network: Network, ring: Ring) -> None:
    a, b, c = ring
    for member in ring:
        give(member)
    number = propose(network)
    statement = a.statement()
    assert a.approve(statement, [min(line["approved"], 200) for line in statement["lines"]]).status_code == 200
    assert a.approve(statement).json()["type"].endswith("/approval-raised")
    assert c.refuse(c.statement()).json()["state"] == "refused"
    assert b.statement()["state"] == "approved"
    network.work()
    assert set_off(network, number) == 2 * 200


def test_a_mandate_is_shown_replaced_and_ended(network: Network, two: tuple[Member, Member]) -> None:
    a, _ = two
    assert a.call("GET", "/v1/member/mandate").status_code == 404
    first = give(a)
    assert a.get("/v1/member/mandate") == first.json()
    assert first.json()["rules"]["whole"] is False
    stale = a.call("GET", "/v1/member/mandate").headers["ETag"]
    assert give(a, whole=True).json()["rules"]["whole"] is True
    assert two[1].call("GET", "/v1/member/mandate").status_code == 404, "it is nobody else's"
    refused = a.call("DELETE", "/v1/member/mandate", headers={"If-Match": stale})
    assert refused.json()["type"].endswith("/changed-meanwhile")
    assert a.call("DELETE", "/v1/member/mandate").json() == {"ended": True}
    assert a.call("DELETE", "/v1/member/mandate").status_code == 404


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"valid_until": "2026-11-21"}, "valid_until"),
        ({"rules": {"currencies": []}}, "rules.currencies"),
        ({"rules": {"currencies": [EUR, EUR]}}, "rules"),
        ({"rules": {"currencies": [EUR | {"per_line": -1}]}}, "rules.currencies.0.per_line"),
        ({"rules": {"currencies": [EUR], "only_counterparts": ["123456789"]}}, "rules.only_counterparts.0"),
    ],
)
def test_a_mandate_that_means_nothing_is_refused(
    network: Network, two: tuple[Member, Member], change: dict[str, Any], field: str
) -> None:
    body = {"given_by": "claire@example.com", "valid_until": "2026-12-31", "rules": {"currencies": [EUR]}} | change
    refused = two[0].call("PUT", "/v1/member/mandate", body)
    assert (refused.status_code, refused.json()["field"]) == (422, field)


@pytest.mark.parametrize(
    "rules",
    [
        {"currencies": [{"currency": "CHF"}]},
        {"only_counterparts": [SIRENS[4]]},
        {"currencies": [EUR | {"per_round": 0}]},
    ],
)
def test_what_a_mandate_does_not_cover_waits_for_a_person(network: Network, ring: Ring, rules: dict[str, Any]) -> None:
    give(ring[0], **rules)
    propose(network)
    assert ring[0].statement()["state"] == "proposed"
    assert ring[0].approve(ring[0].statement()).json()["state"] == "approved"


def test_a_line_outside_the_mandate_may_be_approved_by_a_person_afterwards(network: Network, ring: Ring) -> None:
    a, b, c = ring
    for member in (b, c):
        give(member)
    give(a, only_counterparts=[c.identifier])
    number = propose(network)
    statement = a.statement()
    assert {line["number"]: line["approved"] for line in statement["lines"]} == {
        "A-1": AMOUNT,
        "A-2": None,
        "B-1": None,
        "B-2": None,
    }
    assert a.approve(statement).status_code == 200
    network.work()
    assert set_off(network, number) == 3 * AMOUNT + 600


def test_a_mandate_that_has_run_out_approves_nothing(network: Network, ring: Ring) -> None:
    give(ring[0])
    network.clock.advance(days=40)
    propose(network)
    assert ring[0].statement()["state"] == "proposed"


amounts = st.integers(0, 50)
limits = st.one_of(st.none(), amounts)
lines = st.lists(
    st.builds(
        MandateLine,
        id=st.builds(uuid4),
        side=st.sampled_from(["receivable", "payable"]),
        counterpart=st.sampled_from(["X", "Y", "Z"]),
        due_date=st.sampled_from([None, date(2026, 11, 1), date(2026, 12, 1)]),
        ceiling=st.integers(10, 50),
        proposed=st.integers(0, 10),
    ),
    max_size=8,
)
rules = st.builds(
    MandateRules,
    currencies=st.tuples(
        st.builds(CurrencyRule, currency=st.just("EUR"), per_round=limits, per_line=limits, per_counterpart=limits)
    ),
    counterparts=st.tuples(
        st.builds(CounterpartRule, counterpart=st.just("X"), currency=st.just("EUR"), per_round=amounts)
    ),
    only_counterparts=st.sampled_from([None, ("X", "Y")]),
    only_overdue=st.booleans(),
    whole=st.booleans(),
)


@given(rules, lines)
def test_no_mandate_approves_beyond_its_limits(rules: MandateRules, lines: list[MandateLine]) -> None:
    approved = approve(rules, "EUR", lines, on=ON)
    rule = rules.currencies[0]
    for side in ("receivable", "payable"):
        own = [line for line in lines if line.side == side]
        total = sum(approved.get(line.id, 0) for line in own)
        assert rule.per_round is None or total <= rule.per_round
        for firm in ("X", "Y", "Z"):
            with_firm = sum(approved.get(line.id, 0) for line in own if line.counterpart == firm)
            most = rules.counterparts[0].per_round if firm == "X" else rule.per_counterpart
            assert most is None or with_firm <= most
    for line in lines:
        amount = approved.get(line.id, 0)
        assert 0 <= amount <= (line.ceiling if rules.whole else line.proposed)
        assert rule.per_line is None or amount <= rule.per_line
        if rules.only_overdue and (line.due_date is None or line.due_date >= ON):
            assert line.id not in approved
        if rules.only_counterparts and line.counterpart not in rules.only_counterparts:
            assert line.id not in approved
    assert approve(rules, "CHF", lines, on=ON) == {}


@given(lines)
def test_without_limits_all_that_is_proposed_is_approved_and_with_whole_all_that_matches(
    lines: list[MandateLine],
) -> None:
    for whole in (False, True):
        rules = MandateRules(currencies=(CurrencyRule(currency="EUR"),), whole=whole)
        approved = approve(rules, "EUR", lines, on=ON)
        wanted = {line.id: line.ceiling if whole else line.proposed for line in lines}
        assert approved == (wanted if any(wanted.values()) else {})
