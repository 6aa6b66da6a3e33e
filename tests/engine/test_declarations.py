"""What members declare is judged line by line, and what is good is kept."""

from __future__ import annotations

from typing import Any

import pytest

from .client import Member
from .conftest import SIRENS, Network


def numbers(member: Member) -> list[str]:
    return [line["number"] for line in member.get("/v1/declarations")["lines"]]


#: What makes a line wrong, and the field that is named.
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"amount_open": 10.5}, "amount_open"),
    ({"amount_open": 10.0}, "amount_open"),
    ({"amount_open": "1000"}, "amount_open"),
    ({"amount_open": True}, "amount_open"),
    ({"amount_open": None}, "amount_open"),
    ({"amount_open": -1}, "amount_open"),
    ({"amount_open": 1001}, "amount_open"),
    ({"amount_open": float("nan")}, "amount_open"),
    ({"amount_open": float("inf")}, "amount_open"),
    ({"amount_total": 10**14}, "amount_total"),
    ({"amount_total": 10**400}, "amount_total"),
    ({"amount_disputed": 1001}, "amount_disputed"),
    ({"counterpart": SIRENS[0]}, "counterpart"),
    ({"counterpart": "123456789"}, "counterpart"),
    ({"counterpart": 200000008}, "counterpart"),
    ({"counterpart": "9" * 500}, "counterpart"),
    ({"currency": "EURO"}, "currency"),
    ({"currency": "eur"}, "currency"),
    ({"currency": "XTS"}, "currency"),
    ({"side": "both"}, "side"),
    ({"number": ""}, "number"),
    ({"number": "///"}, "number"),
    ({"number": "x" * 101}, "number"),
    ({"number": "nul\x00"}, "number"),
    ({"number": "half \ud800"}, "number"),
    ({"currency": "\ud800"}, "currency"),
    ({"counterpart": "\ud800"}, "counterpart"),
    ({"dispute_reason": "\ud800"}, "dispute_reason"),
    ({"reference": "\ud800"}, "reference"),
    ({"\ud800": 1}, "line"),
    ({"reference": "x" * 201}, "reference"),
    ({"issue_date": "2026-02-30"}, "issue_date"),
    ({"issue_date": "26-01-01"}, "issue_date"),
    ({"issue_date": 20260101}, "issue_date"),
    ({"issue_date": "0001-01-01"}, "issue_date"),
    ({"due_date": "9999-12-31"}, "due_date"),
    ({"due_date": "2026-01-01T00:00:00"}, "due_date"),
    ({"due_date": "2026-W01-1"}, "due_date"),
    ({"surprise": 1}, "surprise"),
]


def test_each_wrong_line_is_refused_by_its_field_and_the_rest_is_kept(two: tuple[Member, Member]) -> None:
    member, partner = two
    good = member.line("receivable", partner, "F-1", 1000)
    for change, field in WRONG:
        answer = member.declare(member.line("receivable", partner, "F-2", 1000) | change, good)
        assert answer.status_code == 422, (change, answer.text)
        told = answer.json()
        assert told["type"].endswith("/lines-refused")
        assert (told["accepted"], told["refused"]) == (1, 1), change
        assert (told["lines"][0]["status"], told["lines"][0]["field"]) == ("refused", field), change
        assert told["lines"][0]["reason"]
        assert told["lines"][1] == {"index": 1, "status": "accepted"}
        assert numbers(member) == ["F-1"]


def test_all_wrong_lines_in_one_batch_are_refused_one_by_one(two: tuple[Member, Member]) -> None:
    member, partner = two
    wrong = [member.line("receivable", partner, "F-2", 1000) | change for change, _field in WRONG]
    told = member.declare(*wrong, member.line("receivable", partner, "F-1", 1000)).json()
    assert [line.get("field") for line in told["lines"]] == [field for _change, field in WRONG] + [None]
    assert numbers(member) == ["F-1"]


@pytest.mark.parametrize("line", [None, 5, "x", [], {}])
def test_a_line_that_is_no_object_is_refused_alone(two: tuple[Member, Member], line: Any) -> None:
    answer = two[0].declare(line, two[0].line("receivable", two[1], "F-1", 1000))
    assert (answer.status_code, answer.json()["accepted"]) == (422, 1)


@pytest.mark.parametrize("raw", [b"{", b"\xff", b"[" * 100_000, b"nothing", b'{"full":1e999}'])
def test_a_body_that_is_no_json_is_malformed_as_a_whole(two: tuple[Member, Member], raw: bytes) -> None:
    answer = two[0].call("POST", "/v1/declarations", raw=raw)
    assert answer.status_code in (400, 422)
    assert answer.json()["type"].endswith("/malformed")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"full": "yes", "last_notice": 0, "lines": []}, "full"),
        ({"full": True, "last_notice": -1, "lines": []}, "last_notice"),
        ({"full": True, "last_notice": 10**30, "lines": []}, "last_notice"),
        ({"full": True, "last_notice": 0, "lines": {}}, "lines"),
        ({"full": True, "last_notice": 0}, "lines"),
        ({"full": True, "last_notice": 0, "lines": [{}] * 10_001}, "lines"),
        ({"full": True, "last_notice": 1, "lines": []}, "last_notice"),
    ],
)
def test_a_body_of_another_form_is_malformed_and_keeps_nothing(
    two: tuple[Member, Member], body: dict[str, Any], field: str
) -> None:
    answer = two[0].call("POST", "/v1/declarations", body)
    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert answer.json()["type"].endswith("/malformed")


