"""Two members through a whole round, by HTTP only."""

from __future__ import annotations

from bizoverbiz.notices import verify_notice

from .client import Member
from .conftest import Network
from .operating import cut, open_round, round_state, verify


def test_two_members_set_off_what_they_owe_each_other(network: Network, two: tuple[Member, Member]) -> None:
    seller, buyer = two
    owed_to_seller = ("INV/2026/00012", 50_000_00)
    owed_to_buyer = ("F-77", 40_000_00)
    declared = seller.declare(
        seller.line("receivable", buyer, *owed_to_seller), seller.line("payable", buyer, *owed_to_buyer)
    )
    assert declared.status_code == 200, declared.text
    assert declared.json()["accepted"] == 2
    buyer.declare(
        buyer.line("payable", seller, "inv-2026-12", 50_000_00), buyer.line("receivable", seller, *owed_to_buyer)
    )
    network.work()
    assert {line["state"] for line in seller.get("/v1/declarations")["lines"]} == {"matched"}
    assert seller.get("/v1/discrepancies")["discrepancies"] == []

    number = open_round(network)
    cut(network, number)
    for member in two:
        statement = member.statement()
        assert (statement["state"], statement["receivable"], statement["payable"]) == ("proposed", 4000000, 4000000)
        assert all(line["reference"].startswith(member.identifier) for line in statement["lines"])
        assert member.approve(statement).json()["state"] == "approved"
    network.work()
    assert round_state(network, number) == "decided"

    keys = network.http.get("/v1/keys").json()
    for member in two:
        (entry,) = member.get("/v1/notices", after=0)["notices"]
        notice = verify_notice(entry["jws"], keys)
        assert (notice.member, notice.total, notice.number) == (member.identifier, 4000000, 1)
        assert {line.number for line in notice.lines} == {"INV/2026/00012", "F-77"}
        for booked in ([], [3999999, 2], [4000001]):
            wrong = [{"entry": "BOB/1", "date": "2026-11-22", "currency": "EUR", "amount": part} for part in booked]
            refused = member.call("PUT", "/v1/notices/1/acknowledgement", {"booked": wrong})
            assert (refused.status_code, refused.json()["field"]) == (422, "booked")
        other = [{"entry": "BOB/1", "date": "2026-11-22", "currency": "CHF", "amount": 4000000}]
        refused = member.call("PUT", "/v1/notices/1/acknowledgement", {"booked": other})
        assert (refused.status_code, refused.json()["type"].rsplit("/")[-1]) == (422, "wrong-total")
        assert member.get("/v1/notices")["notices"][0]["acknowledged"] is False
        parts = [("BOB/1", 1000000), ("BOB/2", 3000000)]
        body = {
            "booked": [
                {"entry": entry, "date": "2026-11-22", "currency": "EUR", "amount": amount} for entry, amount in parts
            ]
        }
        answer = member.call("PUT", "/v1/notices/1/acknowledgement", body)
        assert answer.json() == {"number": 1, "acknowledged": True}
        assert member.statement()["state"] == "decided"
    network.work()
    assert round_state(network, number) == "closed"
    assert len(verify(network, number)) == 8
