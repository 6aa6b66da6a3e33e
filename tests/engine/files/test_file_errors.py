"""Whatever is wrong with a file is refused with the place, the reason and the way out."""

import gzip
import io
import os
from datetime import time
from pathlib import Path

import polars as pl
import pytest

from bizoverbiz.errors import BizoverbizError
from bizoverbiz.files import FileError, careful, read, regular

HEADER = "debtor,creditor,amount\n"
FULL = "id,debtor,creditor,amount,currency,issue_date,due_date\n"
LARGEST = 2**63 - 1


@pytest.fixture
def refusal(tmp_path: Path):
    def refused(content: str | bytes, **options) -> FileError:
        path = tmp_path / "obligations.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        with pytest.raises(FileError) as caught:
            read(path, **options)
        error = caught.value
        assert isinstance(error, BizoverbizError)
        assert error.file == str(path)
        assert str(error).startswith(str(path))
        assert error.reason in str(error)
        assert str(error).endswith(error.way_out)
        assert len(str(error)) < 600
        return error

    return refused


@pytest.fixture
def small_parts(monkeypatch):
    """Lets a short file be read in many parts."""
    monkeypatch.setattr(regular, "_BLOCK", 64)
    monkeypatch.setattr(regular, "_PART", 256)
    monkeypatch.setattr(careful, "_BATCH", 16)


def place(error: FileError) -> tuple[int | None, str | None]:
    return error.line, error.column


@pytest.mark.parametrize(
    ("amount", "decimals", "reason"),
    [
        ("-500", 0, "'-500' is negative"),
        ("-0.50", 2, "'-0.50' is negative"),
        ("-0", 0, "'-0' is negative"),
        ("0", 0, "is zero"),
        ("0.00", 2, "is zero"),
        ("500.5", 0, "'500.5' has decimals"),
        ("500.00", 0, "'500.00' has decimals"),
        ("500.123", 2, "'500.123' has more than 2 decimals"),
        ('"1,234"', 2, "'1,234' has more than 2 decimals"),
        ("1.25", 1, "'1.25' has more than 1 decimal"),
        (str(LARGEST + 1), 0, "'9223372036854775808' is too large"),
        ("92233720368547758.08", 2, "'92233720368547758.08' is too large"),
        ("9" * 10_000, 0, "is too large"),
        ("9" * 37, 2, "is too large"),
        ("abc", 0, "'abc' is not a number"),
        ("NaN", 0, "'NaN' is not a number"),
        ("NaN", 2, "'NaN' is not a number"),
        ("inf", 0, "'inf' is not a number"),
        ("-inf", 2, "'-inf' is not a number"),
        ("1e5", 0, "'1e5' is not a number"),
        ("1e5", 2, "'1e5' is not a number"),
        (".5", 2, "'.5' is not a number"),
        ("5.", 2, "'5.' is not a number"),
        ("1_000", 0, "'1_000' is not a number"),
        ("1 000", 0, "'1 000' is not a number"),
        ("٣", 0, "'٣' is not a number"),
        ("0x10", 0, "'0x10' is not a number"),
        ("--5", 0, "'--5' is not a number"),
        ("5 EUR", 0, "'5 EUR' is not a number"),
        ("", 0, "is empty"),
        (" ", 0, "is empty"),
    ],
)
@pytest.mark.parametrize(("before", "after"), [(0, ""), (300, "A,B,x\n")])
def test_an_amount_that_is_no_positive_number_is_refused_with_its_line(
    refusal, small_parts, amount, decimals, reason, before, after
):
    error = refusal(HEADER + "A,B,1\n" * before + f"A,B,{amount}\n{after}", decimals=decimals)
    assert place(error) == (before + 2, "amount")
    assert reason in error.reason


def test_decimals_without_leave_name_the_option_that_allows_them(refusal):
    assert "--decimals 2" in refusal(HEADER + "A,B,1.50\n").way_out


