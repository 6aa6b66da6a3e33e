"""A good result directory holds; damaged in any one place it does not, and the place is named."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bizoverbiz.verification import Proof, VerificationError, verify_directory

from .writing import Line, Solved, write_json, write_result

OPTIONS = {"smallest_obligation": 6, "pair_cap": 100}
Damage = Callable[[Path], None]

LINES = [
    Line("1", "A", "B", 100),
    Line("2", "B", "C", 80),
    Line("3", "C", "A", 90),
    Line("4", "B", "A", 30),
    Line("5", "C", "D", 7),
    Line("6", "A", "B", 5, rule="smallest-obligation"),
    Line("7", "C", "B", 140, rule="pair-cap", lowered=100),
    Line("1", "A", "B", 60, "USD"),
    Line("2", "B", "A", 70, "USD"),
]


@pytest.fixture
def good(tmp_path: Path) -> Path:
    return write_result(tmp_path / "result", LINES, options=OPTIONS)


def cell(file: str, line: int, column: str, value: object) -> Damage:
    """Put another value into one cell; the header is line 1."""

    def damage(directory: Path) -> None:
        path = directory / file
        with path.open(encoding="utf-8") as read:
            rows = list(csv.reader(read))
        at = rows[0].index(column)
        assert rows[line - 1][at] != str(value), "this would damage nothing"
        rows[line - 1][at] = str(value)
        with path.open("w", encoding="utf-8") as out:
            csv.writer(out, lineterminator="\n").writerows(rows)

    return damage


def lines(file: str, change: Callable[[list[str]], list[str]]) -> Damage:
    """Change a file line by line."""

    def damage(directory: Path) -> None:
        path = directory / file
        path.write_text("".join(change(path.read_text(encoding="utf-8").splitlines(keepends=True))), encoding="utf-8")

    return damage


def entry(file: str, where: str, value: Any) -> Damage:
    """Put another value into a JSON file; `del` takes the key away."""

    def damage(directory: Path) -> None:
        document = json.loads((directory / file).read_text(encoding="utf-8"))
        *path, key = where.split(".")
        place = document
        for step in path:
            place = place[step]
        assert place.get(key, "absent") is not value, "this would damage nothing"
        if value is del_:
            del place[key]
        else:
            place[key] = value
        write_json(directory / file, document)

    return damage


def all_of(*damages: Damage) -> Damage:
    def damage(directory: Path) -> None:
        for each in damages:
            each(directory)

    return damage


del_ = object()
setoffs, members, certificate, summary = "setoffs.csv", "members.csv", "certificate.json", "summary.json"
SOME_CAPS, FAIR = entry(summary, "options.member_caps", 1), entry(summary, "options.fairness", {"wanted": "1/2"})

# setoffs.csv of LINES: 2 = EUR 1 A>B 100, 3 = EUR 6 A>B 5, 4 = EUR 4 B>A 30, 5 = EUR 2 B>C 80, 6 = EUR 3 C>A 90,
# 7 = EUR 7 C>B 140, 8 = EUR 5 C>D 7, 9 = USD 1 A>B 60, 10 = USD 2 B>A 70
DAMAGES: list[tuple[str, Damage, str]] = [
    ("no set-offs", lambda d: (d / setoffs).unlink(), "setoffs.csv: is missing"),
    ("no members", lambda d: (d / members).unlink(), "members.csv: is missing"),
    ("no certificate", lambda d: (d / certificate).unlink(), "certificate.json: is missing"),
    ("no summary", lambda d: (d / summary).unlink(), "summary.json: is missing"),
    ("empty report", lambda d: (d / "report.html").write_text("") and None, "report.html: is empty"),
    ("empty set-offs", lambda d: (d / setoffs).write_text("") and None, "setoffs.csv, line 1: the header is ''"),
    ("columns swapped", lines(setoffs, lambda f: ["debtor,id" + f[0][9:], *f[1:]]), "line 1: the header is 'debtor,id"),
    ("column missing", lines(members, lambda f: [f[0].replace(",payable", ""), *f[1:]]), "members.csv, line 1"),
    ("row too long", lines(setoffs, lambda f: [*f, "9,A,B,USD,1,1,0,1,,,\n"]), "setoffs.csv: cannot be read as CSV"),
    ("row too short", lines(setoffs, lambda f: [*f, "9,A,B\n"]), "setoffs.csv, line 11: currency is missing"),
    ("no UTF-8", lambda d: (d / members).write_bytes((d / members).read_bytes() + b"\xff") and None, "members.csv"),
    ("a fraction", cell(setoffs, 4, "amount", "30.0"), "line 4: amount '30.0' is not an integer"),
    ("a huge number", cell(setoffs, 4, "set_off", 2**63), "line 4: set_off '9223372036854775808' is not"),
    ("no number", cell(setoffs, 6, "remaining", ""), "setoffs.csv, line 6: remaining is missing"),
    ("no id", cell(setoffs, 2, "id", ""), "setoffs.csv, line 2: id is missing"),
    ("owes itself", cell(setoffs, 8, "creditor", "C"), "line 8: obligation '5': 'C' cannot owe itself"),
    ("negative set-off", cell(setoffs, 8, "set_off", -1), "line 8: obligation '5': set off -1 is below 0"),
    ("above the ceiling", cell(setoffs, 3, "set_off", 1), "line 3: obligation '6': set off 1 is above the ceiling 0"),
    ("ceiling too high", cell(setoffs, 3, "ceiling", 6), "line 3: obligation '6': ceiling 6 is above the amount 5"),
    ("remaining", cell(setoffs, 8, "remaining", 6), "line 8: obligation '5': remaining 6 is not the amount 7 minus 0"),
    ("rule gone", cell(setoffs, 3, "rule", ""), "line 3: obligation '6': ceiling 0 is below the amount 5, but no rule"),
    ("rule for nothing", cell(setoffs, 8, "rule", "horizon"), "line 8: obligation '5': rule 'horizon' is named, but"),
    ("no such rule", cell(setoffs, 3, "rule", "whim"), "line 3: obligation '6': 'whim' is no rule"),
    ("left out, yet open", cell(setoffs, 3, "ceiling", 1), "line 3: .*leaves it out, but its ceiling is 1"),
    ("id twice", cell(setoffs, 3, "id", "1"), "line 3: obligation '1' stands twice in EUR"),
    ("out of order", lines(setoffs, lambda f: [*f[:5], f[6], f[5], *f[7:]]), "line 6: member|line 7: .*out of order"),
    ("creditors out of order", lines(setoffs, lambda f: [*f[:3], f[4], f[3], *f[5:]]), "line 5: .*'4' is out of order"),
    ("currencies mixed", lines(setoffs, lambda f: [*f[:7], f[9], f[8], f[7]]), "line 10: currency 'EUR' is out of ord"),
    ("currency unknown", cell(setoffs, 2, "currency", "CHF"), "has the currencies"),
    ("unknown debtor", cell(setoffs, 8, "debtor", "CC"), "line 8: debtor 'CC' is not in members.csv"),
    ("unknown creditor", cell(setoffs, 8, "creditor", "E"), "line 8: creditor 'E' is not in members.csv"),
    (
        "unbalanced",
        all_of(cell(setoffs, 8, "set_off", 7), cell(setoffs, 8, "remaining", 0)),
        "member 'C' in EUR: receivables set off add up to 80, payables set off to 87",
    ),
    ("member twice", lines(members, lambda f: [*f[:2], *f[1:]]), "members.csv, line 3: member 'A' stands twice"),
    ("members out of order", lines(members, lambda f: [f[0], f[2], f[1], *f[3:]]), "line 3: member 'A' is out of ord"),
    ("idle member", lines(members, lambda f: [*f, "C,USD,0,0,0,0,0\n"]), "line 8: member 'C' has no obligation in USD"),
    ("member missing", lines(members, lambda f: [*f[:4], *f[5:]]), "line 8: creditor 'D' is not in members.csv"),
    ("receivable", cell(members, 2, "receivable", 121), "members.csv, line 2: member 'A': receivable 121 is not 120"),
    ("payable", cell(members, 5, "payable", 1), "members.csv, line 5: member 'D': payable 1 is not 0"),
    ("net before", cell(members, 2, "net_before", 16), "line 2: member 'A': net_before 16 is not 15"),
    ("net after", cell(members, 2, "net_after", 14), "line 2: member 'A': net_after 14 is not 15"),
    ("member's set-off", cell(members, 4, "set_off", 79), "line 4: member 'C': set_off 79 is not 80"),
    ("member's currency", cell(members, 7, "currency", "USE"), "has the currencies"),
    ("no JSON", lines(certificate, lambda f: f[:-1]), "certificate.json: cannot be read as JSON"),
    ("a list", lambda d: (d / certificate).write_text("[]") and None, "certificate.json: the whole is not a JSON obj"),
    ("key twice", lines(summary, lambda f: [f[0], ' "firms": 4,\n', *f[1:]]), "summary.json: 'firms' stands twice"),
    ("other format", entry(certificate, "format", 2), "certificate.json: format is 2, not 1"),
    ("bound missing", entry(certificate, "currency.EUR.bound", del_), "currency.EUR.bound is missing"),
    ("float total", entry(certificate, "currency.EUR.total", 270.0), "currency.EUR.total is .*, not an integer"),
    ("true potential", entry(certificate, "currency.EUR.potentials.A", True), "potentials.A is True, not an integer"),
    ("huge potential", entry(certificate, "currency.EUR.potentials.A", 2**41), "potentials.A is 2199023255552, not"),
    ("potential of nobody", entry(certificate, "currency.USD.potentials.C", 1), "potentials names 'C', who has no"),
    ("half a character", entry(certificate, "currency.USD.caps.\ud800", 1), "caps names a member in no valid"),
    (
        "total",
        entry(certificate, "currency.EUR.total", 301),
        "certificate.json: currency.EUR: total is 301, the set-of",
    ),
    (
        "bound",
        entry(certificate, "currency.EUR.bound", 301),
        "certificate.json: currency.EUR: bound is 301, the potent",
    ),
    ("potential", entry(certificate, "currency.USD.potentials.A", 3), "currency.USD: bound is 120, the potentials and"),
    ("cap broken", all_of(SOME_CAPS, entry(certificate, "currency.EUR.caps.A", 99)), "'A' sets off 100, its cap is 99"),
    ("floor broken", all_of(FAIR, entry(certificate, "currency.EUR.floors.D", 1)), "'D' sets off 0, its floor is 1"),
    (
        "floor of a stranger",
        all_of(FAIR, entry(certificate, "currency.USD.floors.D", 1)),
        "'D' sets off 0, its floor is 1",
    ),
    ("cap of no rule", entry(certificate, "currency.EUR.caps.A", 500), "caps.A is 500, the options .* give None"),
    ("floor of no rule", entry(certificate, "currency.EUR.floors.D", 0), "floors has 'D', but .* names no fairness"),
    ("cap for all missing", entry(summary, "options.member_cap", 400), "caps.A is None, the options .* give 400"),
    ("ceiling off the rule", cell(setoffs, 7, "ceiling", 99), "ceiling 99 by pair-cap, .* give 100 by pair-cap"),
    ("rule unasked for", entry(summary, "options.pair_cap", del_), "line 7: .* by pair-cap, .* give 140 by no rule"),
    ("rule forgotten", entry(summary, "options.smallest_obligation", 8), "line 8: .* give 0 by smallest-obligation"),
    ("another rule", cell(setoffs, 3, "rule", "horizon"), "line 3: .* by horizon, .* give 0 by smallest-obligation"),
    ("lower cap per pair", entry(summary, "options.pair_cap", 99), "line 2: .* by no rule, .* give 99 by pair-cap"),
    ("an option that is none", entry(summary, "options.pair_cap", "1"), "options.pair_cap is '1', not an integer"),
    ("negative cap", entry(certificate, "currency.EUR.caps.A", -1), "caps.A is -1, not an integer from 0"),
    ("price, no cap", entry(certificate, "currency.EUR.multipliers.A", 1), "multiplier 1 of 'A', who has no cap"),
    ("price, no floor", entry(certificate, "currency.EUR.multipliers.A", -1), "multiplier -1 of 'A', who has no floor"),
    ("currency missing", entry(certificate, "currency.USD", del_), r"certificate.json: has the currencies \['EUR'\]"),
    ("currency too many", entry(summary, "currency.CHF", {}), "summary.json: currency.CHF.total is missing"),
    ("firms", entry(summary, "firms", 5), "summary.json: firms is 5, the files have 4"),
    ("obligations", entry(summary, "obligations", 8), "summary.json: obligations is 8, the files have 9"),
    ("rows", entry(summary, "input.rows", 10), "summary.json: input.rows is 10, the files have 9"),
    ("no hash", entry(summary, "input.sha256", del_), "input.sha256 is missing"),
    ("no day", entry(summary, "on", "2026-13-01"), "on is '2026-13-01', not a date"),
    ("no decimals", entry(summary, "decimals", -1), "decimals is -1, not an integer >= 0"),
    ("no time", entry(summary, "seconds.solve", "long"), "seconds.solve is 'long', not a number"),
    ("no verdict", entry(summary, "optimal", 1), "optimal is 1, not true or false"),
    ("sum", entry(summary, "currency.EUR.total", 453), "currency.EUR.total is 453, the files give 452"),
    ("sum set off", entry(summary, "currency.EUR.set_off", 1), "currency.EUR.set_off is 1, the files give"),
    ("debt", entry(summary, "currency.EUR.net_internal_debt", 3), "net_internal_debt is 3, the files give"),
    ("upper bound", entry(summary, "currency.USD.upper_bound", 121), "upper_bound is 121, the files give 120"),
    ("percent", entry(summary, "currency.USD.percent", 92.32), "percent is 92.32, not 100 \\* 120 / 130"),
]


def test_a_good_result_holds(good: Path) -> None:
    verified = verify_directory(good)
    assert {code: (part.set_off, part.proof) for code, part in verified.currency.items()} == {
        "EUR": (290, Proof.CERTIFICATE),
        "USD": (120, Proof.CERTIFICATE),
    }
    assert not verified.with_input


@pytest.mark.parametrize(("damage", "words"), [d[1:] for d in DAMAGES], ids=[d[0] for d in DAMAGES])
def test_a_damaged_result_is_found_and_the_place_named(good: Path, damage: Damage, words: str) -> None:
    damage(good)
    with pytest.raises(VerificationError, match=words):
        verify_directory(good)


def test_no_directory_is_no_result(tmp_path: Path) -> None:
    with pytest.raises(VerificationError, match="is no directory"):
        verify_directory(tmp_path / "nowhere")


def test_nothing_netted_holds(tmp_path: Path) -> None:
    assert verify_directory(write_result(tmp_path / "empty", [])).currency == {}


RING = [Line("1", "A", "B", 100), Line("2", "B", "C", 100), Line("3", "C", "A", 100)]
SIXTY = {"1": 60, "2": 60, "3": 60}


def test_a_cap_and_its_multiplier_prove_the_optimum(tmp_path: Path) -> None:
    solved = Solved(SIXTY, {"B": 1, "C": -1}, {"B": 3}, {"B": 60}, {})
    verified = verify_directory(write_result(tmp_path / "r", RING, {"EUR": solved}))
    assert (verified.currency["EUR"].bound, verified.currency["EUR"].proof) == (180, Proof.CERTIFICATE)


def test_a_floor_and_its_multiplier_prove_the_optimum(tmp_path: Path) -> None:
    ways = [Line("1", "A", "B", 10)]
    ways += [Line(i, a, b, 10) for i, a, b in [("2", "B", "C"), ("3", "C", "E"), ("4", "E", "A")]]
    ways += [Line("5", "B", "D", 10), Line("6", "D", "A", 10)]
    set_offs = {"1": 10, "2": 6, "3": 6, "4": 6, "5": 4, "6": 4}
    solved = Solved(set_offs, {"B": -3, "C": -2, "D": -2, "E": -1}, {"D": -1}, {}, {"D": 4})
    verified = verify_directory(write_result(tmp_path / "r", ways, {"EUR": solved}))
    assert (verified.currency["EUR"].bound, verified.currency["EUR"].proof) == (36, Proof.CERTIFICATE)


def test_one_cap_for_all_is_that_of_the_options(tmp_path: Path) -> None:
    solved = {"EUR": Solved(SIXTY, {}, {"A": 1, "B": 1, "C": 1}, dict.fromkeys("ABC", 60), {})}
    verify_directory(write_result(tmp_path / "r", RING, solved, options={"member_cap": 60}))
    entry(summary, "options.member_caps", del_)(tmp_path / "r")
    assert verify_directory(tmp_path / "r").currency["EUR"].proof is Proof.CERTIFICATE
    entry(summary, "options.member_cap", 61)(tmp_path / "r")
    with pytest.raises(VerificationError, match=r"caps\.A is 60, the options of summary\.json give 61"):
        verify_directory(tmp_path / "r")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"smallest_set_off": 61}, "line 2: obligation '1': set off 60, smallest_set_off is 61"),
        ({"whole": True}, "line 2: obligation '1': set off 60 of 100, not as a whole"),
    ],
    ids=["smallest set-off", "whole"],
)
def test_set_offs_keep_to_the_rules_that_need_integers(tmp_path: Path, options: dict[str, Any], words: str) -> None:
    solver = {"bound": 180, "gap": 0.0, "reproducible": True}
    solved = {"EUR": Solved(SIXTY, {}, {}, {}, {}, solver)}
    with pytest.raises(VerificationError, match=words):
        verify_directory(write_result(tmp_path / "r", RING, solved, options=options))


def test_the_optimum_is_claimed_only_when_proven(tmp_path: Path) -> None:
    solved = {"EUR": Solved(SIXTY, {}, {}, {}, {})}
    with pytest.raises(VerificationError, match=r"summary\.json: optimal is claimed, but in EUR"):
        verify_directory(write_result(tmp_path / "claimed", RING, solved))
    modest = verify_directory(write_result(tmp_path / "modest", RING, solved, optimal=False))
    assert (modest.currency["EUR"].bound, modest.currency["EUR"].proof) == (300, Proof.NONE)


@pytest.mark.parametrize(
    ("bound", "gap", "optimal", "proof"),
    [
        (180, 0, True, Proof.SOLVER),
        (300, 0.666, False, Proof.NONE),
        (300, 0.666, True, None),
        (179, 0, True, None),
        (301, 0.67, False, None),
        (180, 0.1, False, None),
        (200, 0, False, None),
    ],
)
def test_a_solvers_word_is_told_from_a_proof(
    tmp_path: Path, bound: int, gap: float, optimal: bool, proof: Proof | None
) -> None:
    solver = {"bound": bound, "gap": gap, "reproducible": True}
    result = write_result(tmp_path / "r", RING, {"EUR": Solved(SIXTY, {}, {}, {}, {}, solver)}, optimal=optimal)
    if proof is None:
        with pytest.raises(VerificationError, match=r"optimal is claimed|solver\.bound|solver\.gap"):
            verify_directory(result)
    else:
        assert verify_directory(result).currency["EUR"].proof is proof


def test_amounts_near_the_largest_64_bits_hold_are_added_exactly(tmp_path: Path) -> None:
    huge = 2**62 - 1
    pair = [Line("1", "A", "B", huge), Line("2", "B", "A", huge)]
    solved = Solved({"1": huge, "2": huge}, {"A": 10**6}, {}, {}, {})
    verified = verify_directory(write_result(tmp_path / "r", pair, {"EUR": solved}, optimal=False))
    assert verified.currency["EUR"].set_off == 2**63 - 2
    assert verified.currency["EUR"].bound == huge * (10**6 + 1)


def test_a_currency_beyond_64_bits_is_refused_and_not_added_up_wrongly(tmp_path: Path) -> None:
    lines = [Line(f"{i}", *pair, 2**62) for i, pair in enumerate(["AB", "BA", "CD", "DC"])]
    solved = Solved(dict.fromkeys("0123", 2**62), {}, {}, {}, {})
    with pytest.raises(VerificationError, match=f"add up to {2**64}, above {2**63 - 1}"):
        verify_directory(write_result(tmp_path / "r", lines, {"EUR": solved}))


def test_a_set_off_of_less_than_nothing_is_not_hidden_by_overflow(good: Path) -> None:
    cell(setoffs, 8, "set_off", -(2**63))(good)
    with pytest.raises(VerificationError, match="is below 0"):
        verify_directory(good)
