"""The file of a network: CSV, CSV in gzip, or Parquet, by its ending."""

import gzip
import os
from pathlib import Path
from typing import IO

import polars as pl

from bizoverbiz.generation.errors import GenerationError

#: Rows made into text at once.
_CHUNK = 500_000
ENDINGS = (".csv", ".csv.gz", ".parquet")


def check_target(target: Path) -> None:
    """Refuse a file that cannot be written, before a minute's work.

    Raises:
        GenerationError: the ending is unknown, or the folder is missing or closed.
    """
    if not target.name.endswith(ENDINGS):
        raise GenerationError(f"{target}: the ending says no format: use {', '.join(ENDINGS)}")
    if not target.parent.is_dir():
        raise GenerationError(f"{target}: the folder {target.parent} does not exist: create it first")
    if target.is_dir() or not os.access(target if target.exists() else target.parent, os.W_OK):
        raise GenerationError(f"{target} cannot be written: choose another place")


def write(rows: pl.DataFrame, target: Path | IO[bytes]) -> None:
    """Write the obligations to a file, or as CSV to an open stream.

    A file appears under its name only when it is complete.

    Raises:
        GenerationError: the file cannot be written.
        BrokenPipeError: nobody reads the stream any more.
    """
    if not isinstance(target, Path):
        try:
            _write_csv(rows, target)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise GenerationError(f"the output cannot be written: {error.strerror or error}") from None
        return
    check_target(target)
    part = target.with_name(target.name + ".part")
    try:
        if target.name.endswith(".parquet"):
            rows.write_parquet(part)
        elif target.name.endswith(".gz"):
            # no name and no time in the header: the same network, the same bytes
            with part.open("wb") as raw, gzip.GzipFile("", "wb", compresslevel=6, fileobj=raw, mtime=0) as stream:
                _write_csv(rows, stream)
        else:
            rows.write_csv(part)
        part.replace(target)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise GenerationError(f"{target} cannot be written: {error.strerror or error}") from None


def _write_csv(rows: pl.DataFrame, stream: IO[bytes] | gzip.GzipFile) -> None:
    """Write in chunks by Python's own call, so that a closed pipe is told from a full disk."""
    for start in range(0, len(rows), _CHUNK):
        stream.write(rows.slice(start, _CHUNK).write_csv(include_header=start == 0).encode())
