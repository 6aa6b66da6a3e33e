"""Which lines that found no counterpart may be the two sides of one invoice, mistyped by one of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence

from bizoverbiz.matching.model import Declared, Pair, Side, Suggestion
from bizoverbiz.matching.numbers import letters_and_digits, number_key

#: From how many candidates on a line is ambiguous, and no more are looked for.
_SEVERAL = 2


def suggest(lines: Iterable[Declared], *, rejected: Collection[Pair] = ()) -> tuple[Suggestion, ...]:
    """Suggest each receivable and payable that could be each other's counterpart, and nobody else's.

    `lines` are those whose number only one side declares; all such lines of any two firms must be given. Two lines
    are candidates if they have creditor, debtor, currency and total in common, the same date of issue or the same due
    date, and numbers that are `alike`, and if neither side has rejected the pair before. A line with several
    candidates is ambiguous and suggested to nobody. What books an unbooked set-off, or is paired already, is left
    alone. The result does not depend on the order of `lines`; the time it takes grows with their number, and with the
    square of the length of a number.
    """
    groups: dict[Hashable, list[Declared]] = defaultdict(list)
    for line in lines:
        if line.still_open and not line.paired and (line.side is Side.RECEIVABLE or not line.decided):
            groups[line.creditor, line.debtor, line.currency, line.amount_total].append(line)
    refused = frozenset(rejected)
    found = (one for group in groups.values() for one in _of_group(group, refused))
    return tuple(sorted(found, key=lambda one: one.pair))


def _of_group(lines: Sequence[Declared], refused: frozenset[Pair]) -> Iterator[Suggestion]:
    receivables = [line for line in lines if line.side is Side.RECEIVABLE]
    payables = [line for line in lines if line.side is Side.PAYABLE]
    if not receivables or not payables:
        return
    candidates = _candidates(receivables, payables, refused)
    suitors = _candidates(payables, receivables, refused)
    by_id = {line.id: line for line in payables}
    for receivable in receivables:
        own = candidates[receivable.id]
        if len(own) == 1 and len(suitors[payable_id := next(iter(own))]) == 1:
            yield Suggestion(
                _pair(receivable, by_id[payable_id]),
                receivable.number_key,
                receivable.issue_date,
                receivable.due_date,
            )


def _candidates(
    ones: Sequence[Declared], others: Sequence[Declared], refused: frozenset[Pair]
) -> dict[int, dict[int, None]]:
    """Of each of `ones` its candidates among `others`: all of them, or the first `_SEVERAL`."""
    index: dict[Hashable, list[Declared]] = defaultdict(list)
    for other in others:
        for trait in _dated(other, frozenset(_traits(other.number))):
            index[trait].append(other)
    return {one.id: _first_candidates(one, index, refused) for one in ones}


def _first_candidates(
    one: Declared, index: Mapping[Hashable, Sequence[Declared]], refused: frozenset[Pair]
) -> dict[int, None]:
    found: dict[int, None] = {}
    for trait in _dated(one, frozenset(_wanted(one.number))):
        for other in index.get(trait, ()):
            if _pair(one, other) not in refused:
                found[other.id] = None
                if len(found) == _SEVERAL:
                    return found
    return found


def _pair(one: Declared, other: Declared) -> Pair:
    receivable, payable = (one, other) if one.side is Side.RECEIVABLE else (other, one)
    return Pair(one.creditor, one.debtor, one.currency, receivable.number, payable.number, one.amount_total)


def _dated(line: Declared, traits: Collection[Hashable]) -> Iterator[Hashable]:
    for date in (("issued", line.issue_date), ("due", line.due_date)):
        if date[1] is not None:
            for trait in traits:
                yield date, trait


# What follows finds, by looking up and without comparing everything with everything, the numbers `alike` tells apart
# one by one in the tests: two numbers are alike if, written without separators, with their leading zeros or without,
# they differ by one character typed wrong, left out, added or swapped with its neighbour; or if one of them is the
# other without its first words. Two numbers are alike exactly if one has a trait that the other wants.


def _traits(number: str) -> Iterator[Hashable]:
    for text in _spellings(number):
        yield from _same_length(text)
        yield "whole", text
        for index in range(len(text)):
            yield "shortened", text[:index] + text[index + 1 :]
    yield "words", number_key(number)
    for tail in _tails(number):
        yield "tail", tail


def _wanted(number: str) -> Iterator[Hashable]:
    for text in _spellings(number):
        yield from _same_length(text)
        yield "shortened", text
        for index in range(len(text)):
            yield "whole", text[:index] + text[index + 1 :]
    yield "tail", number_key(number)
    for tail in _tails(number):
        yield "words", tail


def _spellings(number: str) -> frozenset[str]:
    return frozenset((letters_and_digits(number), number_key(number).replace(".", "")))


def _same_length(text: str) -> Iterator[Hashable]:
    for index in range(len(text)):
        yield index, text[:index] + text[index + 1 :]
        first, second = text[index : index + 1], text[index + 1 : index + 2]
        yield "swapped", index, text[:index] + min(first, second) + max(first, second) + text[index + 2 :]


def _tails(number: str) -> Iterator[str]:
    words = number_key(number).split(".")
    for first in range(1, len(words)):
        yield ".".join(words[first:])
