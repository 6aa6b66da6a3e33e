"""An agreed sale counts once both parties have registered it alike, and no more once it is invoiced."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bizoverbiz.matching import Side
from bizoverbiz.matching.commitments import CommitmentState, Registration, commitment_state, to_set_off
from bizoverbiz.matching.references import (
    ALPHABET,
    CommitmentReferenceError,
    canonical_reference,
    with_check_character,
)
from bizoverbiz.notices import verify_notice
from bizoverbiz.rounds.options import set_network_options
from bizoverbiz.store.database import WORKER

from .client import Member
from .conftest import SIRENS, Network
from .operating import decide, notices, propose, report, set_off

#: 1,000 euros, the least there is.
AMOUNT = 100_000
_payloads = st.text(ALPHABET, min_size=12, max_size=12)


@given(_payloads)
def test_a_reference_may_be_written_with_spaces_and_small_letters(payload: str) -> None:
    reference = with_check_character(payload)
    assert len(reference) == 13
    assert canonical_reference(f" {reference[:4].lower()}-{reference[4:9]} {reference[9:]}") == reference


@given(_payloads, st.integers(0, 12), st.sampled_from(ALPHABET))
def test_one_mistyped_character_of_a_reference_is_noticed(payload: str, place: int, char: str) -> None:
    reference = with_check_character(payload)
    mistyped = reference[:place] + char + reference[place + 1 :]
    if mistyped != reference:
        with pytest.raises(CommitmentReferenceError):
            canonical_reference(mistyped)


def test_nearly_every_swap_of_two_neighbours_in_a_reference_is_noticed() -> None:
    swaps = missed = 0
    for first, second in permutations(ALPHABET, 2):
        reference = with_check_character("7K2M" + first + second + "B41QXC")
        swaps += 1
        try:
            canonical_reference(reference[:4] + second + first + reference[6:])
        except CommitmentReferenceError:
            continue
        missed += 1
    assert missed / swaps < 0.04


_days = st.integers(0, 5).map(lambda days: date(2026, 11, 1) + timedelta(days=days))
_registrations = st.builds(
    Registration,
    st.sampled_from(Side),
    st.sampled_from(["EUR", "USD"]),
    st.sampled_from([1000, 2000]),
    st.just(date(2026, 1, 1)),
    st.just(date(2026, 12, 1)),
    _days,
    st.booleans(),
    st.sampled_from([False, False, True]),
)


@given(st.lists(_registrations, min_size=1, max_size=2, unique_by=lambda one: one.side), _days, st.integers(0, 3000))
def test_only_what_both_register_alike_and_let_be_set_off_is_an_obligation(
    sides: list[Registration], on: date, decided: int
) -> None:
    state = commitment_state(sides, on)
    assert state is commitment_state(sides[::-1], on)
    amount = to_set_off(sides, on, decided)
    assert amount == to_set_off(sides[::-1], on, decided)
    counts = len(sides) == 2 and not any(one.fulfilled for one in sides) and all(one.expires_on >= on for one in sides)
    alike = len({(one.currency, one.amount) for one in sides}) == 1
    assert (state is CommitmentState.MATCHED) == (counts and alike)
    assert amount == (
        max(0, sides[0].amount - decided) if counts and alike and all(one.nettable for one in sides) else 0
    )


def register(member: Member, side: str, counterpart: Member, **more: Any) -> Any:
    return register_raw(member, {"side": side, "counterpart": counterpart.identifier} | more)


def register_raw(member: Member, more: dict[str, Any]) -> Any:
    body = {
        "currency": "EUR",
        "amount": AMOUNT,
        "agreed_on": "2026-11-01",
        "due_date": "2027-03-31",
        "nettable": True,
    }
    return member.call("POST", "/v1/commitments", body | more)


def shown(member: Member) -> dict[str, Any]:
    (found,) = member.get("/v1/commitments")["commitments"]
    return dict(found)


def slug(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].rsplit("/")[-1]


@pytest.fixture
def agreed(network: Network, two: tuple[Member, Member]) -> str:
    """A sells to B under the reference that the engine made for A; both have registered it."""
    a, b = two
    reference = register(a, "receivable", b).json()["reference"]
    assert register(b, "payable", a, reference=reference).status_code == 201
    network.work()
    return str(reference)


def test_the_first_side_is_given_a_reference_and_the_other_sees_what_it_may_confirm(
    network: Network, two: tuple[Member, Member]
) -> None:
    a, b = two
    answer = register(a, "receivable", b, description="40 pumps")
    assert answer.status_code == 201
    own = answer.json()
    assert (own["state"], own["side"], own["counterpart"]) == ("one-sided", "receivable", b.identifier)
    assert canonical_reference(own["reference"]) == own["reference"]
    network.work()
    seen = shown(b)
    assert (seen["reference"], seen["side"], seen["own"], seen["state"]) == (
        own["reference"],
        "payable",
        None,
        "one-sided",
    )
    assert seen["theirs"] == own["own"]
    assert seen["matched_amount"] == 0


def test_a_reference_agreed_elsewhere_is_taken_from_either_side(network: Network, two: tuple[Member, Member]) -> None:
    a, b = two
    reference = with_check_character("SALE20261122")
    assert register(b, "payable", a, reference=reference).json()["state"] == "one-sided"
    matched = register(a, "receivable", b, reference=reference.lower()).json()
    assert (matched["state"], matched["reference"]) == ("matched", reference)


@pytest.mark.parametrize("change", [{"amount": AMOUNT + 1}, {"due_date": "2027-04-01"}, {"currency": "USD"}])
def test_registrations_that_differ_do_not_match_until_one_is_corrected(
    network: Network, two: tuple[Member, Member], change: dict[str, Any]
) -> None:
    a, b = two
    reference = register(a, "receivable", b).json()["reference"]
    answer = register(b, "payable", a, reference=reference, **change).json()
    assert (answer["state"], answer["differences"]) == ("differs", list(change))
    network.work()
    assert shown(a)["matched_amount"] == 0
    assert register(b, "payable", a, reference=reference).json()["state"] == "matched"
    network.work()
    assert shown(a)["matched_amount"] == AMOUNT


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"amount": AMOUNT - 1}, None),
        ({"amount": 99_999_901}, None),
        ({"currency": "JPY", "amount": 999}, None),
        ({"amount": "1000"}, "amount"),
        ({"reference": "7K2MW9RB41QX0"}, "reference"),
        ({"counterpart": SIRENS[0]}, "counterpart"),
        ({"counterpart": SIRENS[2]}, "counterpart"),
        ({"expires_on": "2027-04-01"}, None),
        ({"expires_on": "2026-10-31"}, None),
        ({"side": "both"}, "side"),
    ],
)
def test_what_is_no_commitment_is_refused(
    two: tuple[Member, Member], change: dict[str, Any], field: str | None
) -> None:
    answer = register_raw(two[0], {"side": "receivable", "counterpart": two[1].identifier} | change)
    assert slug(answer) == (422, "malformed")
    assert answer.json().get("field") == field
    assert two[0].get("/v1/commitments")["commitments"] == []


def test_one_reference_stands_for_one_sale_of_a_member(network: Network, two: tuple[Member, Member]) -> None:
    a, b = two
    c = network.member(SIRENS[2])
    reference = register(a, "receivable", b).json()["reference"]
    assert slug(register(a, "receivable", c, reference=reference)) == (422, "malformed")
    assert slug(register(a, "payable", b, reference=reference)) == (422, "malformed")
    # Two others may have agreed on the same characters: nobody learns of it.
    assert register(c, "receivable", b, reference=reference).json()["state"] == "one-sided"
    assert [one["counterpart"] for one in a.get("/v1/commitments")["commitments"]] == [b.identifier]
    assert len(b.get("/v1/commitments")["commitments"]) == 2


def test_a_matched_commitment_is_set_off_with_invoices_and_once(
    network: Network, two: tuple[Member, Member], agreed: str
) -> None:
    a, b = two
    a.declare(a.line("payable", b, "B-1", AMOUNT))
    b.declare(b.line("receivable", a, "B-1", AMOUNT))
    number = propose(network)
    for member in two:
        member.approve(member.statement())
    decide(network, number)
    assert set_off(network, number) == 2 * AMOUNT
    assert notices(network, a) == notices(network, b) == [AMOUNT]
    network.work()
    assert shown(a)["matched_amount"] == 0


def test_statement_and_notice_say_what_is_a_commitment_and_what_is_sold(
    network: Network, two: tuple[Member, Member]
) -> None:
    a, b = two
    reference = register(a, "receivable", b, description="40 pumps").json()["reference"]
    register(b, "payable", a, reference=reference, description="what Anna ordered")
    a.declare(a.line("payable", b, "B-1", 40_000))
    b.declare(b.line("receivable", a, "B-1", 40_000))
    number = propose(network)
    said = {"B-1": (None, None), reference: (reference, "40 pumps")}
    for member in two:
        statement = member.statement()
        assert {one["number"]: (one["commitment"], one["description"]) for one in statement["lines"]} == said
        member.approve(statement)
        # What is said afterwards is for another round.
        register(a, "receivable", b, reference=reference, description="40 blue pumps")
    decide(network, number)
    keys = network.http.get("/v1/keys").json()
    for member in two:
        (entry,) = member.get("/v1/notices")["notices"]
        lines = verify_notice(entry["jws"], keys).lines
        assert {one.number: (one.commitment, one.description) for one in lines} == said
        left = {one.number: (one.amount_open, one.set_off, one.remaining) for one in lines}
        assert left == {"B-1": (40_000, 40_000, 0), reference: (AMOUNT, 40_000, AMOUNT - 40_000)}
    network.work()
    assert shown(a)["matched_amount"] == AMOUNT - 40_000


def test_posted_obligations_are_set_off_before_commitments(
    network: Network, two: tuple[Member, Member], agreed: str
) -> None:
    a, b = two
    a.declare(a.line("payable", b, "B-1", AMOUNT), a.line("receivable", b, "A-1", AMOUNT))
    b.declare(b.line("receivable", a, "B-1", AMOUNT), b.line("payable", a, "A-1", AMOUNT))
    propose(network)
    proposed = {one["number"]: one["proposed"] for one in b.statement()["lines"]}
    assert proposed == {"B-1": AMOUNT, "A-1": AMOUNT, agreed: 0}


def test_a_commitment_is_not_set_off_unless_both_allow_it(network: Network, two: tuple[Member, Member]) -> None:
    a, b = two
    reference = register(a, "receivable", b).json()["reference"]
    register(b, "payable", a, reference=reference, nettable=False)
    network.work()
    assert (shown(a)["state"], shown(a)["matched_amount"]) == ("matched", 0)


def test_a_network_may_leave_commitments_out_of_its_rounds(
    network: Network, two: tuple[Member, Member], agreed: str
) -> None:
    a, b = two
    with network.store.transaction(WORKER) as tx:
        set_network_options(tx, ["commitments=false"])
    a.declare(a.line("payable", b, "B-1", AMOUNT))
    b.declare(b.line("receivable", a, "B-1", AMOUNT))
    number = propose(network)
    assert [one["matched"] for one in report(network, number)["currencies"]] == [AMOUNT]


@pytest.mark.parametrize("side", ["receivable", "payable"])
def test_an_invoice_under_the_reference_takes_the_place_of_the_commitment(
    network: Network, two: tuple[Member, Member], agreed: str, side: str
) -> None:
    a, b = two
    assert shown(a)["matched_amount"] == AMOUNT
    sells = a.line("receivable", b, "F-1", AMOUNT, commitment=agreed)
    buys = b.line("payable", a, "F-1", AMOUNT, commitment=agreed)
    first, second = ((a, sells), (b, buys)) if side == "receivable" else ((b, buys), (a, sells))
    first[0].declare(first[1])
    network.work()
    assert (shown(a)["state"], shown(b)["state"], shown(a)["matched_amount"]) == ("fulfilled", "fulfilled", 0)
    second[0].declare(second[1])
    network.work()
    assert a.get("/v1/declarations")["lines"][0]["state"] == "matched"
    # Paid, and so declared no more: the commitment does not come back.
    a.declare()
    b.declare()
    network.work()
    assert (shown(a)["state"], shown(a)["matched_amount"]) == ("fulfilled", 0)
    assert slug(register(a, "receivable", b, reference=agreed)) == (409, "too-late")
    assert slug(a.call("PUT", f"/v1/commitments/{agreed}/withdrawal")) == (409, "too-late")


def test_what_was_set_off_of_a_commitment_is_taken_off_its_invoice_until_the_books_have_it(
    network: Network, two: tuple[Member, Member], agreed: str
) -> None:
    a, b = two
    a.declare(a.line("payable", b, "B-1", 40_000))
    b.declare(b.line("receivable", a, "B-1", 40_000))
    number = propose(network)
    for member in two:
        member.approve(member.statement())
    decide(network, number)
    a.declare(a.line("receivable", b, "F-1", AMOUNT, commitment=agreed))
    b.declare(b.line("payable", a, "F-1", AMOUNT, commitment=agreed))
    network.work()
    assert a.get("/v1/declarations")["lines"][0]["matched_amount"] == AMOUNT - 40_000


def test_an_invoice_after_the_approval_takes_the_commitment_out_of_the_decision(
    network: Network, two: tuple[Member, Member], agreed: str
) -> None:
    a, b = two
    a.declare(a.line("payable", b, "B-1", AMOUNT))
    b.declare(b.line("receivable", a, "B-1", AMOUNT))
    number = propose(network)
    for member in two:
        member.approve(member.statement())
    a.declare(a.line("payable", b, "B-1", AMOUNT), a.line("receivable", b, "F-1", AMOUNT, commitment=agreed))
    decide(network, number)
    assert set_off(network, number) == 0


def test_a_commitment_that_is_withdrawn_counts_no_more(
    network: Network, two: tuple[Member, Member], agreed: str
) -> None:
    a, b = two
    assert a.call("PUT", f"/v1/commitments/{agreed}/withdrawal").json() == {"reference": agreed, "withdrawn": True}
    network.work()
    assert (shown(b)["state"], shown(b)["theirs"], shown(b)["matched_amount"]) == ("one-sided", None, 0)
    assert slug(a.call("PUT", f"/v1/commitments/{agreed}/withdrawal")) == (404, "not-found")
    assert slug(a.call("PUT", "/v1/commitments/nonsense/withdrawal")) == (404, "not-found")


def test_a_commitment_expires_on_the_earlier_of_both_days(network: Network, two: tuple[Member, Member]) -> None:
    a, b = two
    reference = register(a, "receivable", b, expires_on="2026-11-30").json()["reference"]
    register(b, "payable", a, reference=reference)
    network.work()
    assert (shown(a)["state"], shown(a)["matched_amount"]) == ("matched", AMOUNT)
    network.clock.advance(days=9)
    network.work()
    assert (shown(a)["state"], shown(a)["matched_amount"]) == ("expired", 0)


def test_a_stranger_neither_sees_nor_withdraws_a_commitment(
    network: Network, two: tuple[Member, Member], agreed: str
) -> None:
    stranger = network.member(SIRENS[2])
    assert stranger.get("/v1/commitments")["commitments"] == []
    assert slug(stranger.call("PUT", f"/v1/commitments/{agreed}/withdrawal")) == (404, "not-found")
    assert shown(two[0])["state"] == "matched"


def test_commitments_come_a_page_at_a_time(network: Network, two: tuple[Member, Member]) -> None:
    a, b = two
    references = sorted(register(a, "receivable", b).json()["reference"] for _ in range(3))
    register(b, "payable", a, reference=references[0])
    first = b.get("/v1/commitments", limit=2)
    rest = b.get("/v1/commitments", limit=2, after=first["next"])
    assert [one["reference"] for one in first["commitments"] + rest["commitments"]] == references
    assert rest["next"] is None