@pytest.mark.parametrize("before", ["", "C,D,1,CHF\n"])
def test_a_sum_beyond_64_bits_is_refused_on_the_line_that_passes_it(refusal, before):
    content = f"debtor,creditor,amount,currency\n{before}A,B,{LARGEST},EUR\nA,B,5,CHF\nB,C,1,EUR\nA,B,1,EUR\n"
    error = refusal(content)
    assert place(error) == (4 + bool(before), "amount")
    assert "in EUR add up to more than 9,223,372,036,854,775,807" in error.reason


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        ("1,A,A,5,,,", "creditor", "'A' owes itself"),
        ("1, A ,A,5,,,", "creditor", "'A' owes itself"),
        ("1,,B,5,,,", "debtor", "is empty"),
        ("1,A, \t,5,,,", "creditor", "is empty"),
        (",A,B,5,,,", "id", "is empty"),
        ("1,A,B,5,XXX,,", "currency", "'XXX' is no currency"),
        ("1,A,B,5,€,,", "currency", "'€' is no currency"),
        ("1,A,B,5,,2026-02-29,", "issue_date", "'2026-02-29' is no day of the calendar"),
        ("1,A,B,5,,,2026-13-01", "due_date", "'2026-13-01' is no day of the calendar"),
        ("1,A,B,5,,,31/04/2026", "due_date", "'31/04/2026' is no day of the calendar"),
        ("1,A,B,5,,,12/31/2026", "due_date", "'12/31/2026' is no day of the calendar"),
        ("1,A,B,5,,,0000-01-01", "due_date", "'0000-01-01' is no day of the calendar"),
        ("1,A,B,5,,,20260101", "due_date", "'20260101' is not a date"),
        ("1,A,B,5,,,2026-W01-1", "due_date", "'2026-W01-1' is not a date"),
        ("1,A,B,5,,,2026-1-1", "due_date", "'2026-1-1' is not a date"),
        ("1,A,B,5,,,2026-01-01T00:00:00", "due_date", "is not a date"),
        ("1,A,B,5,,,soon", "due_date", "'soon' is not a date"),
    ],
)
def test_a_value_that_means_nothing_is_refused_with_line_and_column(refusal, row, column, reason):
    error = refusal(f"{FULL}0,A,B,5,EUR,2026-01-01,\n{row}\n")
    assert place(error) == (3, column)
    assert reason in error.reason


@pytest.mark.parametrize("length", [257, 10_000])
@pytest.mark.parametrize("column", ["id", "debtor", "creditor"])
def test_a_name_of_more_than_256_characters_is_refused_and_quoted_short(refusal, column, length):
    values = {"id": "1", "debtor": "A", "creditor": "B"} | {column: "é" * length}
    error = refusal(f"id,debtor,creditor,amount\n{','.join(values.values())},5\n")
    assert place(error) == (2, column)
    assert f"{length:,} characters" in error.reason
    assert "at most 256" in error.way_out
    assert len(str(error)) < 400


@pytest.mark.parametrize("row", ["a" * 200_000 + ",B,5,", "A,B,5," + "a" * 200_000, 'A,B,5,"' + "a\n" * 100_000 + '"'])
def test_a_field_longer_than_the_csv_module_takes_is_refused_in_any_column(refusal, row):
    error = refusal(f"debtor,creditor,amount,note\nA,B,5,\n{row}\n")
    assert error.line == 3
    assert "more than 131,072 characters" in error.reason


def test_an_id_used_twice_is_refused_with_both_lines(refusal):
    error = refusal("id,debtor,creditor,amount\n" + 'X,A,"two\nlines",1\nY,A,B,1\n\nX ,C,D,1\nY,A,B,1\n')
    assert place(error) == (6, "id")
    assert "'X' is also the id on line 2" in error.reason


def test_lines_are_counted_as_an_editor_does(refusal):
    content = 'debtor,creditor,"no\nte","amount"\n"a\n\nb",B,1,5\r\n\r\nC,D,1,6\r\r\nE,"F\r\nG",1,-1\n'
    assert place(refusal(content)) == (9, "amount")


@pytest.mark.parametrize("content", [b"", b"\n", b"\r\n\n  \n", b"\xef\xbb\xbf", gzip.compress(b"", mtime=0)])
def test_a_file_of_nothing_is_empty(refusal, content):
    assert refusal(content).reason == "it is empty"


@pytest.mark.parametrize("content", [HEADER, HEADER.strip(), HEADER + "\n\n", '"debtor";"creditor";"amount"\r\n'])
def test_a_header_alone_is_refused(refusal, content):
    assert refusal(content).reason == "it has a header and no rows"


