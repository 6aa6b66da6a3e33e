"""What a file of obligations may look like, and what it means."""

import gzip
import hashlib
import io
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from bizoverbiz.files import ObligationFile, read, regular

THREE = [("A", "B", 100), ("B", "C", 250), ("C", "A", 7)]
HEADER = "debtor,creditor,amount\n"


@pytest.fixture
def file(tmp_path: Path):
    def write(content: str | bytes, **options) -> ObligationFile:
        path = tmp_path / "obligations.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read(path, **options)

    return write


def pairs(found: ObligationFile) -> list[tuple]:
    return found.frame.select("debtor", "creditor", "amount").rows()


def csv_of(delimiter: str, end: str, header: bool = True) -> str:
    rows = [("debtor", "creditor", "amount")] * header + THREE
    return "".join(delimiter.join(map(str, row)) + end for row in rows)


@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", " "])
def test_any_delimiter_and_line_ending_is_understood_with_and_without_a_header(file, delimiter, end, header):
    assert pairs(file(csv_of(delimiter, end, header))) == THREE


def test_the_result_names_the_file_its_rows_and_the_hash_of_its_stored_bytes(tmp_path):
    stored = gzip.compress(csv_of(";", "\r\n").encode())
    (tmp_path / "year.csv.gz").write_bytes(stored)
    found = read(tmp_path / "year.csv.gz")
    assert (found.name, found.rows, found.sha256) == ("year.csv.gz", 3, hashlib.sha256(stored).hexdigest())
    assert pairs(found) == THREE


def test_every_column_arrives_in_its_type_and_order_and_unknown_ones_are_ignored(file):
    found = file(
        "due_date,colour,amount,creditor,debtor,issue_date,currency,id\n"
        "2026-12-31,red,100,B,A,2026-10-01,EUR,1\n"
        ",green,5,A,B,,chf,2\n"
        "28/02/2024,blue,9,C,B,29/02/2024,,3\n"
    ).frame
    assert dict(found.schema) == {
        "id": pl.String,
        "debtor": pl.String,
        "creditor": pl.String,
        "amount": pl.Int64,
        "currency": pl.Categorical,
        "issue_date": pl.Date,
        "due_date": pl.Date,
    }
    assert found.rows() == [
        ("1", "A", "B", 100, "EUR", date(2026, 10, 1), date(2026, 12, 31)),
        ("2", "B", "A", 5, "CHF", None, None),
        ("3", "B", "C", 9, "EUR", date(2024, 2, 29), date(2024, 2, 28)),
    ]


def test_absent_columns_stay_absent_but_for_the_currency(file):
    found = file(HEADER + "A,B,100\n", currency="CHF").frame
    assert found.columns == ["debtor", "creditor", "amount", "currency"]
    assert found["currency"].to_list() == ["CHF"]


@pytest.mark.parametrize(
    "header",
    [
        "DEBTOR, Creditor ,AMOUNT",
        "débiteur,créancier,montant",
        "Debiteur,CREANCIER,Montant",
        '"debtor","creditor","amount"',
        "de\u0301biteur,cre\u0301ancier,montant",
    ],
)
def test_column_names_may_be_english_or_french_in_any_case(file, header):
    assert pairs(file(f"{header}\nA,B,100\n")) == [("A", "B", 100)]


def test_french_names_of_the_other_columns_are_understood(file):
    found = file(
        "Débiteur;Créancier;Montant;Devise;Date facture;Date d'échéance;Échéance\nA;B;1;EUR;;;31/12/2026\n"
    ).frame
    assert found.columns == ["debtor", "creditor", "amount", "currency", "issue_date", "due_date"]
    assert found["due_date"].to_list() == [date(2026, 12, 31)]


def test_quotes_may_hold_delimiters_quotes_and_line_breaks(file):
    found = file(HEADER + '"Dupont, fils","Le ""Lion""",100\n"two\r\nlines",B,"200"\n')
    assert pairs(found) == [("Dupont, fils", 'Le "Lion"', 100), ("two\r\nlines", "B", 200)]


def test_a_quote_within_an_unquoted_name_is_a_character_like_any_other(file):
    assert pairs(file('debtor;creditor;amount\nLe "Lion";B;100\n')) == [('Le "Lion"', "B", 100)]


def test_blanks_around_values_and_blank_lines_mean_nothing(file):
    found = file("\n" + HEADER + '\n A\t,\u00a0B , 100 \n\n\n C , "D ",\u202f5\n\n\n')
    assert pairs(found) == [("A", "B", 100), ("C", "D", 5)]


def test_a_byte_order_mark_is_no_part_of_the_first_name(file):
    assert pairs(file(b"\xef\xbb\xbf" + csv_of(",", "\n").encode())) == THREE
    assert pairs(file(b"\xef\xbb\xbf" + csv_of(",", "\n", header=False).encode())) == THREE


def test_what_looks_like_a_byte_order_mark_further_on_is_kept(file):
    assert pairs(file(HEADER + "\ufeffA,B,1\n")) == [("\ufeffA", "B", 1)]


def test_a_row_that_begins_like_a_compressed_file_is_text(file):
    assert pairs(file(HEADER + "x\x01,PAR1,1\n(\u00b5/\u00fd,x^,2\n")) == [("x\x01", "PAR1", 1), ("(µ/ý", "x^", 2)]


def test_a_debtor_may_be_called_like_the_mark_of_a_parquet_file(file):
    assert pairs(file("PAR1,B,5\n")) == [("PAR1", "B", 5)]


