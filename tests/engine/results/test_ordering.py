"""Rows of a file in the order in which they are netted, whatever order they come in."""

import random
from datetime import date

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bizoverbiz.results.ordering import in_canonical_order

names = st.sampled_from(["Å", "Z", "a", "B", "ß", "é", "€", "😀", "Ab", "A"])
lines = st.tuples(
    names,
    names,
    st.integers(1, 5),
    st.one_of(st.none(), st.dates(date(1900, 1, 1), date(2100, 1, 1)), st.just(date(2026, 1, 1))),
).filter(lambda line: line[0] != line[1])
SCHEMA = {"debtor": pl.String, "creditor": pl.String, "amount": pl.Int64, "due_date": pl.Date}


@given(st.lists(lines, min_size=1, max_size=30), st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=100)
def test_rows_come_by_debtor_creditor_due_date_and_id_as_code_points_sort(
    rows: list[tuple[str, str, int, date | None]], chance: random.Random
) -> None:
    numbered = [(*row, f"n{i:02}") for i, row in enumerate(rows)]
    chance.shuffle(numbered)
    ordered = in_canonical_order(pl.DataFrame(numbered, schema=SCHEMA | {"id": pl.String}, orient="row"))
    wanted = sorted(numbered, key=lambda row: (row[0], row[1], row[3] or date.max, row[4]))
    assert ordered.labels().rows() == [(row[4], *row[:2]) for row in wanted]
    assert ordered.columns.ceiling.tolist() == [row[2] for row in wanted]
    assert ordered.members.to_list() == sorted({name for row in rows for name in row[:2]})


@given(st.lists(lines, min_size=1, max_size=30), st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=100)
def test_without_ids_the_order_of_rows_changes_nothing_and_each_gets_its_number_in_its_pair(
    rows: list[tuple[str, str, int, date | None]], chance: random.Random
) -> None:
    shuffled = chance.sample(rows, len(rows))
    one, other = (in_canonical_order(pl.DataFrame(order, schema=SCHEMA, orient="row")) for order in (rows, shuffled))
    labels = one.labels()
    assert labels.equals(other.labels())
    assert one.columns.ceiling.tolist() == other.columns.ceiling.tolist()
    assert one.columns.due.tolist() == other.columns.due.tolist()
    wanted, count = [], {}
    for row in sorted(rows, key=lambda row: (row[0], row[1], row[3] or date.max, row[2])):
        count[row[:2]] = count.get(row[:2], 0) + 1
        wanted.append((f"{row[0]}>{row[1]}#{count[row[:2]]}", row[2]))
    assert list(zip(labels["id"], one.columns.ceiling.tolist(), strict=True)) == wanted


def test_two_names_with_the_same_hash_stay_two(monkeypatch: pytest.MonkeyPatch) -> None:
    hashed = pl.Series.hash
    monkeypatch.setattr(pl.Series, "hash", lambda names, seed: hashed(names, seed) * (seed > 1))
    rows = [("A", "B", 1, None), ("B", "C", 2, None), ("C", "A", 3, None)]
    ordered = in_canonical_order(pl.DataFrame(rows, schema=SCHEMA, orient="row"))
    assert ordered.members.to_list() == ["A", "B", "C"]
    assert ordered.columns.creditor.tolist() == [1, 2, 0]
