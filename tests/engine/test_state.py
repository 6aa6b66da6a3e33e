"""The life of a round and of a statement."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID, uuid4

import pytest

from bizoverbiz.errors import ApprovalRaisedError, IllegalStepError, OverCeilingError, TooLateError, UnknownLineError
from bizoverbiz.rounds.state import (
    LineToApprove,
    RoundState,
    approve,
    check_open,
    check_step,
    final_ceiling,
    may_decide,
)

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
LINE = uuid4()


def line(approved: int | None = None) -> dict[UUID, LineToApprove]:
    return {LINE: LineToApprove(100, approved)}


def test_a_round_goes_from_collection_to_closed_step_by_step() -> None:
    way = [RoundState.COLLECTION, RoundState.FROZEN, RoundState.PROPOSED, RoundState.DECIDED, RoundState.CLOSED]
    for one, following in pairwise(way):
        check_step(1, one, following)


@pytest.mark.parametrize("state", [RoundState.COLLECTION, RoundState.FROZEN, RoundState.PROPOSED])
def test_a_round_can_be_abandoned_before_its_decision(state: RoundState) -> None:
    check_step(1, state, RoundState.ABANDONED)


@pytest.mark.parametrize(
    ("state", "to"),
    [
        (RoundState.DECIDED, RoundState.ABANDONED),
        (RoundState.DECIDED, RoundState.DECIDED),
        (RoundState.COLLECTION, RoundState.PROPOSED),
        (RoundState.CLOSED, RoundState.FROZEN),
        (RoundState.ABANDONED, RoundState.FROZEN),
    ],
)
def test_no_step_is_skipped_repeated_or_taken_back(state: RoundState, to: RoundState) -> None:
    with pytest.raises(IllegalStepError, match="round 1"):
        check_step(1, state, to)


def test_a_round_is_ripe_once_everybody_has_answered_or_the_time_is_over() -> None:
    assert not may_decide(["approved", "proposed"], LATER, NOW)
    assert may_decide(["approved", "refused"], LATER, NOW)
    assert may_decide(["proposed"], NOW, NOW)
    assert may_decide([], LATER, NOW)


def test_a_line_that_is_not_named_is_approved_for_nothing() -> None:
    assert approve("proposed", line(), {}) == {LINE: 0}


def test_an_approval_may_be_lowered() -> None:
    assert approve("approved", line(approved=80), {LINE: 50}) == {LINE: 50}


def test_an_approval_is_never_raised() -> None:
    with pytest.raises(ApprovalRaisedError):
        approve("approved", line(approved=80), {LINE: 81})


def test_a_refusal_stands() -> None:
    with pytest.raises(ApprovalRaisedError):
        approve("refused", line(), {LINE: 1})


@pytest.mark.parametrize("amount", [-1, 101])
def test_an_approval_lies_between_zero_and_the_ceiling(amount: int) -> None:
    with pytest.raises(OverCeilingError):
        approve("proposed", line(), {LINE: amount})


def test_only_lines_of_the_statement_can_be_approved() -> None:
    with pytest.raises(UnknownLineError):
        approve("proposed", line(), {uuid4(): 1})


@pytest.mark.parametrize("state", ["decided", "closed", "abandoned"])
def test_nothing_is_answered_after_the_end(state: str) -> None:
    with pytest.raises(TooLateError):
        check_open(state, LATER, NOW)


def test_nothing_is_answered_at_the_deadline_or_after() -> None:
    check_open("proposed", LATER, NOW)
    with pytest.raises(TooLateError):
        check_open("proposed", NOW, NOW)


def test_the_final_ceiling_is_what_both_approve_and_the_books_still_support() -> None:
    assert final_ceiling(100, 80, 90) == 80
    assert final_ceiling(70, 80, 90) == 70
    assert final_ceiling(100, None, 90) == 0