def test_a_missing_column_is_named_with_what_was_found_and_what_is_needed(refusal):
    error = refusal("from;to;amount\nA;B;1\n")
    assert error.line == 1
    assert "no column debtor and no column creditor among 'from, to, amount'" in error.reason
    assert "debtor, creditor and amount" in error.way_out


def test_three_columns_without_a_number_in_the_third_are_a_header_gone_wrong(refusal):
    assert "no column debtor" in refusal("A,B,C\nA,B,1\n").reason


def test_four_columns_need_a_header(refusal):
    assert "among 'A, B, 100, EUR'" in refusal("A,B,100,EUR\n").reason


def test_a_thousand_columns_are_not_all_quoted(refusal):
    assert "…" in refusal(",".join(["x" * 100] * 1000) + "\n").reason


def test_two_columns_of_one_meaning_are_refused(refusal):
    error = refusal("debtor,creditor,amount,Debtor\nA,B,1,A\n")
    assert error.line == 1
    assert "two columns, 'debtor' and 'Debtor', mean debtor" in error.reason


@pytest.mark.parametrize(
    ("row", "found"), [("A,B", "2 fields"), ("A,B,1,2", "4 fields"), ("A", "1 field"), (" ", "1 field")]
)
def test_a_row_of_another_width_is_refused(refusal, row, found):
    error = refusal(f"{HEADER}A,B,1\n{row}\nA,B,1,1\nA,B\n")
    assert error.line == 3
    assert f"{found} where 3 fields separated by commas are expected" in error.reason


@pytest.mark.parametrize("row", ["A,B,1", "A,B,1,,", "A,B,1,,x", "A,B,1,,,\nA,B,1", "A,B,1\nA,B,1,,"])
@pytest.mark.parametrize("last", ["due_date", "note"])
@pytest.mark.parametrize("quoted", [False, True])
def test_a_row_without_its_empty_last_field_or_with_one_more_is_refused(refusal, row, last, quoted):
    content = f"debtor,creditor,amount,{last}\nA,B,1,\n{row}\nA,B,1,\n"
    assert refusal(content.replace("A", '"A"') if quoted else content).line == 3


@pytest.mark.parametrize(("note", "reason"), [('"a"b', "double quote"), ('a"b,c"', "5 fields"), ('"a', "double quote")])
def test_stray_quotes_are_refused_even_where_the_column_means_nothing(refusal, note, reason):
    error = refusal(f"debtor,creditor,amount,note\nA,B,1,\nA,B,2,{note}\n")
    assert error.line == 3
    assert reason in error.reason


def test_a_carriage_return_alone_ends_a_line(refusal):
    error = refusal(HEADER + "A,B,1\nA,B\rC,1\n")
    assert error.line == 3
    assert "2 fields" in error.reason


def test_the_first_wrong_line_is_named_whatever_is_wrong_on_later_ones(refusal):
    wrong = ["A,A,1", "A,B,-1", "A,B", '"A', "A,B,x"]
    for first in range(len(wrong)):
        assert refusal(HEADER + "A,B,1\n" + "\n".join(wrong[first:] + wrong[:first])).line == 3


@pytest.mark.parametrize("row", ['"A,B,1\nC,D,2', '"A" x,B,1\nC,D,2', 'A,B,"1'])
def test_a_quote_that_is_not_closed_is_refused_where_it_opens(refusal, row):
    error = refusal(f"{HEADER}A,B,1\n{row}\n")
    assert error.line == 3
    assert "double quote" in error.reason


def test_a_quote_left_open_in_the_header_is_refused(refusal):
    error = refusal('"debtor,creditor,amount\nA,B,1\n')
    assert error.line == 1
    assert "double quote" in error.reason


def test_latin_1_is_refused_with_its_line(refusal):
    error = refusal((HEADER + "A,B,1\n\r\nA,Société,1\n").encode("latin-1"))
    assert error.line == 4
    assert "0xe9 is not UTF-8" in error.reason
    assert "UTF-8" in error.way_out


def test_a_character_cut_off_at_the_end_is_not_utf_8(refusal):
    assert refusal(HEADER.encode() + b"A,B,1\nA,B\xc3").line == 3


def test_utf_8_is_checked_in_long_files_too(refusal):
    head = HEADER.encode() + "é,B,1\n".encode() * 300_001
    assert refusal(head + b"A,\xff,1\n").line == 300_003


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le"])
def test_utf_16_is_refused(refusal, encoding):
    assert "UTF-" in str(refusal(HEADER.encode(encoding)))


