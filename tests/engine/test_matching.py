"""Two sides of an obligation, and everything that can be wrong between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bizoverbiz.matching import (
    Absence,
    Declared,
    IdentifierError,
    Kind,
    Matching,
    Side,
    State,
    canonical_identifier,
    match,
    number_key,
)

A, B, STRANGER = "100000009", "200000008", "300000007"
MEMBERS = {A, B}


def receivable(id_: int = 1, number: str = "INV/2026/00012", amount: int = 1000, **more: object) -> Declared:
    line = Declared(id_, A, Side.RECEIVABLE, B, number, "EUR", amount, 0, date(2026, 9, 1), date(2026, 10, 31))
    return replace(line, **more)  # type: ignore[arg-type]


def payable(id_: int = 2, number: str = "INV/2026/00012", amount: int = 1000, **more: object) -> Declared:
    line = Declared(id_, B, Side.PAYABLE, A, number, "EUR", amount, 0, date(2026, 9, 2), date(2026, 11, 2))
    return replace(line, **more)  # type: ignore[arg-type]


def matched(*lines: Declared, absent: Mapping[str, Absence] | None = None) -> Matching:
    return match(lines, members=MEMBERS, absent=absent or {})


def kinds(found: Matching) -> list[Kind]:
    return [one.kind for one in found.discrepancies]


def test_equal_declarations_make_one_obligation_with_the_creditors_number_and_dates() -> None:
    found = matched(receivable(), payable(number="inv-2026-12"))
    (obligation,) = found.obligations
    assert (obligation.creditor, obligation.debtor, obligation.amount) == (A, B, 1000)
    assert (obligation.number, obligation.issue_date) == ("INV/2026/00012", date(2026, 9, 1))
    assert found.discrepancies == ()
    assert {verdict.state for verdict in found.verdicts.values()} == {State.MATCHED}


def test_different_amounts_match_on_the_smaller_and_tell_both() -> None:
    found = matched(receivable(amount=1000), payable(amount=800))
    assert found.obligations[0].amount == 800
    assert kinds(found) == [Kind.AMOUNTS_DIFFER]
    assert (found.discrepancies[0].creditor_amount, found.discrepancies[0].debtor_amount) == (1000, 800)
    assert all(verdict.matched_amount == 800 and verdict.reason for verdict in found.verdicts.values())


def test_set_offs_the_books_do_not_contain_yet_are_subtracted_on_the_side_that_lacks_them() -> None:
    found = matched(receivable(amount=1000, decided=300), payable(amount=700))
    assert found.obligations[0].amount == 700
    assert found.discrepancies == ()


def test_a_disputed_part_is_never_set_off_and_is_shown_to_both() -> None:
    found = matched(receivable(), payable(amount_disputed=400, dispute_reason="damaged"))
    assert found.obligations[0].amount == 600
    assert kinds(found) == [Kind.DISPUTED]
    assert "damaged" in (found.verdicts[1].reason or "")


def test_a_wholly_disputed_invoice_offers_nothing() -> None:
    found = matched(receivable(), payable(amount_disputed=1000))
    assert found.obligations[0].amount == 0
    assert {verdict.state for verdict in found.verdicts.values()} == {State.DISPUTED}


@pytest.mark.parametrize(
    ("line", "kind"), [(receivable(), Kind.MISSING_AT_DEBTOR), (payable(), Kind.MISSING_AT_CREDITOR)]
)
def test_what_only_one_side_declares_is_missing_at_the_other(line: Declared, kind: Kind) -> None:
    found = matched(line)
    assert found.obligations == ()
    assert kinds(found) == [kind]
    assert found.verdicts[line.id].state is State.UNMATCHED


def test_two_lines_of_one_side_meaning_the_same_number_are_ambiguous_and_match_nothing() -> None:
    found = matched(receivable(1, "INV-12"), receivable(3, "INV/012"), payable(2, "INV-12"))
    assert found.obligations == ()
    assert kinds(found) == [Kind.AMBIGUOUS]
    assert {verdict.state for verdict in found.verdicts.values()} == {State.DISCREPANCY}


def test_a_counterpart_outside_the_network_is_a_state_and_no_discrepancy() -> None:
    found = matched(receivable(counterpart=STRANGER))
    assert found.discrepancies == ()
    assert found.verdicts[1].state is State.COUNTERPART_NOT_MEMBER


@pytest.mark.parametrize(
    ("absence", "partner", "own", "state"),
    [
        (Absence.SUSPENDED, f"{B} is suspended", "your membership is suspended", State.UNMATCHED),
        (Absence.INSOLVENT, f"{B} is in insolvency", "insolvency proceedings against you", State.UNMATCHED),
        (Absence.AGREEMENT, f"{B} has not accepted", "you have not accepted", State.UNMATCHED),
        (Absence.LEFT, f"{B} has left", "you have left", State.COUNTERPART_NOT_MEMBER),
    ],
)
def test_obligations_of_a_member_that_takes_no_part_do_not_match_and_both_learn_why(
    absence: Absence, partner: str, own: str, state: State
) -> None:
    found = matched(receivable(), payable(), absent={B: absence})
    assert (found.obligations, found.discrepancies) == ((), ())
    assert (found.verdicts[1].state, found.verdicts[2].state) == (state, State.UNMATCHED)
    assert partner in (found.verdicts[1].reason or "")
    assert own in (found.verdicts[2].reason or "")


def test_an_invoice_paid_on_both_sides_is_settled_without_a_word() -> None:
    found = matched(receivable(amount=0), payable(amount=0))
    assert {verdict.state for verdict in found.verdicts.values()} == {State.SETTLED}
    assert found.discrepancies == ()


def test_an_invoice_paid_in_one_sides_books_only_is_a_discrepancy() -> None:
    found = matched(receivable(amount=1000), payable(amount=0))
    assert (found.verdicts[1].state, found.verdicts[2].state) == (State.DISCREPANCY, State.SETTLED)
    assert found.obligations[0].amount == 0


@pytest.mark.parametrize(
    ("one", "other"),
    [("INV/2026/00012", "inv 2026-12"), ("FA№ 0007", "fano.7"), ("Été-3", "ETE 3"), ("１２/３", "12-3")],
)
def test_spellings_of_one_number_have_one_key(one: str, other: str) -> None:
    assert number_key(one) == number_key(other)


@pytest.mark.parametrize(
    ("one", "other"), [("1/12", "11/2"), ("2026/1", "20261"), ("A12", "B12"), ("10", "1"), ("0", "")]
)
def test_distinct_numbers_keep_distinct_keys(one: str, other: str) -> None:
    assert number_key(one) != number_key(other)


@given(st.text(max_size=100))
def test_the_key_of_a_key_is_itself(text: str) -> None:
    assert number_key(number_key(text)) == number_key(text)


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_two_numbered_invoices_of_one_series_never_share_a_key(one: int, other: int) -> None:
    assert (number_key(f"INV/{one:06}") == number_key(f"INV/{other:06}")) == (one == other)


_amounts = st.integers(0, 50)
_lines = st.builds(
    lambda member, side, counterpart, number, open_, disputed, decided: replace(
        receivable(),
        member=member,
        side=side,
        counterpart=counterpart,
        number=number,
        amount_open=open_,
        amount_disputed=min(disputed, open_),
        decided=decided,
    ),
    st.sampled_from([A, B]),
    st.sampled_from(Side),
    st.sampled_from([A, B, STRANGER]),
    st.sampled_from(["1", "01", "2", "x-2"]),
    _amounts,
    _amounts,
    _amounts,
)


@given(st.lists(_lines, max_size=12), st.randoms())
def test_matching_keeps_within_both_sides_and_does_not_mind_the_order(lines: list[Declared], random: object) -> None:
    lines = [replace(line, id=index) for index, line in enumerate(lines) if line.member != line.counterpart]
    shuffled = list(lines)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    found = matched(*lines)
    again = matched(*shuffled)
    assert (found.obligations, found.discrepancies, found.verdicts) == (
        again.obligations,
        again.discrepancies,
        again.verdicts,
    )
    by_id = {line.id: line for line in lines}
    assert found.verdicts.keys() == by_id.keys()
    for one in found.obligations:
        for line in (by_id[one.receivable], by_id[one.payable]):
            assert 0 <= one.amount <= max(0, line.amount_open - line.decided - line.amount_disputed)
            assert (line.creditor, line.debtor) == (one.creditor, one.debtor)
            assert number_key(line.number) == one.number_key
    used = [id_ for one in found.obligations for id_ in (one.receivable, one.payable)]
    assert len(used) == len(set(used))


@pytest.mark.parametrize(
    ("text", "canonical"),
    [("552 100 554", "552100554"), ("FR40303265045", "303265045"), ("be 0403.019.261", "BE0403019261")],
)
def test_an_identifier_has_one_spelling(text: str, canonical: str) -> None:
    assert canonical_identifier(text) == canonical


@pytest.mark.parametrize("text", ["552100555", "12345", "", "FR", "XX123456789", "BE0403019262", "٥٥٢١٠٠٥٥٤", "a" * 50])
def test_what_identifies_no_firm_is_refused(text: str) -> None:
    with pytest.raises(IdentifierError):
        canonical_identifier(text)
