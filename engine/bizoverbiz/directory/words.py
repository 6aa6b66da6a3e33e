"""What is asked for in words: each with its synonyms, in the form that PostgreSQL's full text search takes."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

from bizoverbiz.directory.families import family
from bizoverbiz.nomenclatures.communes import plain

Kind = Literal["keyword", "synonym", "similar"]
#: Of the words in a question; more would be a text.
MOST_WORDS = 20
_LONGEST_PHRASE = 4
#: How much a firm found by another word than the one asked for counts.
SYNONYM, SIMILAR = 0.7, 0.6
#: A single word of a known phrase.
PART = 0.3
#: How much alike two words have to look, from 0 to 1; the same in the queries.
ALIKE = 0.4
#: So much alike they are of one family (électricien, électricité); less, and one has to be a slip of the other.
_FAMILY = 0.55
#: Articles and prepositions that stand between the words of a phrase, and mean nothing by themselves.
_EMPTY = frozenset(plain("a au aux d de des du en et l la le les par pour sur un une").split())


@dataclass(frozen=True, slots=True)
class Term:
    """One way to find what was asked for at one place of the question."""

    #: Which word, or phrase, of the question; from 0.
    place: int
    kind: Kind
    #: What a profile says.
    value: str
    #: From 0 to 1.
    weight: float

    def row(self) -> dict[str, object]:
        """As the queries read it."""
        words = [word for word in self.value.split() if word not in _EMPTY] or self.value.split()
        if self.kind == "similar":
            # What only looks alike is looked for in the firm's own words, not in what its activity is called.
            words = [f"{word}:AB" for word in words]
        return {
            "place": self.place,
            "kind": self.kind,
            "value": self.value,
            "weight": self.weight,
            "query": " & ".join(words),
        }


def terms(question: str) -> list[Term]:
    """The words and known phrases of a question, each with its synonyms."""
    words = plain(question).split()[:MOST_WORDS]
    known = synonyms()
    found: list[Term] = []
    at = place = 0
    while at < len(words):
        length = next(
            (
                size
                for size in range(_LONGEST_PHRASE, 1, -1)
                if _stem(words[at : at + size]) in known and at + size <= len(words)
            ),
            1,
        )
        phrase = words[at : at + length]
        at += length
        if length == 1 and phrase[0] in _EMPTY:
            continue
        found.append(Term(place, "keyword", " ".join(phrase), 1.0))
        if length > 1:
            found += (Term(place, "keyword", word, PART) for word in phrase if word not in _EMPTY)
        others = known.get(_stem(phrase), ())
        found += (Term(place, "synonym", other, SYNONYM) for other in others)
        if length == 1:
            # Of what has a synonym of its own the family is in the file, as far as it is meant.
            kin = [] if others else family(phrase[0])
            found += (Term(place, "similar", other, SIMILAR) for other in kin)
        place += 1
    return found


def spelling(*texts: str) -> Mapping[str, str]:
    """Of words without accents: how these texts spell them, the last one first."""
    return {
        plain(word): word for text in texts for word in re.findall(r"\w+", unicodedata.normalize("NFC", text.lower()))
    }


def known_like(word: str) -> list[tuple[str, float]]:
    """Words that have synonyms and look like this one, with how much: a slip of the pen may hide one of them."""
    own = _trigrams(word)
    likeness = ((other, len(own & theirs) / len(own | theirs)) for other, theirs in _known_trigrams().items())
    near = (one for one in likeness if one[1] >= ALIKE and looks_like(word, *one))
    return sorted(near, key=lambda one: (-one[1], one[0]))[:3]


def looks_like(word: str, other: str, likeness: float) -> bool:
    """Whether one may be meant by the other: beginning and ending alike (impresion, impregnation) are not enough."""
    return likeness >= _FAMILY or _slips(word, other) <= (1 if len(word) < 8 else 2)


def _slips(word: str, other: str) -> int:
    """Letters put in, left out or mistaken between two words."""
    before = list(range(len(other) + 1))
    for row, letter in enumerate(word, start=1):
        now = [row]
        for column, theirs in enumerate(other, start=1):
            now.append(min(before[column] + 1, now[-1] + 1, before[column - 1] + (letter != theirs)))
        before = now
    return before[-1]


@cache
def _known_trigrams() -> Mapping[str, frozenset[str]]:
    return {name: _trigrams(name) for name in synonyms() if " " not in name and len(name) >= 4}


def _trigrams(word: str) -> frozenset[str]:
    """As PostgreSQL's pg_trgm makes them."""
    padded = f"  {word} "
    return frozenset(padded[at : at + 3] for at in range(len(padded) - 2))


@cache
def synonyms() -> Mapping[str, tuple[str, ...]]:
    """Of each word or phrase, without plurals: what else it is called."""
    return _read(files("bizoverbiz.directory").joinpath("synonyms.txt").read_text(encoding="utf-8").splitlines())


def _read(lines: Iterable[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for line in lines:
        if not line.strip() or line.startswith("#"):
            continue
        same, _, narrower = line.partition(">")
        names = [plain(name) for name in same.split(",")]
        more = [plain(name) for name in narrower.split(",") if name.strip()]
        for name in names:
            found[_stem(name.split())].update(dict.fromkeys(other for other in (*names, *more) if other != name))
    return {name: tuple(others) for name, others in found.items()}


def _stem(words: Sequence[str]) -> str:
    """Without plurals, roughly: only to look a word up among the synonyms."""
    return " ".join(word.rstrip("sx") if len(word) > 3 else word for word in words)
