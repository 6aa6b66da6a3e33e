"""What members declare is judged line by line, and what is good is kept."""

from __future__ import annotations

from typing import Any

import pytest

from bizoverbiz.rounds import collection
from bizoverbiz.store.database import WORKER

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


def part(member: Member, number: int, parts: int, *lines: dict[str, Any], name: str = "d1", **more: Any) -> Any:
    body = {"full": True, "last_notice": 0, "lines": list(lines), "declaration": name, "part": number, "parts": parts}
    return member.call("POST", "/v1/declarations", body | more)


def slug(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].rsplit("/")[-1]


def test_a_full_declaration_in_parts_withdraws_once_all_are_here(two: tuple[Member, Member]) -> None:
    member, partner = two
    member.declare(*(member.line("receivable", partner, f"F-{n}", 1000) for n in range(4)))
    last = part(member, 3, 3, member.line("receivable", partner, "F-3", 1000)).json()
    assert (last["withdrawn"], last["missing"]) == (0, [1, 2])
    first = part(member, 1, 3, member.line("receivable", partner, "F-1", 1000)).json()
    assert (first["withdrawn"], first["missing"]) == (0, [2])
    assert numbers(member) == ["F-0", "F-1", "F-2", "F-3"]
    middle = part(member, 2, 3, member.line("receivable", partner, "F-2", 1000)).json()
    assert (middle["withdrawn"], middle["missing"]) == (1, [])
    assert numbers(member) == ["F-1", "F-2", "F-3"]


def test_a_line_declared_while_the_parts_come_in_is_not_withdrawn(two: tuple[Member, Member]) -> None:
    member, partner = two
    member.declare(member.line("receivable", partner, "F-0", 1000))
    part(member, 1, 2, member.line("receivable", partner, "F-1", 1000))
    member.declare(member.line("receivable", partner, "F-9", 1000), full=False)
    assert part(member, 2, 2).json()["withdrawn"] == 1
    assert numbers(member) == ["F-1", "F-9"]


def test_a_refused_line_of_any_part_withdraws_nothing(two: tuple[Member, Member]) -> None:
    member, partner = two
    lines = [member.line("receivable", partner, f"F-{n}", 1000) for n in range(3)]
    member.declare(*lines)
    assert part(member, 1, 2, lines[0] | {"amount_open": -1}, {"reference": lines[1]["reference"]}).status_code == 422
    assert part(member, 2, 2).json()["withdrawn"] == 1
    assert numbers(member) == ["F-0", "F-1"]


def test_parts_that_do_not_fit_are_refused_whole(two: tuple[Member, Member]) -> None:
    member, partner = two
    lines = [member.line("receivable", partner, "F-1", 1000)]
    for change in (
        {"part": 3, "parts": 2},
        {"part": 0, "parts": 2},
        {"declaration": None, "part": 1, "parts": 2},
        {"full": False},
        {"withdraw": [{name: lines[0][name] for name in ("side", "counterpart", "number", "currency")}]},
        {"sequence": -1},
    ):
        body = {"full": True, "last_notice": 0, "lines": lines, "declaration": "d1", "part": 1, "parts": 2}
        assert slug(member.call("POST", "/v1/declarations", body | change)) == (422, "malformed"), change
    assert numbers(member) == []


def test_parts_of_a_declaration_that_is_over_are_refused(network: Network, two: tuple[Member, Member]) -> None:
    member, partner = two
    line = member.line("receivable", partner, "F-1", 1000)
    part(member, 1, 3, line, name="unfinished")
    assert slug(part(member, 2, 4, name="unfinished")) == (422, "malformed")
    member.declare(line)
    assert slug(part(member, 2, 3, name="unfinished")) == (409, "too-late")
    part(member, 1, 1, line, name="whole")
    assert slug(part(member, 1, 1, line, name="whole")) == (409, "too-late")
    part(member, 1, 2, line, name="slow")
    network.clock.advance(hours=25)
    late = part(member, 2, 2, name="slow")
    assert slug(late) == (409, "too-late")
    assert "more than 24 hours ago" in late.json()["detail"]
    assert numbers(member) == ["F-1"]


def test_a_delayed_older_declaration_never_overwrites_a_newer_one(two: tuple[Member, Member]) -> None:
    member, partner = two

    def declare(sequence: int | None, amount: int, **more: Any) -> Any:
        body = {"full": False, "last_notice": 0, "lines": [member.line("receivable", partner, "F-1", amount)]}
        return member.call("POST", "/v1/declarations", body | {"sequence": sequence} | more)

    assert declare(5, 500).status_code == 200
    assert slug(declare(4, 400)) == (409, "out-of-date")
    assert slug(declare(5, 450)) == (409, "out-of-date")
    assert slug(declare(4, 400, full=True, lines=[])) == (409, "out-of-date")
    assert member.get("/v1/declarations")["lines"][0]["amount_open"] == 500
    assert declare(6, 600).status_code == 200
    assert declare(None, 700).status_code == 200
    assert part(member, 1, 2, sequence=7).status_code == 200
    assert part(member, 2, 2, sequence=7).json()["withdrawn"] == 1


