"""A mistyped number is suggested to both sides, and counts once both have confirmed it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bizoverbiz.matching import Declared, Pair, Side, number_key
from bizoverbiz.matching.numbers import letters_and_digits
from bizoverbiz.matching.suggest import suggest

from .client import Member
from .conftest import SIRENS, Network
from .operating import decide, notices, propose, set_off

A, B = SIRENS[:2]


def line(id_: int, side: Side, number: str, **more: Any) -> Declared:
    own, other = (A, B) if side is Side.RECEIVABLE else (B, A)
    made = Declared(id_, own, side, other, number, "EUR", 1000, 0, date(2026, 9, 1), date(2026, 10, 31))
    return replace(made, **{"amount_total": 1000} | more)


def distance(one: str, other: str) -> int:
    """Optimal string alignment, by the book: wrong, missing, surplus or swapped characters."""
    rows = [[max(i, j) if not i * j else 0 for j in range(len(other) + 1)] for i in range(len(one) + 1)]
    for i in range(1, len(one) + 1):
        for j in range(1, len(other) + 1):
            wrong = one[i - 1] != other[j - 1]
            rows[i][j] = min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + wrong)
            if i > 1 and j > 1 and one[i - 1] == other[j - 2] and one[i - 2] == other[j - 1]:
                rows[i][j] = min(rows[i][j], rows[i - 2][j - 2] + 1)
    return rows[-1][-1]


def alike(one: str, other: str) -> bool:
    def spellings(number: str) -> list[str]:
        return [letters_and_digits(number), number_key(number).replace(".", "")]

    words, others = (number_key(number).split(".") for number in (one, other))
    return (
        any(distance(a, b) <= 1 for a in spellings(one) for b in spellings(other))
        or (len(words) < len(others) and others[-len(words) :] == words)
        or (len(others) < len(words) and words[-len(others) :] == others)
    )


def by_comparing_all(lines: list[Declared], rejected: list[Pair]) -> list[Pair]:
    def pair(one: Declared, other: Declared) -> Pair:
        return Pair(one.creditor, one.debtor, one.currency, one.number, other.number, one.amount_total)

    edges = [
        (one, other)
        for one in lines
        for other in lines
        if (one.side, other.side) == (Side.RECEIVABLE, Side.PAYABLE)
        and one.still_open
        and other.still_open
        and not other.decided
        and not other.paired
        and one.amount_total == other.amount_total
        and (one.issue_date == other.issue_date or (one.due_date is not None and one.due_date == other.due_date))
        and alike(one.number, other.number)
        and pair(one, other) not in rejected
    ]
    return sorted(
        pair(one, other)
        for one, other in edges
        if sum(one is a for a, _ in edges) == 1 and sum(other is b for _, b in edges) == 1
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("INV/2026/00012", "INV/2026/00021"),
        ("INV/2026/00012", "INV202600012"),
        ("INV/2026/00012", "INV/2026/0012x"),
        ("INV/2026/00012", "2026-12"),
        ("INV/2026/00012", "12"),
        ("INV/2026/00012", "INW/2026/12"),
        ("1/12", "11/2"),
    ],
)
def test_a_number_with_one_slip_is_like_the_right_one(one: str, other: str) -> None:
    assert number_key(one) != number_key(other)
    (found,) = suggest([line(1, Side.RECEIVABLE, one), line(2, Side.PAYABLE, other)])
    assert found.pair == (A, B, "EUR", one, other, 1000)
    assert found.number_key == number_key(one)


@pytest.mark.parametrize(
    "change",
    [
        {"number": "INV-21-9"},
        {"amount_total": 1001},
        {"amount_open": 0},
        {"currency": "USD"},
        {"issue_date": date(2026, 9, 2), "due_date": None},
        {"decided": 1},
        {"paired": True},
    ],
)
def test_what_differs_in_more_than_a_slip_is_not_suggested(change: dict[str, Any]) -> None:
    payable = replace(line(2, Side.PAYABLE, "INV-21"), **change)
    assert suggest([line(1, Side.RECEIVABLE, "INV-12"), payable]) == ()


def test_what_is_like_several_is_suggested_to_nobody() -> None:
    lines = [line(1, Side.RECEIVABLE, "F-1"), line(2, Side.PAYABLE, "F-2"), line(3, Side.PAYABLE, "F-3")]
    assert suggest(lines) == ()
    rejected = [Pair(A, B, "EUR", "F-1", "F-3", 1000)]
    assert [one.pair.debtor_number for one in suggest(lines, rejected=rejected)] == ["F-2"]


def test_a_thousand_lines_alike_are_told_apart_without_comparing_them_all() -> None:
    lines = [line(2 * i, Side.RECEIVABLE, f"{chr(0x4E00 + i)}") for i in range(3000)]
    lines += [line(2 * i + 1, Side.PAYABLE, f"{chr(0x6E00 + i)}") for i in range(3000)]
    assert suggest(lines) == ()


_numbers = st.one_of(
    st.sampled_from(["INV/2026/12", "INV/2026/21", "INV-2026-012", "INV202612", "2026-12", "12", "21", "1/2", "2-1"]),
    st.text("12-A", min_size=1, max_size=4).filter(number_key),
)
_lines = st.builds(
    line,
    st.just(0),
    st.sampled_from(Side),
    _numbers,
    amount_total=st.sampled_from([1000, 1000, 2000]),
    amount_open=st.sampled_from([500, 500, 500, 0]),
    issue_date=st.sampled_from([date(2026, 9, 1), date(2026, 9, 2)]),
    due_date=st.sampled_from([None, date(2026, 10, 1), date(2026, 10, 2)]),
    decided=st.sampled_from([0, 0, 0, 5]),
)


@given(st.lists(_lines, max_size=9), st.randoms(), st.data())
@example([], None, None)
def test_suggestions_are_those_that_comparing_all_with_all_gives_in_any_order(
    lines: list[Declared], random: Any, data: Any
) -> None:
    # One line a number and side: others are ambiguous, and never come here.
    known = {(one.side, one.number): replace(one, id=index) for index, one in enumerate(lines)}
    lines = list(known.values())
    first = by_comparing_all(lines, [])
    rejected = data.draw(st.lists(st.sampled_from(first), unique=True)) if first else []
    expected = by_comparing_all(lines, rejected)
    assert [one.pair for one in suggest(lines, rejected=rejected)] == expected
    if random:
        random.shuffle(lines)
    assert [one.pair for one in suggest(lines, rejected=rejected)] == expected


def mistyped(network: Network, two: tuple[Member, Member]) -> dict[str, Any]:
    """B owes A an invoice that it has entered with two digits swapped, and A owes B as much."""
    a, b = two
    a.declare(a.line("receivable", b, "F-2026-12", 1000), a.line("payable", b, "B-1", 1000))
    b.declare(b.line("payable", a, "F-2026-21", 1000), b.line("receivable", a, "B-1", 1000))
    network.work()
    (found,) = b.get("/v1/suggestions")["suggestions"]
    return dict(found)


def answer(member: Member, suggestion: dict[str, Any], verdict: str) -> Any:
    body = {"answer": verdict, "answered_by": "claire@example.com"}
    return member.call("PUT", f"/v1/suggestions/{suggestion['id']}/answer", body)


def states(member: Member) -> dict[str, str]:
    return {one["number"]: one["state"] for one in member.get("/v1/declarations")["lines"]}


def test_both_sides_see_the_suggestion_and_nothing_matches_yet(network: Network, two: tuple[Member, Member]) -> None:
    a = two[0]
    found = mistyped(network, two)
    assert a.get("/v1/suggestions")["suggestions"] == [found]
    assert (found["creditor_number"], found["debtor_number"], found["state"]) == ("F-2026-12", "F-2026-21", "open")
    assert (found["answer"], found["amount_total"]) == (None, 1000)
    missing = a.get("/v1/discrepancies")["discrepancies"]
    assert [one["kind"] for one in missing] == ["missing-at-debtor", "missing-at-creditor"]
    assert {one["suggestion"] for one in missing} == {found["id"]}
    assert {one["way_out"][side]["code"] for one in missing for side in ("creditor", "debtor")} == {"answer-suggestion"}


def test_a_suggestion_counts_once_both_have_confirmed_it(network: Network, two: tuple[Member, Member]) -> None:
    a, b = two
    found = mistyped(network, two)
    answered = answer(a, found, "confirm")
    assert (answered.status_code, answered.json()["answer"], answered.json()["state"]) == (200, "confirm", "open")
    network.work()
    assert states(a)["F-2026-12"] == "unmatched"
    assert b.get("/v1/suggestions")["suggestions"][0]["answer"] is None
    answer(b, found, "confirm")
    network.work()
    assert (states(a)["F-2026-12"], states(b)["F-2026-21"]) == ("matched", "matched")
    assert a.get("/v1/discrepancies")["discrepancies"] == []
    assert b.get("/v1/suggestions", state="confirmed")["suggestions"][0]["id"] == found["id"]


def test_a_confirmed_pair_is_set_off_as_one_obligation_and_only_once(
    network: Network, two: tuple[Member, Member]
) -> None:
    a, b = two
    found = mistyped(network, two)
    answer(a, found, "confirm")
    answer(b, found, "confirm")
    number = propose(network)
    for member in two:
        member.approve(member.statement())
    decide(network, number)
    assert set_off(network, number) == 2000
    assert notices(network, a) == notices(network, b) == [1000]
    # Neither side's books contain the notice yet, so nothing is left; whatever is declared again under either number.
    b.declare(b.line("payable", a, "F-2026-12", 1000), b.line("receivable", a, "B-1", 1000))
    network.work()
    assert set(states(a).values()) | set(states(b).values()) == {"settled"}
    b.declare(b.line("payable", a, "F-2026-21", 1000), b.line("receivable", a, "B-1", 1000))
    network.work()
    assert set(states(a).values()) | set(states(b).values()) == {"settled"}


def test_a_confirmed_pair_stays_matched_when_the_lines_are_declared_again(
    network: Network, two: tuple[Member, Member]
) -> None:
    a, b = two
    found = mistyped(network, two)
    answer(a, found, "confirm")
    answer(b, found, "confirm")
    network.work()
    b.declare()
    network.work()
    assert states(a)["F-2026-12"] == "unmatched"
    b.declare(b.line("payable", a, "F-2026-21", 1000, amount_open=700))
    network.work()
    assert states(b) == {"F-2026-21": "matched"}
    assert "amounts-differ" in {one["kind"] for one in a.get("/v1/discrepancies")["discrepancies"]}
    b.declare(b.line("payable", a, "F-2026-12", 1000))
    network.work()
    assert states(b) == {"F-2026-12": "matched"}


def test_a_rejected_pair_is_not_suggested_again_while_the_lines_are_the_same(
    network: Network, two: tuple[Member, Member]
) -> None:
    a, b = two
    found = mistyped(network, two)
    answer(a, found, "confirm")
    answer(b, found, "reject")
    network.work()
    assert b.get("/v1/suggestions")["suggestions"][0]["state"] == "rejected"
    b.declare()
    network.work()
    b.declare(b.line("payable", a, "F-2026-21", 1000))
    network.work()
    assert a.get("/v1/suggestions", state="open")["suggestions"] == []
    b.declare(b.line("payable", a, "F-2026-13", 1000))
    network.work()
    (other,) = a.get("/v1/suggestions", state="open")["suggestions"]
    assert other["debtor_number"] == "F-2026-13"


def test_an_answer_may_be_changed_until_the_suggestion_is_settled(network: Network, two: tuple[Member, Member]) -> None:
    a, b = two
    found = mistyped(network, two)
    answer(a, found, "reject")
    assert answer(a, found, "confirm").json()["answer"] == "confirm"
    answer(b, found, "confirm")
    network.work()
    assert answer(a, found, "confirm").status_code == 200
    late = answer(a, found, "reject")
    assert (late.status_code, late.json()["type"].rsplit("/")[-1]) == (409, "too-late")


def test_a_suggestion_that_is_no_more_cannot_be_answered(network: Network, two: tuple[Member, Member]) -> None:
    a, b = two
    found = mistyped(network, two)
    answer(a, found, "confirm")
    b.declare()
    network.work()
    assert a.get("/v1/suggestions")["suggestions"] == []
    assert answer(a, found, "confirm").status_code == 404


def test_a_suggestion_is_nobody_elses(network: Network, two: tuple[Member, Member]) -> None:
    found = mistyped(network, two)
    stranger = network.member(SIRENS[2])
    assert stranger.get("/v1/suggestions")["suggestions"] == []
    for id_ in (found["id"], "nonsense"):
        refused = answer(stranger, {"id": id_}, "confirm")
        assert (refused.status_code, refused.json()["type"].rsplit("/")[-1]) == (404, "not-found")


def test_suggestions_come_a_page_at_a_time(network: Network, two: tuple[Member, Member]) -> None:
    a, b = two
    a.declare(*(a.line("receivable", b, f"{letter}{letter}-1", 1000) for letter in "ABCDE"))
    b.declare(*(b.line("payable", a, f"{letter}{letter}-2", 1000) for letter in "ABCDE"))
    network.work()
    seen, after = [], {}
    while True:
        page = a.get("/v1/suggestions", limit=2, **after)
        seen += [one["creditor_number"] for one in page["suggestions"]]
        if page["next"] is None:
            break
        after = {"after": page["next"]}
    assert seen == ["AA-1", "BB-1", "CC-1", "DD-1", "EE-1"]