def test_the_second_of_two_equal_lines_is_refused_and_the_first_kept(two: tuple[Member, Member]) -> None:
    member, partner = two
    answer = member.declare(
        member.line("receivable", partner, "F-1", 1000), member.line("receivable", partner, " F-1 ", 2000)
    )
    assert (answer.status_code, answer.json()["lines"][1]["field"]) == (422, "number")
    assert member.get("/v1/declarations")["lines"][0]["amount_open"] == 1000


def test_a_full_declaration_withdraws_what_is_absent(two: tuple[Member, Member]) -> None:
    member, partner = two
    member.declare(member.line("receivable", partner, "F-1", 1000), member.line("receivable", partner, "F-2", 1000))
    assert member.declare(member.line("receivable", partner, "F-2", 1000)).json()["withdrawn"] == 1
    assert numbers(member) == ["F-2"]


def test_a_partial_declaration_withdraws_nothing(two: tuple[Member, Member]) -> None:
    member, partner = two
    member.declare(member.line("receivable", partner, "F-1", 1000))
    member.declare(member.line("receivable", partner, "F-2", 1000), full=False)
    assert numbers(member) == ["F-1", "F-2"]


@pytest.mark.parametrize("change", [{"amount_open": -1}, {"currency": "??", "amount_open": 1}, {"counterpart": "?"}])
def test_a_refused_line_withdraws_nothing(two: tuple[Member, Member], change: dict[str, Any]) -> None:
    member, partner = two
    line = member.line("receivable", partner, "F-1", 1000)
    member.declare(line)
    answer = member.declare(line | change)
    assert answer.json()["withdrawn"] == 0
    assert numbers(member) == ["F-1"]


def test_the_same_write_with_the_same_key_is_done_once(two: tuple[Member, Member]) -> None:
    member, partner = two
    first, again = (member.declare(member.line("receivable", partner, "F-1", -1), key="k") for _ in range(2))
    assert (first.status_code, first.json()) == (again.status_code, again.json())


def test_the_same_key_with_another_body_is_a_conflict(two: tuple[Member, Member]) -> None:
    member, partner = two
    member.declare(member.line("receivable", partner, "F-1", 1000), key="k")
    answer = member.declare(member.line("receivable", partner, "F-2", 1000), key="k")
    assert (answer.status_code, answer.json()["type"].rsplit("/")[-1]) == (409, "idempotency-conflict")
    assert numbers(member) == ["F-1"]


def test_two_members_may_use_the_same_idempotency_key(two: tuple[Member, Member]) -> None:
    member, partner = two
    assert member.declare(member.line("receivable", partner, "F-1", 1000), key="k").status_code == 200
    assert partner.declare(partner.line("payable", member, "F-1", 1000), key="k").status_code == 200


@pytest.mark.parametrize("key", ["x" * 201, "with space"])
def test_an_idempotency_key_is_short_and_visible(two: tuple[Member, Member], key: str) -> None:
    assert two[0].declare(key=key).json()["field"] == "Idempotency-Key"


def test_an_invoice_number_may_be_in_any_script(network: Network, two: tuple[Member, Member]) -> None:
    member, partner = two
    member.declare(member.line("receivable", partner, "Facture № 12 été 東京", 1000))
    partner.declare(partner.line("payable", member, "facture no 12 ete 東京", 1000))
    network.work()
    assert member.get("/v1/declarations")["lines"][0]["state"] == "matched"


def test_both_sides_see_a_discrepancy_each_with_its_own_mark(network: Network, two: tuple[Member, Member]) -> None:
    member, partner = two
    member.declare(member.line("receivable", partner, "F-1", 1000), member.line("receivable", partner, "F-2", 500))
    partner.declare(partner.line("payable", member, "F-1", 800))
    network.work()
    for seen_by, reference in ((member, f"{SIRENS[0]}:F-1"), (partner, f"{SIRENS[1]}:F-1")):
        differ, missing = seen_by.get("/v1/discrepancies")["discrepancies"]
        assert (differ["kind"], differ["creditor_amount"], differ["debtor_amount"]) == ("amounts-differ", 1000, 800)
        assert differ["reference"] == reference
        assert (missing["kind"], missing["debtor_amount"]) == ("missing-at-debtor", None)
    assert partner.get("/v1/discrepancies")["discrepancies"][1]["reference"] is None
    partner.declare(partner.line("payable", member, "F-1", 1000), partner.line("payable", member, "F-2", 500))
    network.work()
    assert member.get("/v1/discrepancies") == {"discrepancies": [], "next": None}


def test_a_partner_that_joins_later_is_noticed(network: Network) -> None:
    member, partner = network.member(SIRENS[0]), network.candidate(SIRENS[1])
    member.declare(member.line("receivable", partner, "F-1", 1000))
    network.work()
    assert member.get("/v1/declarations")["lines"][0]["state"] == "counterpart-not-member"
    partner.join(network.invite())
    network.work()
    assert member.get("/v1/declarations")["lines"][0]["state"] == "unmatched"
