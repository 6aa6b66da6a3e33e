"""`bizoverbiz …`: where the command line begins."""

from __future__ import annotations

import gc
import os
import sys
from contextlib import suppress
from importlib import import_module

from bizoverbiz.errors import BizoverbizError, WrongInputError

#: The commands that work on files alone, each in a module of its name here, and what does their work.
_ON_FILES = {
    "net": "bizoverbiz.results",
    "verify": "bizoverbiz.verification",
    "explain": "bizoverbiz.explanation",
    "generate": "bizoverbiz.generation",
}


def command() -> None:
    """Run `main` in a process of its own.

    A command on files makes millions of small objects, of which none is in a cycle: Python need not search them for
    garbage while it runs, and when all is written, the system frees them sooner than Python does one by one.
    """
    if _name() not in _ON_FILES:
        main()
        return
    gc.disable()
    try:
        main()
    except SystemExit as ended:
        with suppress(OSError):  # else told as Python tells it
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(ended.code if isinstance(ended.code, int) else bool(ended.code))
        raise


def main() -> None:
    """Exit status 0; 1 when something failed or does not hold, told in one line; 2 for wrong usage or wrong input."""
    name = _name()
    try:
        if name in _ON_FILES:
            _run_alone(name)
        elif name == "member":
            from bizoverbiz.cli.membering import only

            only()
        else:
            from bizoverbiz.cli.application import app
            from bizoverbiz.observing import logs

            logs.configure()
            app()
    except BizoverbizError as error:
        sys.stderr.write(f"bizoverbiz: {error}\n")
        raise SystemExit(2 if isinstance(error, WrongInputError) else 1) from None


def _name() -> str:
    return sys.argv[1] if len(sys.argv) > 1 else ""


def _run_alone(name: str) -> None:
    """Load one command and nothing else, so that small files are done at once."""
    if "--help" not in sys.argv:
        # not from deep inside typer: where calls cross a multiple of 16 kB of CPython's stack, each maps memory anew
        import_module(_ON_FILES[name])
    import typer

    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command(name)(getattr(import_module(f"bizoverbiz.cli.{name}"), name))
    app(sys.argv[2:], prog_name=f"bizoverbiz {name}")