def test_a_last_line_without_an_end_counts(file):
    assert pairs(file(csv_of(",", "\n").rstrip("\n"))) == THREE


def test_a_header_ended_by_a_lone_carriage_return_hides_no_row(file):
    assert pairs(file("debtor,creditor,amount\rA,B,1\nC,D,2\n")) == [("A", "B", 1), ("C", "D", 2)]


def test_the_delimiter_is_not_mistaken_for_a_blank_or_a_comma_within_values(file):
    assert pairs(file("A B,C 5,100\nD,E,7\n")) == [("A B", "C 5", 100), ("D", "E", 7)]
    assert pairs(file("A;B;50,5\n", decimals=2)) == [("A", "B", 5050)]
    assert pairs(file("A B;C, D;10\n")) == [("A B", "C, D", 10)]


@pytest.mark.parametrize(
    ("written", "minor"),
    [
        ("50000", 5_000_000),
        ("50000.5", 5_000_050),
        ("50000,50", 5_000_050),
        ("+0.01", 1),
        ("007", 700),
        ("92233720368547758.07", 2**63 - 1),
        ("0" * 5000 + "1", 100),
    ],
)
def test_decimals_become_minor_units_exactly(file, written, minor):
    assert file(f"debtor;creditor;amount\nA;B;{written}\n", decimals=2).frame["amount"].to_list() == [minor]
    assert file(f'{HEADER}A,B,"{written}"\n', decimals=2).frame["amount"].to_list() == [minor]


def test_the_largest_amount_is_kept_to_the_unit(file):
    assert pairs(file(f"{HEADER}A,B,{2**63 - 1}\n")) == [("A", "B", 2**63 - 1)]


def test_sums_are_bounded_by_currency_and_not_together(file):
    found = file(f"debtor,creditor,amount,currency\nA,B,{2**63 - 1},EUR\nA,B,{2**63 - 1},CHF\n")
    assert found.rows == 2


def test_a_name_may_have_256_characters(file):
    assert pairs(file(f"{HEADER}{'é' * 256},B,1\n")) == [("é" * 256, "B", 1)]


def test_a_file_of_several_gzip_members_is_read_whole(file):
    stored = gzip.compress(HEADER.encode()) + gzip.compress(b"A,B,1\n") + gzip.compress(b"C,D,2\n")
    assert pairs(file(stored)) == [("A", "B", 1), ("C", "D", 2)]


def test_progress_ends_at_the_whole_file(file, monkeypatch):
    monkeypatch.setattr(regular, "_BLOCK", 64)
    monkeypatch.setattr(regular, "_PART", 128)
    seen = []
    content = HEADER + "".join(f"A{i},B{i},{i}\n" for i in range(1, 100))
    assert file(content, progress=lambda done, total: seen.append((done, total))).rows == 99
    done = [bytes_done for bytes_done, _ in seen]
    assert len(done) > 5
    assert done == sorted(done)
    assert {total for _, total in seen} == {len(content)}


def test_a_large_file_is_read_in_parts_and_in_order(file):
    rows = 1_200_000
    content = HEADER + "".join(f'"debtor, {i}",creditor number {i},{i}\n' for i in range(1, rows + 1))
    assert len(content) > 1.3 * regular._PART
    found = file(content).frame
    assert found["amount"].to_list() == list(range(1, rows + 1))
    assert found["debtor"][rows - 1] == f"debtor, {rows}"


@pytest.mark.parametrize("wrong", [-1, 10])
def test_senseless_decimals_are_a_programming_error(file, wrong):
    with pytest.raises(ValueError, match="decimals must be 0 to 9"):
        file(HEADER + "A,B,1\n", decimals=wrong)


def test_a_senseless_default_currency_is_a_programming_error(file):
    with pytest.raises(ValueError, match="'EURO' is no ISO 4217 currency"):
        file(HEADER + "A,B,1\n", currency="EURO")


@pytest.mark.parametrize("compress", [bytes, gzip.compress])
@pytest.mark.parametrize(
    ("amounts", "decimals"),
    [
        (pl.Series([100, 250], dtype=pl.Int32), 0),
        (pl.Series([100, 250], dtype=pl.UInt64), 0),
        (pl.Series(["100", "250"]), 0),
        (pl.Series([1, 2.5], dtype=pl.Decimal(18, 2), strict=False), 2),
        (pl.Series([Decimal(1), Decimal("2.5")], dtype=pl.Decimal(18, 5)), 2),
        (pl.Series(["1", "2,5"]), 2),
    ],
)
def test_parquet_holds_amounts_as_integers_decimals_or_text(file, amounts, decimals, compress):
    buffer = io.BytesIO()
    pl.DataFrame(
        {
            "Amount": amounts,
            "creditor": pl.Series([1, 2]),
            "note": [0.5, 0.5],
            "debtor": pl.Series(["A", "B"], dtype=pl.Categorical),
            "due_date": [date(2026, 12, 31), None],
            "issue_date": [None, datetime(2026, 1, 1)],
            "currency": ["CHF", None],
        }
    ).write_parquet(buffer)
    found = file(compress(buffer.getvalue()), decimals=decimals).frame
    assert found.rows() == [
        ("A", "1", 100, "CHF", None, date(2026, 12, 31)),
        ("B", "2", 250, "EUR", date(2026, 1, 1), None),
    ]
