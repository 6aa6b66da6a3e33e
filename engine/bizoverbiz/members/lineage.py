"""Whether a request comes from the one live copy of a member's books: a pure decision, no input, no output, no clock.

Every write of a client that takes part in this brings a mark: the token its books had confirmed last, and a new one
that they keep before they send it. The engine remembers the newest token. Books that are copied or restored carry an
older one, and cannot follow once another copy has gone on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

_MARK = re.compile(r"(?:([A-Za-z0-9_-]{22,86})|)\.([A-Za-z0-9_-]{22,86})")
#: Tokens in dispute that are remembered; more only come from a client that does not keep its tokens.
MAX_DISPUTED = 100


class Verdict(StrEnum):
    """What a write's mark says."""

    #: The client sends no marks, and never did.
    UNMARKED = "unmarked"
    #: Taken: the exchange after the last one.
    FOLLOWS = "follows"
    #: Taken: the exchange that is going on, maybe sent again.
    SAME = "same"
    #: Refused alone: delayed on its way, its books have gone on since.
    OVERTAKEN = "overtaken"
    #: Refused alone: from a copy that was found not to be the live one.
    REFUTED = "refuted"
    #: Refused alone: these books send marks, this request has none.
    MISSING = "missing"
    #: Refused, as is every write from now on: two copies have gone on from the same books.
    DIVERGED = "diverged"
    #: Refused: nobody has said yet which copy is the live one.
    IN_DOUBT = "in-doubt"


TAKEN = frozenset({Verdict.UNMARKED, Verdict.FOLLOWS, Verdict.SAME})


@dataclass(frozen=True, slots=True)
class Mark:
    """`previous` is the token confirmed last, None at first; `new` that of this exchange."""

    previous: str | None
    new: str

    @classmethod
    def parse(cls, text: str) -> Mark:
        """Read `previous.new`. Raises `ValueError`."""
        found = _MARK.fullmatch(text)
        if found is None or found[1] == found[2]:
            raise ValueError("a lineage mark is PREVIOUS.NEW: two different tokens of at least 16 random bytes")
        return cls(found[1], found[2])


@dataclass(frozen=True, slots=True)
class Known:
    """What is remembered of a member's books."""

    #: The token taken last.
    current: str | None = None
    #: When the newest request whose token was taken was signed.
    latest: datetime | None = None
    in_doubt: bool = False
    #: Tokens that did not follow, since there is doubt.
    disputed: frozenset[str] = frozenset()
    #: Tokens of copies that were found not to be the live one.
    refuted: frozenset[str] = frozenset()


def judge(known: Known, mark: Mark | None, created: datetime) -> tuple[Verdict, Known]:
    """What a write with this mark, signed at `created`, says, and what is to be remembered then."""
    if mark is None:
        if known.in_doubt:
            return Verdict.IN_DOUBT, known
        return (Verdict.UNMARKED if known.current is None else Verdict.MISSING), known
    if mark.new in known.refuted or mark.previous in known.refuted:
        return Verdict.REFUTED, known
    same = mark.new == known.current
    follows = known.current is None or mark.previous == known.current
    if not (same or follows) and known.latest is not None and created <= known.latest:
        return Verdict.OVERTAKEN, known
    if known.in_doubt or not (same or follows):
        verdict = Verdict.IN_DOUBT if known.in_doubt else Verdict.DIVERGED
        newcomers = set() if same or follows or len(known.disputed) >= MAX_DISPUTED else {mark.new}
        return verdict, replace(known, in_doubt=True, disputed=known.disputed | newcomers)
    if same:
        return Verdict.SAME, known
    return Verdict.FOLLOWS, replace(known, current=mark.new, latest=_later(known.latest, created))


def confirm(known: Known, mark: Mark | None, created: datetime) -> Known:
    """Somebody has said that the copy with this mark is the live one; every other one is refuted."""
    own = {mark.new, mark.previous} if mark else set()
    others = known.disputed | ({known.current} if known.current else set())
    return Known(
        current=mark.new if mark else None,
        latest=_later(known.latest, created),
        refuted=frozenset((known.refuted | others) - own),
    )


def _later(one: datetime | None, other: datetime) -> datetime:
    return max(one or other, other)
