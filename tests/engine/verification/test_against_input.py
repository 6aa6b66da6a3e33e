"""A result is compared with the file of obligations it claims to be made from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from bizoverbiz.verification import VerificationError, verify_directory

from .writing import Line, write_input, write_result

LINES = [
    Line("INV-3", "A", "B", 100, due=date(2026, 10, 1)),
    Line("INV-1", "A", "B", 70, due=date(2026, 11, 1)),
    Line("INV-2", "A", "B", 70),
    Line("INV-4", "B", "A", 150),
    Line("INV-5", "B", "A", 20, "USD"),
]
#: Numbered by debtor, creditor, currency, due date and amount, as in a file without ids.
NUMBERED = [replace(line, id=id) for line, id in zip(LINES, ["A>B#1", "A>B#2", "A>B#3", "B>A#1", "B>A#1"], strict=True)]
Change = Callable[[list[Line]], list[Line]]


@pytest.mark.parametrize(("lines", "ids"), [(LINES, True), (NUMBERED, False)], ids=["with ids", "without ids"])
def test_the_file_it_was_made_from_holds_in_any_order_of_rows(tmp_path: Path, lines: list[Line], ids: bool) -> None:
    source = tmp_path / "input.csv"
    write_input(source, lines[::-1], ids)
    assert verify_directory(write_result(tmp_path / "r", lines, source=source), source).with_input


def test_another_file_is_told_by_its_hash(tmp_path: Path) -> None:
    source = tmp_path / "input.csv"
    write_input(source, LINES)
    result = write_result(tmp_path / "r", LINES, source=source)
    source.write_bytes(source.read_bytes() + b"\n")
    with pytest.raises(VerificationError, match="netted from another file"):
        verify_directory(result, source)


CHANGES: list[tuple[str, Change, str]] = [
    ("row missing", lambda lines: lines[1:], r"input\.rows is 4, .* has 5"),
    ("amount", lambda lines: [replace(lines[0], amount=99), *lines[1:]], "line 2: .*, 99 EUR; in .*, 100 EUR"),
    (
        "debtor",
        lambda lines: [*lines[:3], replace(lines[3], debtor="C"), lines[4]],
        "line 5: .* of 'C' .* is .* of 'B'",
    ),
    ("creditor", lambda lines: [*lines[:3], replace(lines[3], creditor="C"), lines[4]], "line 5: .* to 'C'"),
    ("currency", lambda lines: [*lines[:4], replace(lines[4], currency="GBP")], "line 6: .*20 GBP; .*20 USD"),
]


@pytest.mark.parametrize(("change", "words"), [c[1:] for c in CHANGES], ids=[c[0] for c in CHANGES])
@pytest.mark.parametrize(("lines", "ids"), [(LINES, True), (NUMBERED, False)], ids=["with ids", "without ids"])
def test_a_consistent_result_of_other_obligations_is_found(
    tmp_path: Path, lines: list[Line], ids: bool, change: Change, words: str
) -> None:
    source = tmp_path / "input.csv"
    write_input(source, lines, ids)
    forged = write_result(tmp_path / "r", change(lines), source=source)
    verify_directory(forged)
    with pytest.raises(VerificationError, match=words):
        verify_directory(forged, source)


def test_another_id_is_found(tmp_path: Path) -> None:
    source = tmp_path / "input.csv"
    write_input(source, LINES)
    forged = write_result(tmp_path / "r", [*LINES[:4], replace(LINES[4], id="INV-6")], source=source)
    with pytest.raises(VerificationError, match=r"line 6: obligation 'INV-6'.* is obligation 'INV-5'"):
        verify_directory(forged, source)


def test_equal_obligations_swapped_against_their_due_dates_are_found(tmp_path: Path) -> None:
    source = tmp_path / "input.csv"
    write_input(source, LINES)
    swapped = [replace(LINES[0], due=LINES[1].due), replace(LINES[1], due=LINES[0].due), *LINES[2:]]
    forged = write_result(tmp_path / "r", swapped, source=source)
    with pytest.raises(VerificationError, match=r"line 2: obligation 'INV-1'.* is obligation 'INV-3'"):
        verify_directory(forged, source)


def test_the_numbers_of_a_file_without_ids_follow_its_due_dates(tmp_path: Path) -> None:
    source = tmp_path / "input.csv"
    write_input(source, NUMBERED, ids=False)
    swapped = [replace(NUMBERED[0], id="A>B#2"), replace(NUMBERED[1], id="A>B#1"), *NUMBERED[2:]]
    forged = write_result(tmp_path / "r", swapped, source=source)
    with pytest.raises(VerificationError, match="line 2: obligation 'A>B#2'"):
        verify_directory(forged, source)


@pytest.mark.parametrize(
    ("horizon", "left_out", "words"),
    [
        (0, ["INV-3"], "line 2: obligation 'INV-3': due 2026-10-01, the horizon ends 2026-11-22, .* by horizon"),
        (5, [], "line 3: obligation 'INV-5': due 2026-12-01, the horizon ends 2026-11-27, .* by no rule"),
        (5, ["INV-5", "INV-4"], "line 4: obligation 'INV-4': due at once, the horizon ends 2026-11-27"),
    ],
    ids=["what is due sooner", "what is due later", "what is due at once"],
)
def test_just_what_is_due_beyond_the_horizon_is_left_out(
    tmp_path: Path, horizon: int, left_out: list[str], words: str
) -> None:
    source = tmp_path / "input.csv"
    lines = [LINES[0], Line("INV-5", "A", "B", 70, due=date(2026, 12, 1)), LINES[3]]
    write_input(source, lines)
    told = [replace(line, rule="horizon" if line.id in left_out else "") for line in lines]
    result = write_result(tmp_path / "r", told, source=source, options={"horizon": horizon})
    verify_directory(result)
    with pytest.raises(VerificationError, match=words):
        verify_directory(result, source)


def test_a_true_horizon_holds(tmp_path: Path) -> None:
    source = tmp_path / "input.csv"
    late = Line("INV-5", "A", "B", 70, due=date(2026, 12, 1), rule="horizon")
    write_input(source, [LINES[0], late, LINES[3]])
    result = write_result(tmp_path / "r", [LINES[0], late, LINES[3]], source=source, options={"horizon": 5})
    assert verify_directory(result, source).with_input
