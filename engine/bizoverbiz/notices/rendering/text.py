"""A notice in plain text, for a terminal, a mail or an archive."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap

from bizoverbiz.notices.rendering.document import Document, Row, Table

_WIDTH = 118
#: The least and the most characters of the invoice's number and of the counterpart's name.
_NUMBER, _NAME = (10, 24), (16, 40)


def render_text(document: Document) -> str:
    """Lines of 118 characters at most, but for amounts of more than a thousand million."""
    return "\n".join(line.rstrip() for line in _lines(document)) + "\n"


def _lines(document: Document) -> Iterator[str]:
    yield document.title.upper()
    yield document.subtitle
    yield ""
    width = max(len(label) for label, _ in document.facts)
    for label, value in document.facts:
        first, *more = wrap(value, _WIDTH - width - 2) or [""]
        yield f"{label:<{width}}  {first}"
        yield from (f"{'':<{width}}  {rest}" for rest in more)
    for table in (document.sales, document.purchases):
        yield from ("", table.title, "")
        yield from _table(table)
    yield from ("", *wrap(document.balance, _WIDTH))
    for title, paragraph in (document.law, document.verify):
        yield from ("", title, *wrap(paragraph, _WIDTH, break_on_hyphens=False))
    yield ""
    width = max(len(label) for label, _ in document.fingerprints)
    for label, value in document.fingerprints:
        yield f"{label:<{width}}  {value}"


def _table(table: Table) -> Iterator[str]:
    rows = [table.heads, *table.rows, table.total]
    number = _between(_NUMBER, max(len(row.number) for row in rows[:-1]))
    name = _between(_NAME, max(len(row.counterpart) for row in rows))
    due = max(len(row.due) for row in rows)
    amounts = [max(len(row.amounts[column]) for row in rows) for column in range(3)]
    rule = "-" * (number + name + due + sum(amounts) + 10)
    yield from _row(table.heads, number, name, due, amounts)
    yield rule
    for row in table.rows:
        yield from _row(row, number, name, due, amounts)
    yield rule
    label = f"{table.total.number:<{number + name + due + 4}}"
    yield "  ".join((label, *_right(table.total, amounts)))


def _row(row: Row, number: int, name: int, due: int, amounts: list[int]) -> Iterator[str]:
    numbers, names = wrap(row.number, number) or [""], wrap(row.counterpart, name) or [""]
    first = (f"{numbers[0]:<{number}}", f"{names[0]:<{name}}", f"{row.due:<{due}}", *_right(row, amounts))
    yield "  ".join(first)
    for line in range(1, max(len(numbers), len(names))):
        parts = [column[line] if line < len(column) else "" for column in (numbers, names)]
        yield f"{parts[0]:<{number}}  {parts[1]:<{name}}"


def _right(row: Row, amounts: list[int]) -> list[str]:
    return [f"{text:>{width}}" for text, width in zip(row.amounts, amounts, strict=True)]


def _between(bounds: tuple[int, int], length: int) -> int:
    return min(max(length, bounds[0]), bounds[1])
