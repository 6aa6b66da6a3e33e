"""Whatever single number is changed, it is found: nothing in the files stands for itself alone."""

from __future__ import annotations

import csv
import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bizoverbiz.verification import Proof, VerificationError, verify_directory

from .writing import SETOFF_COLUMNS, Line, Solved, bound, solve, write_json, write_result

HORIZON = {"horizon": 30}
NUMBERS = ("amount", "ceiling", "set_off", "remaining")


@st.composite
def networks(draw: st.DrawFn, most: int = 1000) -> list[Line]:
    """Up to six firms; some obligations are left out by a rule."""
    pairs = st.permutations("ABCDEF").map(lambda order: order[:2])
    drawn = draw(st.lists(st.tuples(pairs, st.integers(1, most), st.sampled_from(["", "", "", "horizon"])), min_size=1))
    return [Line(f"{i:03}", a, b, amount, rule=rule) for i, ((a, b), amount, rule) in enumerate(drawn)]


def other(number: int) -> st.SearchStrategy[int]:
    near = st.sampled_from([-1, 1, 2**32, -(2**32)]).map(lambda change: number + change)
    return (near | st.integers(-(2**63), 2**63 - 1)).filter(lambda n: n != number)


@given(networks())
@settings(deadline=None, max_examples=40)
def test_every_real_result_holds_and_is_proven(lines: list[Line]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        verified = verify_directory(write_result(Path(folder), lines, options=HORIZON))
    assert {part.proof for part in verified.currency.values()} == {Proof.CERTIFICATE}


@given(networks(), st.data())
@settings(deadline=None, max_examples=120)
def test_any_other_number_in_the_set_offs_is_found(lines: list[Line], data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = write_result(Path(folder), lines, options=HORIZON) / "setoffs.csv"
        with path.open(encoding="utf-8") as file:
            rows = list(csv.reader(file))
        row, at = data.draw(st.sampled_from(rows[1:])), SETOFF_COLUMNS.index(data.draw(st.sampled_from(NUMBERS)))
        row[at] = str(data.draw(other(int(row[at]))))
        with path.open("w", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)
        with pytest.raises(VerificationError):
            verify_directory(path.parent)


@given(networks(), st.data())
@settings(deadline=None, max_examples=120)
def test_any_other_number_in_the_certificate_is_found_unless_it_proves_the_same(
    lines: list[Line], data: st.DataObject
) -> None:
    """Potentials are not unique: others may prove the same optimum, which a slow second computation tells."""
    solved = solve(lines)
    with tempfile.TemporaryDirectory() as folder:
        path = write_result(Path(folder), lines, {"EUR": solved}, options=HORIZON) / "certificate.json"
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        certificate = document["currency"]["EUR"]
        potentials: Mapping[str, int] = certificate["potentials"]
        places = [(certificate, "total"), (certificate, "bound"), *((potentials, member) for member in potentials)]
        place, key = data.draw(st.sampled_from(places))
        place[key] = data.draw(other(place[key]))
        write_json(path, document)
        changed = Solved(solved.set_offs, potentials, {}, {}, {})
        if place is potentials and abs(place[key]) < 2**40 and bound(lines, changed) == certificate["bound"]:
            verify_directory(path.parent)
        else:
            with pytest.raises(VerificationError):
                verify_directory(path.parent)


@given(networks(most=2**62 // 100), st.integers(-(10**6), 10**6), st.data())
@settings(deadline=None, max_examples=40)
def test_bounds_of_great_amounts_are_exact(lines: list[Line], price: int, data: st.DataObject) -> None:
    lines = lines[:50]
    solved = Solved(
        dict.fromkeys((o.id for o in lines), 0),
        {
            member: data.draw(st.integers(-(10**6), 10**6))
            for member in "ABCDEF"
            if any(member in (o.debtor, o.creditor) for o in lines)
        },
        {lines[0].debtor: price} if price else {},
        {lines[0].debtor: 2**62} if price > 0 else {},
        {lines[0].debtor: 0} if price < 0 else {},
    )
    with tempfile.TemporaryDirectory() as folder:
        verified = verify_directory(write_result(Path(folder), lines, {"EUR": solved}, optimal=False, options=HORIZON))
    assert verified.currency["EUR"].bound == bound(lines, solved)
