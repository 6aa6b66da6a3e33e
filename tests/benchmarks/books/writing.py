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
_BOOKING = """
## Booking

A notice of {lines:,} lines, half of them invoices and half bills, every second one settled wholly; and what Odoo itself
takes to settle as many invoices of the same kind. Odoo Community has no wizard that reconciles chosen items: *pair by
pair* is one entry for each invoice and a bill of the same amount, as a person would set them off by hand, posted
together, and then the method behind Odoo's buttons, called for one of them after the other; *payments* is the wizard
that registers payments, which makes an entry for each invoice. How many queries a booking takes is bounded by a test
(`test_many_lines.py`).

| | seconds | SQL queries | memory, MB |
|---|--:|--:|--:|
{rows}
"""
_BOOKING_STEPS = {
    "verifying": "the notice verified and kept",
    "booking": "**the notice booked**",
    "pairs": "entries by hand, reconciled pair by pair",
    "payments": "Odoo's wizard, one payment an invoice",
}


def page(figures: Mapping[str, Any]) -> str:
    return (
        _HEAD.format(**figures["machine"])
        + _section(_DECLARING, _STEPS, figures["declaring"])
        + _section(_BOOKING, _BOOKING_STEPS, figures["booking"])
    )


def _section(text: str, steps: Mapping[str, str], figures: Mapping[str, Any]) -> str:
    rows = [
        f"| {title} | {figures[name]['seconds']:,.1f} | {figures[name]['queries']:,} | {figures[name]['megabytes']:,} |"
        for name, title in steps.items()
    ]
    return text.format(**figures, rows="\n".join(rows))
