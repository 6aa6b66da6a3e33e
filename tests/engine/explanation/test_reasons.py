"""Each reason, on the smallest network that has it, to each who may ask, in both languages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from bizoverbiz.explanation import Reason, UnknownError, explain_member, explain_obligation
from bizoverbiz.explanation.telling import tell_member, tell_obligation
from bizoverbiz.explanation.wording import RULES, SENTENCES
from bizoverbiz.verification import verify_directory

from ..verification.writing import Line, Solved, write_result
from .networks import CAPPED, CHAIN, LONG_AND_SHORT, NARROW, RING, TWO_WAYS, UNEVEN, UNPROVEN

EXCLUDED = [*RING, Line("small", "A", "B", 3, rule="smallest-obligation")]
LOWERED = [*RING[1:], Line("ab", "A", "B", 130, rule="pair-cap", lowered=100)]
OPTIONS = {"smallest_obligation": 5, "pair_cap": 100}

CASES = [
    ("in full", RING, None, "ab", None, Reason.IN_FULL, None, "Set off in full", "intégrale"),
    ("left out", EXCLUDED, None, "small", "A", Reason.EXCLUDED, None, "smallest obligation", "montant minimal"),
    ("lowered", LOWERED, None, "ab", "B", Reason.LOWERED, None, "cap per pair", "plafond par couple"),
    ("nobody owes me", CHAIN[1:], None, "ab", "A", Reason.NOT_OWED, "A", "Nobody in the network owes you", "vous doit"),
    ("nobody owes it", CHAIN[1:], None, "ab", None, Reason.NOT_OWED, "A", "owes A anything", "rien à A"),
    ("nobody owes my customer", CHAIN[1:], None, "ab", "B", Reason.NO_LOOP, None, "back to your customer", "client"),
    ("I owe nobody", CHAIN[:2], None, "ab", "B", Reason.OWES_NOTHING, "B", "You owe nobody", "Vous ne devez rien"),
    ("it owes nobody", CHAIN[:2], None, "ab", None, Reason.OWES_NOTHING, "B", "B owes nobody", "B ne doit rien"),
    ("my supplier owes nobody", CHAIN[:2], None, "ab", "A", Reason.NO_LOOP, None, "back to you", "fournisseur à vous"),
    ("no chain back", CHAIN, None, "ab", None, Reason.NO_LOOP, None, "from B no chain", "de B à A"),
    ("my cap", RING, CAPPED, "ab", "B", Reason.CAP, "B", "Your own cap", "Votre propre plafond"),
    ("its cap", RING, CAPPED, "bc", None, Reason.CAP, "B", "The cap on what B", "plafond de compensation de B"),
    ("my supplier's cap", RING, CAPPED, "ab", "A", Reason.BOTTLENECK, None, "further along", "plus loin"),
    (
        "owed no more",
        UNEVEN,
        None,
        "ab",
        "A",
        Reason.RECEIVABLES_USED_UP,
        "A",
        "all that you are owed",
        "vous y est dû",
    ),
    ("it is owed no more", UNEVEN, None, "ab", None, Reason.RECEIVABLES_USED_UP, "A", "all that A is", "dû à A"),
    ("I owe no more", UNEVEN, None, "ab", "B", Reason.PAYABLES_USED_UP, "B", "all that you owe", "vous y devez"),
    ("further away", NARROW, None, "ab", None, Reason.BOTTLENECK, None, "used up further along", "épuisés plus loin"),
    ("somewhere", NARROW, None, "ab", "A", Reason.BOTTLENECK, None, "used up further along", "épuisés plus loin"),
    ("another way", TWO_WAYS, None, "{}b", "{}", Reason.SAME_TOTAL, None, "of the same total", "le même total"),
    ("a longer way", LONG_AND_SHORT, None, "be", "E", Reason.LOWER_TOTAL, None, "would be lower", "aurait baissé"),
    ("unproven", RING, UNPROVEN, "ab", None, Reason.UNDECIDED, None, "no proof", "aucune preuve"),
]


@pytest.mark.parametrize(
    ("lines", "solved", "obligation", "asker", "reason", "about", "english", "french"),
    [case[1:] for case in CASES],
    ids=[case[0] for case in CASES],
)
def test_each_reason_is_found_and_told(
    tmp_path: Path,
    lines: Sequence[Line],
    solved: Mapping[str, Solved] | None,
    obligation: str,
    asker: str | None,
    reason: Reason,
    about: str | None,
    english: str,
    french: str,
) -> None:
    result = write_result(tmp_path / "r", lines, solved, optimal=solved is not UNPROVEN, options=OPTIONS)
    verify_directory(result)
    if obligation == "{}b":
        # netting may take either of two equal ways; the other one asks
        taken = explain_obligation(result, "xb").obligation.set_off
        obligation, asker = ("yb", "Y") if taken else ("xb", "X")
    told = explain_obligation(result, obligation, asker=asker)
    assert (told.reason, told.about) == (reason, about)
    assert english in "\n".join(line.text for line in tell_obligation(told, "en"))
    assert french in "\n".join(line.text for line in tell_obligation(told, "fr"))


def test_the_operator_gets_the_bottleneck_named_and_a_party_only_its_own(tmp_path: Path) -> None:
    result = write_result(tmp_path / "r", NARROW)
    (pair,) = explain_obligation(result, "ab").bottleneck
    assert (pair.debtor, pair.creditor, pair.ceiling) == ("C", "D", 30)
    assert "    C to D: €0.30" in [
        "  " * at.depth + at.text for at in tell_obligation(explain_obligation(result, "ab"), "en")
    ]
    assert explain_obligation(result, "ab", asker="A").bottleneck == []
    (own,) = explain_obligation(result, "bc", asker="C").bottleneck
    assert (own.debtor, own.creditor) == ("C", "D")


def test_the_operator_gets_a_distant_cap_named(tmp_path: Path) -> None:
    result = write_result(tmp_path / "r", RING, CAPPED)
    assert explain_obligation(result, "ca").capped == ["B"]
    assert explain_obligation(result, "ca", asker="A").capped == []
    assert explain_obligation(result, "ab", asker="B").capped == ["B"]


def test_a_member_sees_its_figures_and_its_obligations_by_reason(tmp_path: Path) -> None:
    lines = [
        *UNEVEN,
        Line("ac", "A", "C", 500),
        Line("old", "A", "B", 7, rule="horizon"),
        Line("usd", "B", "A", 5, "USD"),
    ]
    view = explain_member(write_result(tmp_path / "r", lines), "A")
    euro, dollar = view.currencies
    assert (euro.currency, euro.receivable, euro.payable, euro.set_off) == ("EUR", 30, 607, 30)
    assert [
        (g.receivable, g.reason, g.rule, g.obligations, g.set_off, g.remaining, g.members) for g in euro.groups
    ] == [
        (False, Reason.NO_LOOP, "", 1, 0, 500, ["C"]),
        (False, Reason.RECEIVABLES_USED_UP, "", 1, 30, 70, ["B"]),
        (False, Reason.EXCLUDED, "horizon", 1, 0, 7, ["B"]),
        (True, Reason.IN_FULL, "", 1, 30, 0, ["B"]),
    ]
    assert [g.reason for g in dollar.groups] == [Reason.OWES_NOTHING]
    text = [line.text for line in tell_member(view, "en")]
    assert text[1].endswith("Still to receive: €0.00, still to pay: €5.77.")
    assert text[text.index("Main reason") + 1] == "1 payable (C): €0.00 of €5.00 set off, €5.00 remaining."
    assert any("2 dettes" in line.text or "1 dette (C)" in line.text for line in tell_member(view, "fr"))


def test_one_currency_can_be_asked_for(tmp_path: Path) -> None:
    result = write_result(tmp_path / "r", [*UNEVEN, Line("ab", "A", "B", 5, "USD")])
    assert [part.currency for part in explain_member(result, "A", currency="USD").currencies] == ["USD"]
    assert explain_obligation(result, "ab", currency="USD").obligation.amount == 5
    with pytest.raises(UnknownError, match="is there in EUR, USD: choose one with --currency"):
        explain_obligation(result, "ab")
    with pytest.raises(UnknownError, match=r"nothing was netted in 'GBP'; currencies of this result: EUR, USD"):
        explain_member(result, "A", currency="GBP")


def test_who_is_unknown_is_told_of_those_with_a_similar_name(tmp_path: Path) -> None:
    result = write_result(tmp_path / "r", [Line("INV-17", "Dupont", "Durand", 5), Line("INV-18", "Durand", "X", 5)])
    with pytest.raises(UnknownError, match="no member 'Dupond' in this result; did you mean 'Dupont' or 'Durand'"):
        explain_member(result, "Dupond")
    with pytest.raises(UnknownError, match="no obligation 'INV-71' in this result; did you mean 'INV-18' or 'INV-17'"):
        explain_obligation(result, "INV-71")


def test_an_obligation_of_others_is_as_unknown_as_one_that_is_not_there(tmp_path: Path) -> None:
    result = write_result(tmp_path / "r", NARROW)
    with pytest.raises(UnknownError) as others:
        explain_obligation(result, "cd", asker="A")
    with pytest.raises(UnknownError) as nowhere:
        explain_obligation(result, "cx", asker="A")
    assert str(others.value).replace("cd", "cx") == str(nowhere.value)


def test_both_languages_say_everything_with_the_same_values() -> None:
    import string

    def values(text: str) -> set[str | None]:
        return {name for _, name, _, _ in string.Formatter().parse(text)} - {None}

    english, french = SENTENCES["en"], SENTENCES["fr"]
    assert english.keys() == french.keys()
    assert {key: values(text) for key, text in english.items()} == {key: values(text) for key, text in french.items()}
    assert RULES["en"].keys() == RULES["fr"].keys()
