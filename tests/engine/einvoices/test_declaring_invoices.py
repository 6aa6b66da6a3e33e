"""Documents sent to the API: judged one by one, kept like lines."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from ..client import Member
from ..conftest import Network
from .samples import BUYER, MINIMUM, SELLER, cii, facturx, ubl


def document(data: bytes, **more: Any) -> dict[str, Any]:
    return {"content": b64encode(data).decode()} | more


def send(member: Member, *documents: Any, last_notice: int = 0, **options: Any) -> Any:
    body = {"last_notice": last_notice, "documents": list(documents)}
    return member.call("POST", "/v1/declarations/invoices", body, **options)


def test_one_invoice_sent_by_both_firms_is_matched(network: Network, two: tuple[Member, Member]) -> None:
    seller, buyer = two
    assert (seller.identifier, buyer.identifier) == (SELLER, BUYER)
    assert send(seller, document(facturx(cii()))).status_code == 200
    answer = send(buyer, document(ubl(), reference="in/42.xml"))
    assert answer.json()["lines"] == [
        {
            "index": 0,
            "status": "accepted",
            "reference": "in/42.xml",
            "side": "payable",
            "counterpart": SELLER,
            "number": "F-2026-001",
            "currency": "EUR",
            "amount_total": 12000,
            "amount_open": 10000,
            "issue_date": "2026-09-01",
            "due_date": "2026-10-31",
        }
    ]
    network.work()
    (line,) = buyer.get("/v1/declarations")["lines"]
    assert (line["state"], line["matched_amount"], line["reference"]) == ("matched", 10000, "in/42.xml")


def test_a_refused_document_is_told_and_the_others_are_kept(two: tuple[Member, Member]) -> None:
    seller, _ = two
    answer = send(
        seller,
        document(ubl(), reference="1.xml"),
        document(cii()),
        document(ubl(number="F-2", open="99.00"), reference="2.xml"),
        {"content": "no base64!"},
        {"contents": "typo"},
        "no object",
        document(ubl("CreditNote", number="A-1")),
        document(cii(MINIMUM, number="F-3")),
    )
    assert answer.status_code == 422
    body = answer.json()
    assert body["type"].endswith("/lines-refused")
    assert (body["accepted"], body["refused"], body["withdrawn"]) == (2, 6, 0)
    fields = [(line["index"], line["field"]) for line in body["lines"] if line["status"] == "refused"]
    assert fields == [(1, "BT-1"), (2, "BT-115"), (3, "content"), (4, "content"), (5, "document"), (6, "BT-3")]
    assert body["lines"][2]["reference"] == "2.xml"
    kept = seller.get("/v1/declarations")["lines"]
    assert sorted(line["number"] for line in kept) == ["F-2026-001", "F-3"]


def test_documents_never_withdraw_what_was_declared_before(two: tuple[Member, Member]) -> None:
    seller, buyer = two
    seller.declare(seller.line("receivable", buyer, "A-1", 500))
    send(seller, document(ubl()))
    assert len(seller.get("/v1/declarations")["lines"]) == 2


def test_what_the_books_say_is_open_and_disputed_goes_before_the_invoice(two: tuple[Member, Member]) -> None:
    seller, _ = two
    answer = send(seller, document(ubl(), amount_open=4000, amount_disputed=1000, dispute_reason="two boards split"))
    assert answer.json()["lines"][0]["amount_open"] == 4000
    refused = send(seller, document(ubl(), amount_open=12001)).json()["lines"][0]
    assert (refused["field"], refused["status"]) == ("amount_open", "refused")


def test_the_limits_of_a_line_are_told_by_their_business_term(two: tuple[Member, Member]) -> None:
    seller, _ = two
    huge = "20000000000.00"
    refused = send(
        seller,
        document(ubl(number="9" * 101)),
        document(ubl(number="---")),
        document(ubl(issued="1066-10-14")),
        document(ubl(total=huge, open=huge, paid=None)),
    ).json()["lines"]
    assert [line["field"] for line in refused] == ["BT-1", "BT-1", "BT-2", "BT-112"]


def test_a_repeated_request_gets_the_same_answer(two: tuple[Member, Member]) -> None:
    seller, _ = two
    first = send(seller, document(ubl()), key="once")
    assert send(seller, document(ubl()), key="once").json() == first.json()
    assert send(seller, document(cii()), key="once").json()["type"].endswith("/idempotency-conflict")


def test_a_body_that_is_no_batch_is_refused_whole(two: tuple[Member, Member]) -> None:
    seller, _ = two
    for body in ({"documents": []}, {"last_notice": 0, "documents": [{}] * 101}, {"last_notice": 0}):
        answer = seller.call("POST", "/v1/declarations/invoices", body)
        assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (422, "malformed")
    assert send(seller, document(ubl()), last_notice=1).json()["field"] == "last_notice"
