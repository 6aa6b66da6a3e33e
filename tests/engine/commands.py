"""The commands, run in this process: starting Python anew takes longer than most of them."""

from __future__ import annotations

import contextlib
import io
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
import structlog

from bizoverbiz.cli.main import main
from bizoverbiz.cli.terminal import console

Run = subprocess.CompletedProcess[str]
COMMAND = str(Path(sys.executable).with_name("bizoverbiz"))


def run(*arguments: object, environment: Mapping[str, str | None] | None = None) -> Run:
    """What the installed command does; of `environment`, None takes a variable away."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    words = [str(argument) for argument in arguments]
    with pytest.MonkeyPatch.context() as patch:
        for name, value in ({"COLUMNS": "200"} | dict(environment or {})).items():
            if value is None:
                patch.delenv(name, raising=False)
            else:
                patch.setenv(name, value)
        patch.setattr(console, "width", 200)
        patch.setattr(sys, "argv", [COMMAND, *words])
        patch.setattr(sys, "stdin", io.StringIO())
        # an engine that answers in this process must not log into the command's output
        structlog.configure(logger_factory=structlog.PrintLoggerFactory(io.StringIO()))
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                main()
            except SystemExit as ended:
                code = int(ended.code or 0)
            finally:
                structlog.reset_defaults()
    return Run(words, code, out.getvalue(), err.getvalue())


def ok(*arguments: object) -> str:
    done = run(*arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout
