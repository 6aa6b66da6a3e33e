"""A notice as PDF: A4, embedded fonts, page numbers, repeated heads, the same bytes every time.

Streams are left uncompressed, since compressors differ from machine to machine; a thousand lines take some 300 kB.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from importlib.resources import as_file, files
from io import BytesIO
from typing import Any

from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from bizoverbiz.notices.rendering.document import Document, Row, Table

#: Source Sans Pro (SIL Open Font Licence): Latin, Greek, Cyrillic, narrow no-break spaces, figures of one width.
_TEXT, _BOLD = "SourceSansPro-Regular", "SourceSansPro-Bold"
_WIDTH, _HEIGHT = A4
_LEFT, _RIGHT, _TOP, _BOTTOM = 48.0, _WIDTH - 48.0, _HEIGHT - 48.0, 60.0
_SIZE, _LEADING = 8.5, 11.0
#: Between two columns.
_GAP = 9.0
_QR = 72.0

Draw = Callable[[Canvas], None]


def render_pdf(document: Document) -> bytes:
    _register()
    sheet = _Sheet()
    _head(sheet, document)
    for table in (document.sales, document.purchases):
        _table(sheet, table)
    sheet.space(_LEADING)
    sheet.paragraph(document.balance, _BOLD)
    for title, text in (document.law, document.verify):
        sheet.section(title, text)
    _fingerprints(sheet, document)
    return _print(sheet.pages, document)


@cache
def _register() -> None:
    for name in (_TEXT, _BOLD):
        with as_file(files("font_source_sans_pro").joinpath("files", f"{name}.ttf")) as path:
            pdfmetrics.registerFont(TTFont(name, str(path)))


def _print(pages: Sequence[Sequence[Draw]], document: Document) -> bytes:
    out = BytesIO()
    canvas = Canvas(
        out,
        pagesize=A4,
        invariant=1,
        pageCompression=0,
        lang=document.language,
        initialFontName=_TEXT,
        initialFontSize=_SIZE,
    )
    canvas.setTitle(document.title)
    canvas.setSubject(document.subtitle)
    canvas.setAuthor(document.subtitle)
    canvas.setKeywords(document.code)
    canvas.setCreator("BizOverBiz")
    canvas.setViewerPreference("DisplayDocTitle", "true")
    for number, page in enumerate(pages, start=1):
        for draw in page:
            draw(canvas)
        canvas.setFont(_TEXT, 7.5)
        foot = document.foot.format(page=number, pages=len(pages))
        canvas.drawRightString(_RIGHT, _BOTTOM - 24, _drawable(foot))
        canvas.showPage()
    canvas.save()
    return out.getvalue()


@cache
def _known() -> frozenset[int]:
    return frozenset(pdfmetrics.getFont(_TEXT).face.charToGlyph)


def _drawable(text: str) -> str:
    """`text` with a question mark for each character the font cannot draw."""
    return "".join(char if ord(char) in _known() else "?" for char in text)


def _long(text: str, font: str, size: float = _SIZE) -> float:
    return float(pdfmetrics.stringWidth(text, font, size))


def _wrapped(text: str, width: float, font: str, size: float = _SIZE) -> list[str]:
    """The lines of `text` that fit in `width` points; a word that is longer is broken."""
    text = _drawable(text)
    if _long(text, font, size) <= width:
        return [text]
    lines = [""]
    for word in text.split(" "):
        if _long(joined := f"{lines[-1]} {word}".strip(" "), font, size) <= width:
            lines[-1] = joined
            continue
        if lines[-1]:
            lines.append("")
        for char in word:
            if lines[-1] and _long(lines[-1] + char, font, size) > width:
                lines.append("")
            lines[-1] += char
    return lines


class _Sheet:
    """Pages being filled from top to bottom."""

    def __init__(self) -> None:
        self.pages: list[list[Draw]] = [[]]
        self.y = _TOP

    def draw(self, action: Draw) -> None:
        self.pages[-1].append(action)

    def text(self, x: float, text: str, font: str = _TEXT, size: float = _SIZE, *, right: bool = False) -> None:
        y = self.y

        def action(canvas: Canvas) -> None:
            canvas.setFont(font, size)
            (canvas.drawRightString if right else canvas.drawString)(x, y, text)

        self.draw(action)

    def rule(self, weight: float) -> None:
        y = self.y

        def action(canvas: Canvas) -> None:
            canvas.setLineWidth(weight)
            canvas.line(_LEFT, y, _RIGHT, y)

        self.draw(action)

    def space(self, height: float) -> None:
        self.y -= height

    def fits(self, height: float) -> bool:
        return bool(self.y - height >= _BOTTOM)

    def turn(self) -> None:
        self.pages.append([])
        self.y = _TOP

    def paragraph(self, text: str, font: str = _TEXT, size: float = _SIZE) -> None:
        for line in _wrapped(text, _RIGHT - _LEFT, font, size):
            if not self.fits(_LEADING):
                self.turn()
            self.space(_LEADING)
            self.text(_LEFT, line, font, size)

    def section(self, title: str, text: str) -> None:
        """A title that is never left alone at the foot of a page."""
        if not self.fits(4 * _LEADING):
            self.turn()
        self.space(1.8 * _LEADING)
        self.text(_LEFT, _drawable(title), _BOLD, 10)
        self.space(0.2 * _LEADING)
        self.paragraph(text)


def _head(sheet: _Sheet, document: Document) -> None:
    sheet.draw(lambda canvas: _qr(canvas, document.code, _RIGHT - _QR, _TOP - _QR))
    width = _RIGHT - _LEFT - _QR - 2 * _GAP
    sheet.space(18)
    sheet.text(_LEFT, _drawable(document.title), _BOLD, 18)
    sheet.space(4)
    for line in _wrapped(document.subtitle, width, _TEXT, 10):
        sheet.space(13)
        sheet.text(_LEFT, line, _TEXT, 10)
    sheet.space(8)
    label = max(_long(name, _TEXT) for name, _ in document.facts) + 2 * _GAP
    for name, value in document.facts:
        for place, line in enumerate(_wrapped(value, width - label, _BOLD)):
            sheet.space(_LEADING + (1.5 if place == 0 else 0))
            if place == 0:
                sheet.text(_LEFT, _drawable(name))
            sheet.text(_LEFT + label, line, _BOLD)
    sheet.y = min(sheet.y, _TOP - _QR)


def _qr(canvas: Canvas, code: str, x: float, y: float) -> None:
    """Draw the modules one by one: the widget's own drawing brings in a font that is not embedded."""
    widget: Any = QrCodeWidget(code, barLevel="M")
    widget.qr.make()
    count = widget.qr.getModuleCount()
    side = _QR / count
    for row in range(count):
        for column in range(count):
            if widget.qr.isDark(row, column):
                canvas.rect(x + column * side, y + (count - 1 - row) * side, side, side, stroke=0, fill=1)


