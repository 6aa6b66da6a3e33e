"""The page about large books says what was measured."""

from __future__ import annotations

from tests.benchmarks.books.writing import page

_MACHINE = {
    "cpu": "A processor", "cores": 2, "memory_gb": 8.0, "os": "Debian", "python": "3.11.7", "date": "2026-11-22",
    "commit": "abc", "load_at_start": 0.1,
}  # fmt: skip


def test_the_page_has_a_row_for_each_step_with_seconds_queries_and_memory() -> None:
    steps = ("reading", "first", "unchanged", "changed")
    declaring = {name: {"seconds": 1.25, "queries": 10 + place, "megabytes": 1234} for place, name in enumerate(steps)}
    sizes = {"lines": 50_000, "partners": 200, "parts": 5, "text_mb": 15.5}
    steps = ("verifying", "booking", "pairs", "payments")
    booking = {name: {"seconds": 2.5, "queries": 20 + place, "megabytes": 999} for place, name in enumerate(steps)}
    written = page({"machine": _MACHINE, "declaring": declaring | sizes, "booking": booking | {"lines": 2_000}})
    assert "50,000 open invoices and bills with 200 members, 15.5 MB in 5 parts" in written
    for queries in range(10, 14):
        assert f"| 1.2 | {queries} | 1,234 |" in written
        assert f"| 2.5 | {queries + 10} | 999 |" in written
