"""The commands that work on files, run in this process: starting Python anew takes longer than most of them."""

from __future__ import annotations

import contextlib
import io
import subprocess
import sys
from pathlib import Path

import pytest

from bizoverbiz.cli.main import main

Run = subprocess.CompletedProcess[str]
COMMAND = str(Path(sys.executable).with_name("bizoverbiz"))


def run(*arguments: object) -> Run:
    """What the installed command does."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    words = [str(argument) for argument in arguments]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", [COMMAND, *words])
        patch.setenv("COLUMNS", "200")
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                main()
            except SystemExit as ended:
                code = int(ended.code or 0)
    return Run(words, code, out.getvalue(), err.getvalue())


def ok(*arguments: object) -> str:
    done = run(*arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout
