"""The directory of a result: written whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from bizoverbiz.errors import WrongInputError

if TYPE_CHECKING:
    from bizoverbiz.results.netting import FileNetting

#: Rows that one core writes at a time: with fewer they wait for each other.
_BATCH = 2**14
_FILES = ("setoffs.csv", "members.csv", "certificate.json", "summary.json", "report.html")


class ResultError(WrongInputError):
    """A directory of a result that cannot be written or read; the message names it, the reason and the way out."""


def write_directory(
    directory: Path, result: FileNetting, report: str | None, seconds: Callable[[], dict[str, float]]
) -> None:
    """Write a result; an earlier result there is replaced, anything else is left alone and refused.

    Args:
        directory: to be made, or to be replaced when it holds an earlier result.
        result: its tables and figures.
        report: the page for people, if there is one.
        seconds: asked last for the time each step took.

    Raises:
        ResultError: the directory holds something else, or cannot be written.
    """
    check_directory(directory)
    try:
        directory.parent.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix=f".{directory.name}-", dir=directory.parent))
    except OSError as error:
        raise ResultError(f"{directory}: cannot be written ({error.strerror}): choose another --out") from error
    try:
        plain = result.setoffs.with_columns(pl.col("rule").replace("", None))  # else written as quoted nothing
        with ThreadPoolExecutor(2) as beside:
            setoffs = beside.submit(plain.write_csv, partial / "setoffs.csv", batch_size=_BATCH)
            members = beside.submit(result.members.write_csv, partial / "members.csv")
            _write_json(partial / "certificate.json", result.certificate)
        for table in (setoffs, members):
            table.result()
        if report is not None:
            (partial / "report.html").write_text(report, encoding="utf-8")
        _write_json(partial / "summary.json", result.summary | {"seconds": seconds()}, indent=2)
        partial.chmod(0o777 & ~_umask())
        if directory.exists():
            earlier = directory.rename(partial.with_name(f"{partial.name}-earlier"))
            try:
                partial.rename(directory)
            except OSError:
                earlier.rename(directory)
                raise
            shutil.rmtree(earlier)
        else:
            partial.rename(directory)
    except OSError as error:
        raise ResultError(f"{directory}: writing failed ({error.strerror}): nothing was left behind") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def check_directory(directory: Path) -> None:
    """Refuse to write over what is no earlier result.

    Raises:
        ResultError: there is something else.
    """
    if not directory.exists():
        return
    if not directory.is_dir():
        raise ResultError(f"{directory}: is a file: choose another --out")
    strangers = sorted(entry.name for entry in directory.iterdir() if entry.name not in _FILES)
    if strangers:
        raise ResultError(f"{directory}: holds {strangers[0]!r}, which is no result: choose another --out")


def read_certificate(directory: Path) -> dict[str, Any]:
    """Read the certificate of an earlier result.

    Raises:
        ResultError: there is none, or it has not the form.
    """
    try:
        document = json.loads((directory / "certificate.json").read_text(encoding="utf-8"))
        parts = document["currency"]
        valid = all(
            type(potential) is int and abs(potential) < 2**30
            for part in parts.values()
            for potential in part["potentials"].values()
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ResultError(f"{directory}: holds no certificate of an earlier result: name another --previous") from error
    if not valid:
        raise ResultError(f"{directory}: the potentials in its certificate are not small integers")
    return dict(document)


def _write_json(path: Path, document: dict[str, Any], indent: int | None = None) -> None:
    path.write_text(json.dumps(document, ensure_ascii=False, indent=indent) + "\n", encoding="utf-8")


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