def test_a_part_that_comes_after_a_newer_declaration_is_refused(two: tuple[Member, Member]) -> None:
    member, partner = two
    part(member, 1, 2, member.line("receivable", partner, "F-1", 1000), sequence=1)
    newer = {"full": False, "last_notice": 0, "sequence": 2, "lines": [member.line("receivable", partner, "F-1", 900)]}
    member.call("POST", "/v1/declarations", newer)
    assert slug(part(member, 2, 2, member.line("receivable", partner, "F-1", 1000), sequence=1)) == (409, "out-of-date")
    assert member.get("/v1/declarations")["lines"][0]["amount_open"] == 900


def test_single_lines_are_withdrawn_without_declaring_the_others_again(
    network: Network, two: tuple[Member, Member]
) -> None:
    member, partner = two
    lines = [member.line("receivable", partner, f"F-{n}", 1000) for n in range(3)]
    member.declare(*lines)
    partner.declare(*(partner.line("payable", member, f"F-{n}", 1000) for n in range(3)))
    network.work()
    keys = [{name: line[name] for name in ("side", "counterpart", "number", "currency")} for line in lines[:2]]
    unknown = keys[0] | {"number": "F-7"}
    body = {"full": False, "last_notice": 0, "lines": [], "withdraw": [*keys, unknown]}
    assert member.call("POST", "/v1/declarations", body).json()["withdrawn"] == 2
    assert numbers(member) == ["F-2"]
    network.work()
    missing = partner.get("/v1/discrepancies")["discrepancies"]
    assert [(one["kind"], one["number"]) for one in missing] == [
        ("missing-at-creditor", "F-0"),
        ("missing-at-creditor", "F-1"),
    ]


def test_more_lines_than_a_member_may_declare_are_refused_and_nothing_is_lost(
    two: tuple[Member, Member], monkeypatch: pytest.MonkeyPatch
) -> None:
    member, partner = two
    monkeypatch.setitem(collection.declare.__kwdefaults__, "max_lines", 2)
    lines = [member.line("receivable", partner, f"F-{n}", 1000) for n in range(3)]
    assert member.declare(*lines[:2]).status_code == 200
    for full in (True, False):
        answer = member.declare(*lines[2 * (not full) :], full=full)
        assert slug(answer) == (409, "too-many-lines")
        assert "3 lines would be declared, and at most 2 may be" in answer.json()["detail"]
    assert numbers(member) == ["F-0", "F-1"]
    assert member.declare(*lines[1:]).status_code == 200
    assert numbers(member) == ["F-1", "F-2"]


def test_declarations_and_discrepancies_come_a_page_at_a_time(network: Network, two: tuple[Member, Member]) -> None:
    member, partner = two
    member.declare(
        *(member.line(side, partner, f"F-{n}", 1000) for n in range(3) for side in ("payable", "receivable"))
    )
    network.work()
    for path, rows in (("/v1/declarations", "lines"), ("/v1/discrepancies", "discrepancies")):
        whole = member.get(path)
        assert (len(whole[rows]), whole["next"]) == (6, None)
        paged, after = [], {}
        while True:
            page = member.get(path, limit=4, **after)
            paged += page[rows]
            if page["next"] is None:
                break
            after = {"after": page["next"]}
        assert paged == whole[rows]
        assert slug(member.call("GET", f"{path}?after=nonsense")) == (422, "malformed")
        assert slug(member.call("GET", f"{path}?limit=0")) == (422, "malformed")


def test_each_discrepancy_says_what_either_side_can_do(network: Network, two: tuple[Member, Member]) -> None:
    member, partner = two
    member.declare(
        member.line("receivable", partner, "A-1", 1000),
        member.line("payable", partner, "B-1", 1000),
        member.line("receivable", partner, "C-1", 1000),
        member.line("receivable", partner, "D-1", 1000),
        member.line("receivable", partner, "D/1", 1000),
    )
    partner.declare(partner.line("payable", member, "C-1", 900))
    network.work()
    found = partner.get("/v1/discrepancies")["discrepancies"]
    ways = {one["number"]: (one["way_out"]["creditor"]["code"], one["way_out"]["debtor"]["code"]) for one in found}
    assert ways == {
        "A-1": ("ask-debtor", "enter-or-dispute"),
        "B-1": ("declare-or-deny", "check-number"),
        "C-1": ("reconcile", "reconcile"),
        "D-1": ("renumber", "renumber"),
    }
    assert all(way["text"].endswith(".") for one in found for way in one["way_out"].values())


def test_what_is_declared_again_unchanged_is_not_matched_again(network: Network, two: tuple[Member, Member]) -> None:
    member, partner = two
    lines = [member.line("receivable", partner, "F-1", 1000)]
    member.declare(*lines)
    network.work()
    member.declare(*lines)
    with network.store.transaction(WORKER) as tx:
        assert not tx.one("changes_pending").pending
    member.declare(lines[0] | {"amount_open": 900})
    with network.store.transaction(WORKER) as tx:
        assert tx.one("changes_pending").pending