def _table(sheet: _Sheet, table: Table) -> None:
    columns = _Columns(table)
    if not sheet.fits(8 * _LEADING):
        sheet.turn()
    _table_head(sheet, table.title, table.heads, columns)
    for row in table.rows:
        cells = columns.wrapped(row)
        height = max(map(len, cells)) * _LEADING
        if not sheet.fits(height + 2 * _LEADING):
            sheet.turn()
            _table_head(sheet, table.continued, table.heads, columns)
        _row(sheet, cells, row.amounts, columns, _TEXT)
    sheet.space(0.4 * _LEADING)
    sheet.rule(0.8)
    _row(sheet, ([_drawable(table.total.number)], [""], [""]), table.total.amounts, columns, _BOLD)


def _table_head(sheet: _Sheet, title: str, heads: Row, columns: _Columns) -> None:
    sheet.space(2.4 * _LEADING if sheet.y < _TOP else _LEADING)
    sheet.text(_LEFT, _drawable(title), _BOLD, 11)
    sheet.space(0.4 * _LEADING)
    _row(sheet, columns.wrapped(heads, _BOLD), heads.amounts, columns, _BOLD)
    sheet.space(0.4 * _LEADING)
    sheet.rule(0.8)


class _Columns:
    """Where a table's columns stand: amounts as wide as they need, the counterpart what is left."""

    def __init__(self, table: Table) -> None:
        rows = (table.heads, *table.rows, table.total)
        self.rights: list[float] = []
        right = _RIGHT
        for column in (2, 1, 0):
            self.rights.insert(0, right)
            right -= _GAP + max(_long(row.amounts[column], _BOLD) for row in rows)
        due = max(_long(row.due, _TEXT) for row in rows)
        number = min(max(_long(_drawable(row.number), _BOLD) for row in (table.heads, *table.rows)), 90.0)
        self.lefts = (_LEFT, _LEFT + number + _GAP, right - due)
        self._widths = (number, self.lefts[2] - self.lefts[1] - _GAP, due)

    def wrapped(self, row: Row, font: str = _TEXT) -> tuple[list[str], list[str], list[str]]:
        number, counterpart, due = self._widths
        return (
            _wrapped(row.number, number, font),
            _wrapped(row.counterpart, counterpart, font),
            _wrapped(row.due, due + _GAP, font),
        )


def _row(sheet: _Sheet, cells: Sequence[Sequence[str]], amounts: Sequence[str], columns: _Columns, font: str) -> None:
    for place in range(max(map(len, cells))):
        sheet.space(_LEADING)
        for x, lines in zip(columns.lefts, cells, strict=True):
            if place < len(lines) and lines[place]:
                sheet.text(x, lines[place], font)
        if place == 0:
            for x, text in zip(columns.rights, amounts, strict=True):
                sheet.text(x, text, font, right=True)


def _fingerprints(sheet: _Sheet, document: Document) -> None:
    label = max(_long(name, _TEXT) for name, _ in document.fingerprints) + _GAP
    if not sheet.fits((len(document.fingerprints) + 1) * _LEADING):
        sheet.turn()
    sheet.space(0.5 * _LEADING)
    for name, value in document.fingerprints:
        sheet.space(_LEADING)
        sheet.text(_LEFT, _drawable(name))
        sheet.text(_LEFT + label, value, _TEXT, 7.5)
