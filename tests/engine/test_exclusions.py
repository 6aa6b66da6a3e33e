"""What a member does not offer stays out; why is its own business."""

from __future__ import annotations

from typing import Any

import pytest

from .client import Member
from .conftest import SIRENS, Network, Ring
from .operating import decide, notices, propose, set_off

FLAGS = ["factored", "pledged", "blocked", "retention"]


def declared(member: Member, number: str) -> dict[str, Any]:
    (found,) = [one for one in member.get("/v1/declarations")["lines"] if one["number"] == number]
    return dict(found)


@pytest.mark.parametrize("flag", FLAGS)
def test_an_encumbered_claim_is_not_set_off_and_only_its_owner_learns_why(
    network: Network, two: tuple[Member, Member], flag: str
) -> None:
    a, b = two
    a.declare(a.line("receivable", b, "F-1", 1000, encumbrance=flag))
    b.declare(b.line("payable", a, "F-1", 1000))
    network.work()
    own, others = declared(a, "F-1"), declared(b, "F-1")
    assert (own["state"], own["matched_amount"], own["encumbrance"]) == ("excluded", 0, flag)
    assert "block" in own["reason"] if flag == "blocked" else flag in own["reason"]
    assert (others["state"], others["matched_amount"]) == ("excluded", 0)
    assert others["reason"] == f"{a.identifier} does not offer it for set-off"
    for path in ("/v1/declarations", "/v1/discrepancies", "/v1/suggestions", "/v1/statements"):
        assert flag not in b.call("GET", path).text, path


def test_retention_money_is_left_out_and_the_rest_is_offered(network: Network, two: tuple[Member, Member]) -> None:
    a, b = two
    a.declare(a.line("receivable", b, "F-1", 1000))
    b.declare(b.line("payable", a, "F-1", 1000, encumbrance="retention", amount_encumbered=50))
    network.work()
    assert (declared(a, "F-1")["state"], declared(a, "F-1")["matched_amount"]) == ("matched", 950)
    assert declared(a, "F-1")["reason"] == f"{b.identifier} does not offer all of it for set-off"
    assert "50 of 1000 minor units" in declared(b, "F-1")["reason"]
    assert a.get("/v1/discrepancies")["discrepancies"] == []


def test_what_is_disputed_and_what_is_encumbered_add_up(network: Network, two: tuple[Member, Member]) -> None:
    a, b = two
    a.declare(a.line("receivable", b, "F-1", 1000, encumbrance="pledged", amount_encumbered=300))
    b.declare(b.line("payable", a, "F-1", 1000, amount_disputed=200, dispute_code="QUA"))
    network.work()
    assert declared(b, "F-1")["matched_amount"] == 800 - 100
    (dispute,) = a.get("/v1/discrepancies")["discrepancies"]
    assert (dispute["kind"], dispute["disputed_by"], dispute["dispute_code"]) == ("disputed", "debtor", "QUA")
    codes = (dispute["way_out"]["creditor"]["code"], dispute["way_out"]["debtor"]["code"])
    assert codes == ("answer-dispute", "settle-dispute")


def test_a_dispute_of_both_sides_is_for_both_to_settle(network: Network, two: tuple[Member, Member]) -> None:
    a, b = two
    a.declare(a.line("receivable", b, "F-1", 1000, amount_disputed=100, dispute_reason="price"))
    b.declare(b.line("payable", a, "F-1", 1000, amount_disputed=200, dispute_reason="broken"))
    network.work()
    (dispute,) = b.get("/v1/discrepancies")["discrepancies"]
    assert dispute["disputed_by"] == "both"
    assert "price" in dispute["reason"]
    assert "broken" in dispute["reason"]
    assert {way["code"] for way in dispute["way_out"].values()} == {"settle-dispute"}
    assert declared(a, "F-1")["matched_amount"] == 800


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"encumbrance": "lost"}, "encumbrance"),
        ({"amount_encumbered": 10}, "amount_encumbered"),
        ({"encumbrance": "retention", "amount_encumbered": 1001}, "amount_encumbered"),
        ({"encumbrance": "retention", "amount_encumbered": -1}, "amount_encumbered"),
        ({"dispute_code": "XXX"}, "dispute_code"),
        ({"commitment": "0123456789BC4"}, "commitment"),
    ],
)
def test_a_flag_that_makes_no_sense_is_refused_by_its_field(
    two: tuple[Member, Member], change: dict[str, Any], field: str
) -> None:
    a, b = two
    told = a.declare(a.line("receivable", b, "F-1", 1000) | change).json()
    assert (told["refused"], told["lines"][0]["field"]) == (1, field)


@pytest.mark.parametrize("flag", FLAGS)
def test_a_flag_set_after_approval_takes_the_line_out_of_the_decision(network: Network, ring: Ring, flag: str) -> None:
    a, b, c = ring
    number = propose(network)
    for member in ring:
        member.approve(member.statement())
    c.declare(c.line("receivable", b, "C-1", 1000, encumbrance=flag), c.line("payable", a, "A-1", 1000))
    decide(network, number)
    # The ring over C is gone; what A and B owe each other remains.
    assert set_off(network, number) == 600
    assert (notices(network, a), notices(network, c)) == ([300], [])


def test_retention_money_flagged_after_approval_lowers_the_ceiling(network: Network, ring: Ring) -> None:
    a, b, c = ring
    number = propose(network)
    for member in ring:
        member.approve(member.statement())
    flagged = c.line("receivable", b, "C-1", 1000, encumbrance="retention", amount_encumbered=100)
    c.declare(flagged, c.line("payable", a, "A-1", 1000))
    decide(network, number)
    assert (notices(network, c), notices(network, a)) == ([900], [1200])
    assert "retention" not in b.call("GET", "/v1/notices").text


def test_a_counterpart_outside_the_network_is_told_as_such(network: Network) -> None:
    a, stranger = network.member(SIRENS[0]), network.candidate(SIRENS[1])
    a.declare(a.line("receivable", stranger, "F-1", 1000))
    network.work()
    found = declared(a, "F-1")
    assert (found["state"], found["reason"]) == (
        "counterpart-not-member",
        f"{stranger.identifier} is not a member of the network",
    )
