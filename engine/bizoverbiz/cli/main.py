"""`bizoverbiz …`: where the command line begins."""

from __future__ import annotations

import sys

from bizoverbiz.cli import files
from bizoverbiz.errors import BizoverbizError, WrongInputError


def main() -> None:
    """Exit status 0; 1 when something failed or does not hold, told in one line; 2 for wrong usage or wrong input."""
    try:
        if len(sys.argv) > 1 and sys.argv[1] in files.COMMANDS:
            files.app()
        elif len(sys.argv) > 1 and sys.argv[1] == "member":
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
