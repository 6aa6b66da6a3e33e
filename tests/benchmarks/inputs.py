"""The files that are netted: drawn by `bizoverbiz generate`, seed 1, and kept between runs."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .measuring import PACKAGE, ROOT

#: The day at which ages are counted: the one the files are drawn for.
ON = "2026-11-22"
COMMAND = str(Path(sys.executable).with_name("bizoverbiz"))


@dataclass(frozen=True, slots=True)
class Size:
    name: str
    firms: int
    obligations: int

    @property
    def repetitions(self) -> int:
        return 10 if self.firms <= 10_000 else 3 if self.firms <= 100_000 else 1


SIZES = {
    size.name: size
    for size in (
        Size("1k", 1_000, 5_000),
        Size("10k", 10_000, 50_000),
        Size("100k", 100_000, 500_000),
        Size("1M", 1_000_000, 5_000_000),
        Size("2M", 2_000_000, 20_000_000),
    )
}


def drawn(size: Size, folder: Path) -> Path:
    """Give the file of a size, in the page cache as all contenders are to find it."""
    path = folder / f"{size.name}.csv"
    if not path.exists():
        numbers = ["--firms", str(size.firms), "--obligations", str(size.obligations), "--seed", "1"]
        partial = path.with_suffix(".partial.csv")
        _call([COMMAND, "generate", *numbers, "--on", ON, "--out", str(partial)])
        partial.rename(path)
    warm(path)
    return path


def derived(module: str, path: Path, target: Path) -> Path:
    """Give what one of this package's programs makes of a file; made anew in every run."""
    _call([sys.executable, "-m", f"{PACKAGE}.{module}", str(path), str(target)])
    warm(target)
    return target


def warm(path: Path) -> None:
    with path.open("rb") as file:
        while file.read(1 << 20):
            pass


def _call(command: Sequence[str]) -> None:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed: {done.stderr.strip()}")
