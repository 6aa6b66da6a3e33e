"""The network as a file."""

import gzip
import io
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from bizoverbiz.generation import GenerationError, check_target, draw_network, files, write

ROWS = draw_network(30, 120, 4).frame()


@pytest.mark.parametrize("ending", [".csv", ".csv.gz", ".parquet"])
def test_each_format_holds_the_same_rows(tmp_path: Path, ending: str) -> None:
    target = tmp_path / f"obligations{ending}"
    write(ROWS, target)
    read = pl.read_parquet(target) if ending == ".parquet" else pl.read_csv(target, try_parse_dates=True)
    assert_frame_equal(read, ROWS)
    assert [path.name for path in tmp_path.iterdir()] == [target.name]


def test_text_is_the_same_in_chunks_in_gzip_and_in_a_stream(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_CHUNK", 50)
    stream = io.BytesIO()
    write(ROWS, stream)
    write(ROWS, tmp_path / "a.csv.gz")
    write(ROWS, tmp_path / "b.csv.gz")
    assert stream.getvalue() == ROWS.write_csv().encode()
    assert gzip.decompress((tmp_path / "a.csv.gz").read_bytes()) == stream.getvalue()
    assert (tmp_path / "a.csv.gz").read_bytes() == (tmp_path / "b.csv.gz").read_bytes()


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("obligations.xlsx", r"use \.csv, \.csv\.gz, \.parquet"),
        ("missing/obligations.csv", "does not exist: create it first"),
        ("folder.csv", "cannot be written: choose another place"),
    ],
)
def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path, name: str, reason: str) -> None:
    (tmp_path / "folder.csv").mkdir()
    for refuse in (check_target, lambda target: write(ROWS, target)):
        with pytest.raises(GenerationError, match=reason):
            refuse(tmp_path / name)


def test_a_full_disk_is_told_and_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fill(self: pl.DataFrame, file: Path) -> None:
        file.write_bytes(b"id,deb")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pl.DataFrame, "write_csv", fill)
    with pytest.raises(GenerationError, match="No space left on device"):
        write(ROWS, tmp_path / "obligations.csv")
    assert list(tmp_path.iterdir()) == []


def test_a_reader_who_leaves_is_no_full_disk() -> None:
    class Closed(io.BytesIO):
        def write(self, _: object) -> int:
            raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        write(ROWS, Closed())