def test_a_nul_byte_is_refused_with_its_line(refusal):
    error = refusal(HEADER + "A,B,1\nA\0,B,1\n")
    assert error.line == 3
    assert "NUL" in error.reason


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda whole: whole[: len(whole) // 2], "ends too early"),
        (lambda whole: whole[:12], "ends too early"),
        (lambda whole: whole[:2], "ends too early"),
        (lambda whole: whole[:-5] + b"12345", "is broken"),
        (lambda whole: whole[:20] + bytes(20) + whole[40:], "is broken"),
        (lambda whole: whole + b"rest", "is broken"),
    ],
)
def test_a_broken_gzip_file_is_refused(refusal, spoil, reason):
    whole = gzip.compress((HEADER + "".join(f"A{i},B,{i}\n" for i in range(1, 500))).encode())
    assert reason in refusal(spoil(whole)).reason


def parquet(**columns) -> bytes:
    buffer = io.BytesIO()
    pl.DataFrame({"debtor": ["A", "B"], "creditor": ["B", "C"], "amount": [1, 2]} | columns).write_parquet(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda whole: b"PAR1",
        lambda whole: whole[: len(whole) // 2],
        lambda whole: whole[:-8] + b"\xff\xff\xff\x7fPAR1",
        lambda whole: whole[:4] + bytes(len(whole) - 12) + whole[-8:],
    ],
)
def test_a_broken_parquet_file_is_refused(refusal, spoil):
    assert "Parquet file cannot be read" in refusal(spoil(parquet())).reason


@pytest.mark.parametrize(
    ("columns", "column", "reason"),
    [
        ({"amount": [1.0, 2.0]}, "amount", "of type Float64"),
        ({"debtor": [1.0, 2.0]}, "debtor", "of type Float64"),
        ({"due_date": [1, 2]}, "due_date", "'1' is not a date"),
        ({"due_date": [time(1), time(2)]}, "due_date", "of type Time"),
        ({"amount": [5, -2]}, "amount", "'-2' is negative"),
        ({"amount": [5, None]}, "amount", "is empty"),
        ({"amount": pl.Series([5, 2**64 - 1], dtype=pl.UInt64)}, "amount", "too large"),
        ({"amount": pl.Series([1, 2.5], dtype=pl.Decimal(9, 2), strict=False)}, "amount", "'1.00' has decimals"),
        ({"debtor": ["A", "x\0y"]}, "debtor", "NUL"),
        ({"debtor": ["A", None]}, "debtor", "is empty"),
        ({"debtor": ["A", "C"]}, "creditor", "'C' owes itself"),
        ({"id": ["X", "X"]}, "id", "also the id on row 1"),
        ({"amount": [1, 2**63 - 1]}, "amount", "add up to more"),
    ],
)
def test_what_is_wrong_in_parquet_is_refused_with_the_column(refusal, columns, column, reason):
    error = refusal(parquet(**columns))
    assert error.column == column
    assert reason in error.reason


def test_the_row_of_a_parquet_file_is_called_a_row(refusal):
    assert "row 2, column amount" in str(refusal(parquet(amount=[1, 0])))


def test_parquet_without_rows_or_columns_is_refused(refusal):
    assert "no rows" in refusal(parquet(debtor=[], creditor=[], amount=[])).reason
    buffer = io.BytesIO()
    pl.DataFrame({"x": [1]}).write_parquet(buffer)
    assert "no column debtor" in refusal(buffer.getvalue()).reason


def test_a_file_that_is_not_there_and_a_folder_are_refused(tmp_path):
    with pytest.raises(FileError, match="there is no such file"):
        read(tmp_path / "missing.csv")
    with pytest.raises(FileError, match="it is a folder"):
        read(tmp_path)
    with pytest.raises(FileError, match="it cannot be read"):
        read(tmp_path / "nul\0.csv")


def test_a_file_one_may_not_read_is_refused(tmp_path):
    path = tmp_path / "secret.csv"
    path.write_text(HEADER + "A,B,1\n")
    path.chmod(0)
    root = os.geteuid() == 0
    try:
        if root:
            os.seteuid(65534)
        with pytest.raises(FileError, match="reading it is not permitted"):
            read(path)
    finally:
        if root:
            os.seteuid(0)
