"""The page about the addons on large books, written whole from its figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_HEAD = """\
# Benchmarks of the addons

{cpu}, {cores} cores, {memory_gb} GB, {os}, Python {python}, {date}, commit {commit}, load at start {load_at_start}.
PostgreSQL, Odoo and the engine all run on this one machine. `make bench-odoo` repeats everything.
"""
_DECLARING = """
## Declaring

{lines:,} open invoices and bills with {partners} members, {text_mb} MB in {parts} parts. *Reading* is what the books
take: open items, credits, partners, rules; with the others come the text, the engine's answers to every part, and what
is written in Odoo. The number of queries does not depend on the number of invoices (`test_declaration.py`).

| | seconds | SQL queries | memory, MB |
|---|--:|--:|--:|
{rows}
"""
_STEPS = {
    "reading": "reading the books",
    "first": "the first declaration",
    "unchanged": "an exchange with nothing new",
    "changed": "a declaration after one change",
}


def page(figures: Mapping[str, Any]) -> str:
    return _HEAD.format(**figures["machine"]) + _declaring(figures["declaring"])


def _declaring(figures: Mapping[str, Any]) -> str:
    rows = [
        f"| {title} | {figures[name]['seconds']:,.1f} | {figures[name]['queries']:,} | {figures[name]['megabytes']:,} |"
        for name, title in _STEPS.items()
    ]
    return _DECLARING.format(**figures, rows="\n".join(rows))
