"""The pure decision about copies of the books, against books that are copied, delayed and cut off at random."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bizoverbiz.members.lineage import MAX_DISPUTED, TAKEN, Known, Mark, Verdict, confirm, judge

START = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def at(second: int) -> datetime:
    return START + timedelta(seconds=second)


@dataclass
class Books:
    """What one copy of the books keeps: a new token before it is sent, a confirmed one when the engine echoes it."""

    confirmed: str | None = None
    pending: str | None = None

    def mark(self, tokens: count[int]) -> Mark:
        self.pending = self.pending or f"token-{next(tokens)}"
        return Mark(self.confirmed, self.pending)

    def hear(self, mark: Mark) -> None:
        if self.pending == mark.new:
            self.confirmed, self.pending = mark.new, None


class Engine:
    def __init__(self) -> None:
        self.known, self.chain = Known(), [""]

    def take(self, mark: Mark | None, second: int) -> Verdict:
        verdict, self.known = judge(self.known, mark, at(second))
        if verdict is Verdict.FOLLOWS:
            assert mark is not None
            assert mark.previous == (self.chain[-1] or None), "tokens taken form one chain"
            self.chain.append(mark.new)
        return verdict


STEPS = st.lists(st.sampled_from(["whole", "answer lost", "request lost", "request delayed"]), max_size=30)


@given(STEPS, st.randoms(use_true_random=False))
def test_one_copy_on_a_bad_network_is_never_doubted(steps: list[str], random: object) -> None:
    engine, books, tokens = Engine(), Books(), count()
    delayed: list[tuple[Mark, int]] = []
    for second, step in enumerate(steps):
        mark = books.mark(tokens)
        if step == "request delayed":
            delayed.append((mark, second))
        elif step != "request lost":
            assert engine.take(mark, second) in TAKEN
            if step == "whole":
                books.hear(mark)
        if delayed and random.random() < 0.3:  # type: ignore[attr-defined]
            late, signed = delayed.pop(random.randrange(len(delayed)))  # type: ignore[attr-defined]
            assert engine.take(late, signed) in TAKEN | {Verdict.OVERTAKEN}
    assert not engine.known.in_doubt
    assert engine.take(books.mark(tokens), len(steps)) in TAKEN


WHO = st.lists(st.tuples(st.integers(0, 1), st.booleans()), min_size=1, max_size=25)


@given(STEPS, WHO)
def test_two_copies_never_both_write_in_exchanges_of_their_own(steps: list[str], who: list[tuple[int, bool]]) -> None:
    engine, books, tokens = Engine(), Books(), count()
    for second, step in enumerate(steps):
        mark = books.mark(tokens)
        if step != "request lost":
            engine.take(mark, second)
            if step == "whole":
                books.hear(mark)
    shared = {books.confirmed, books.pending, engine.known.current}
    both = [books, copy(books)]
    own: list[set[str]] = [set(), set()]
    for second, (one, heard) in enumerate(who, start=len(steps)):
        mark = both[one].mark(tokens)
        if engine.take(mark, second) in TAKEN:
            if mark.new not in shared:
                own[one].add(mark.new)
            if heard:
                both[one].hear(mark)
        elif engine.known.in_doubt:
            own_mark = both[1 - one].mark(tokens)
            assert engine.take(own_mark, second) not in TAKEN, "in doubt, neither writes"
    assert not (own[0] and own[1])


@given(st.integers(0, 4), st.booleans(), st.booleans())
def test_a_copy_that_falls_behind_is_noticed_at_its_first_write(behind: int, asked: bool, first: bool) -> None:
    engine, live, tokens = Engine(), Books(), count()
    for second in range(3):
        mark = live.mark(tokens)
        engine.take(mark, second)
        live.hear(mark)
    restored = copy(live)
    for second in range(3, 4 + behind):
        mark = live.mark(tokens)
        engine.take(mark, second)
        live.hear(mark)
    assert engine.take(restored.mark(tokens), 20) is Verdict.DIVERGED
    assert engine.take(live.mark(tokens), 21) is Verdict.IN_DOUBT
    assert engine.take(restored.mark(tokens), 22) is Verdict.IN_DOUBT
    right, wrong = (restored, live) if first else (live, restored)
    mark = right.mark(tokens)
    engine.known = confirm(engine.known, mark, at(30))
    assert engine.take(wrong.mark(tokens), 31) is Verdict.REFUTED
    engine.chain.append(mark.new)
    if asked:
        right.hear(mark)
    for second in range(32, 36):
        mark = right.mark(tokens)
        assert engine.take(mark, second) in TAKEN
        right.hear(mark)
        assert engine.take(wrong.mark(tokens), second) is Verdict.REFUTED
    assert not engine.known.in_doubt


def test_an_administrator_may_change_his_mind() -> None:
    engine, one, tokens = Engine(), Books(), count()
    mark = one.mark(tokens)
    engine.take(mark, 0)
    one.hear(mark)
    other = copy(one)
    mine, theirs = one.mark(tokens), other.mark(tokens)
    engine.take(mine, 1)
    assert engine.take(theirs, 2) is Verdict.DIVERGED
    engine.known = confirm(engine.known, mine, at(3))
    assert engine.take(theirs, 4) is Verdict.REFUTED
    engine.known = confirm(engine.known, theirs, at(5))
    assert engine.take(theirs, 6) is Verdict.SAME
    assert engine.take(mine, 7) is Verdict.REFUTED


def test_books_that_send_marks_and_then_none_are_refused_without_stopping_the_others() -> None:
    engine, books, tokens = Engine(), Books(), count()
    assert engine.take(None, 0) is Verdict.UNMARKED
    mark = books.mark(tokens)
    engine.take(mark, 1)
    assert engine.take(None, 2) is Verdict.MISSING
    assert engine.take(mark, 3) is Verdict.SAME


def test_books_confirmed_without_a_mark_are_not_displaced_by_the_copy_that_had_one() -> None:
    engine, books, tokens = Engine(), Books(), count()
    mark = books.mark(tokens)
    engine.take(mark, 0)
    books.hear(mark)
    engine.known = confirm(engine.known, None, at(1))
    assert engine.take(books.mark(tokens), 2) is Verdict.REFUTED
    assert engine.take(None, 3) is Verdict.UNMARKED


def test_tokens_in_dispute_are_remembered_up_to_a_bound() -> None:
    known = Known(current="a", latest=at(0))
    for number in range(MAX_DISPUTED + 10):
        _, known = judge(known, Mark("x", f"y-{number}"), at(1))
    assert len(known.disputed) == MAX_DISPUTED


@pytest.mark.parametrize(
    "text", ["", ".", "a.b", f".{'a' * 21}", f"{'a' * 22}.{'a' * 22}", f"{'a' * 22}", f".{'a' * 87}"]
)
def test_a_mark_is_two_different_tokens(text: str) -> None:
    with pytest.raises(ValueError, match=r"PREVIOUS\.NEW"):
        Mark.parse(text)


def test_a_first_mark_has_no_previous_token() -> None:
    assert Mark.parse(f".{'a' * 22}") == Mark(None, "a" * 22)
    assert Mark.parse(f"{'b' * 22}.{'a' * 22}") == Mark("b" * 22, "a" * 22)
