"""A result's directory is written whole or not at all."""

from datetime import date
from pathlib import Path

import pytest

from bizoverbiz.files import read
from bizoverbiz.netting import Rules
from bizoverbiz.results import FileNetting, ResultError, net_file, previous_potentials, write_directory

NO_TIMES: dict[str, float] = {}


@pytest.fixture
def result(tmp_path: Path) -> FileNetting:
    (tmp_path / "rows.csv").write_text("debtor,creditor,amount\nA,B,5\nB,A,7\n")
    return net_file(read(tmp_path / "rows.csv"), on=date(2026, 11, 22), rules=Rules())


def test_a_failure_while_writing_leaves_nothing_behind_and_the_earlier_result_alone(
    result: FileNetting, tmp_path: Path
) -> None:
    write_directory(tmp_path / "out", result, "first", lambda: NO_TIMES)
    entries = sorted(tmp_path.iterdir())

    def disk_full() -> dict[str, float]:
        raise OSError(28, "No space left on device")

    with pytest.raises(ResultError, match="No space left on device"):
        write_directory(tmp_path / "out", result, "second", disk_full)
    assert sorted(tmp_path.iterdir()) == entries
    assert (tmp_path / "out" / "report.html").read_text() == "first"


def test_without_a_report_none_is_left_from_an_earlier_result(result: FileNetting, tmp_path: Path) -> None:
    write_directory(tmp_path / "out", result, "page", lambda: NO_TIMES)
    write_directory(tmp_path / "out", result, None, lambda: NO_TIMES)
    assert not (tmp_path / "out" / "report.html").exists()
    assert (tmp_path / "out" / "summary.json").exists()


def test_the_potentials_of_a_result_are_read_back_by_currency_and_member(result: FileNetting, tmp_path: Path) -> None:
    write_directory(tmp_path / "out", result, None, lambda: NO_TIMES)
    assert previous_potentials(tmp_path / "out") == {"EUR": result.certificate["currency"]["EUR"]["potentials"]}
