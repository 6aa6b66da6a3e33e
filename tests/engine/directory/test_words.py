"""What a question's words become before anything is looked up."""

from __future__ import annotations

import pytest

from bizoverbiz.directory.families import family
from bizoverbiz.directory.words import terms


@pytest.mark.parametrize(
    ("asked", "trade"),
    [
        ("serruriers", "serrurerie"),
        ("serrurerie", "serrurier"),
        ("soudeur", "soudure"),
        ("elagueur", "elagage"),
        ("demenageur", "demenagement"),
        ("gardien", "gardiennage"),
        ("macon", "maconnerie"),
        ("peintre", "peinture"),
        ("traducteur", "traduction"),
    ],
)
def test_who_follows_a_trade_is_of_the_trades_family(asked: str, trade: str) -> None:
    assert trade in family(asked)
    assert asked.rstrip("s") in family(trade)


@pytest.mark.parametrize("word", ["chauffeur", "facteur", "moteur", "pain", "eau", "garage", "voyage", ""])
def test_what_only_ends_alike_is_of_no_family(word: str) -> None:
    assert family(word) == []


def test_a_word_is_looked_for_with_its_family_and_a_phrase_is_not() -> None:
    assert {(term.kind, term.value) for term in terms("vitrier")} >= {("keyword", "vitrier"), ("similar", "vitrerie")}
    assert all(term.kind != "similar" for term in terms("de l'"))
