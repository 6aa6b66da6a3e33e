"""The terminal that commands print on."""

from __future__ import annotations

import os
import sys

from rich.console import Console

#: Where nobody looks at a terminal, lines are wide enough for every table: what is cut could not be searched for.
console = Console(
    highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() or "COLUMNS" in os.environ else 200
)
