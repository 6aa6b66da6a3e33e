"""Lines of a declaration from a CSV file, with amounts in the currency's major unit."""

from __future__ import annotations

import csv
import unicodedata
from pathlib import Path
from typing import Any

from bizoverbiz.currencies import CURRENCIES, parse_amount
from bizoverbiz.files.cells import BLANKS, read_currency, read_date
from bizoverbiz.files.columns import DELIMITERS, Row, read_rows
from bizoverbiz.files.errors import CellError, FileError, quote

REQUIRED = ("side", "counterpart", "number", "amount_open", "issue_date")
COLUMNS = (
    *REQUIRED,
    "currency",
    "amount_total",
    "amount_disputed",
    "dispute_code",
    "dispute_reason",
    "encumbrance",
    "amount_encumbered",
    "commitment",
    "due_date",
    "reference",
)
#: What French accounting software calls them, without accents, blanks and underscores.
_MEANINGS = {name.replace("_", ""): name for name in COLUMNS} | {
    "sens": "side",
    "tiers": "counterpart",
    "siren": "counterpart",
    "numero": "number",
    "facture": "number",
    "numerofacture": "number",
    "devise": "currency",
    "montanttotal": "amount_total",
    "montantttc": "amount_total",
    "montantouvert": "amount_open",
    "solde": "amount_open",
    "resteapayer": "amount_open",
    "montantlitige": "amount_disputed",
    "codelitige": "dispute_code",
    "motiflitige": "dispute_reason",
    "indisponible": "encumbrance",
    "montantindisponible": "amount_encumbered",
    "engagement": "commitment",
    "datefacture": "issue_date",
    "echeance": "due_date",
    "dateecheance": "due_date",
}
#: Why a claim is not offered for set-off, in French too.
_ENCUMBRANCES = {name: name for name in ("factored", "pledged", "blocked", "retention")} | {
    "affacture": "factored",
    "affacturee": "factored",
    "nanti": "pledged",
    "nantie": "pledged",
    "bloque": "blocked",
    "bloquee": "blocked",
    "retenue": "retention",
    "retenuedegarantie": "retention",
}
_SIDES = {"receivable": "receivable", "creance": "receivable", "client": "receivable"} | {
    "payable": "payable",
    "dette": "payable",
    "fournisseur": "payable",
}
#: No file of open items is larger; a line has some hundred bytes.
_LARGEST = 64 * 1024 * 1024


def read_lines(path: Path) -> list[tuple[int, dict[str, Any]]]:
    """Give each line of a CSV file as the protocol wants it, with the number of its line in the file.

    Raises:
        FileError: names the first line and column that is wrong; then nothing is to be sent.
    """
    file = str(path)
    rows = _rows(_text(path), file)
    header, *rest = rows
    positions = _positions(header, file)
    lines = []
    for row in rest:
        if len(row.fields) != len(header.fields):
            reason = f"{len(row.fields)} fields where the header has {len(header.fields)}"
            raise FileError(file, reason, "put a text that holds the delimiter between double quotes", line=row.line)
        cells = {name: row.fields[index].strip(BLANKS) for name, index in positions.items()}
        lines.append((row.line, _line(cells, file, row.line)))
    if not lines:
        raise FileError(file, "it has a header and no lines", "write one line an open invoice")
    return lines


def _text(path: Path) -> bytes:
    try:
        if path.stat().st_size > _LARGEST:
            raise FileError(str(path), "it is larger than 64 MiB", "declare it in parts, without --full")
        data = path.read_bytes()
    except OSError as error:
        raise FileError(str(path), f"it cannot be read ({error.strerror})", "check its name and folder") from None
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        reason = f"the byte {data[error.start]:#04x} is not UTF-8 (Latin-1 or Windows-1252?)"
        raise FileError(str(path), reason, "save it as UTF-8", line=line) from None
    return data


def _rows(data: bytes, file: str) -> list[Row]:
    """All rows, split at the delimiter under which the header is understood best."""
    best: list[Row] = []
    for delimiter in ("\t", ";", ","):
        try:
            rows = list(read_rows(data, 0, delimiter))
        except csv.Error:
            continue
        if rows and (not best or _known(rows[0]) > _known(best[0])):
            best = rows
    if not best:
        raise FileError(file, "it is empty, or a double quote is not closed", "write a header and one line an invoice")
    return best


def _positions(header: Row, file: str) -> dict[str, int]:
    positions: dict[str, int] = {}
    for index, title in enumerate(header.fields):
        meaning = _MEANINGS.get(_plain(title))
        if meaning in positions:
            raise FileError(file, f"two columns mean {meaning}", "remove or rename one", line=header.line)
        if meaning:
            positions[meaning] = index
    if missing := [name for name in REQUIRED if name not in positions]:
        way_out = f"name the columns {', '.join(COLUMNS)}, separated by {', '.join(list(DELIMITERS.values())[:3])}"
        raise FileError(file, f"no column {' and no column '.join(missing)}", way_out, line=header.line)
    return positions


def _line(cells: dict[str, str], file: str, number: int) -> dict[str, Any]:
    def fail(column: str, reason: str, way_out: str) -> FileError:
        return FileError(file, reason, way_out, line=number, column=column)

    def amount(column: str, currency: str) -> int:
        try:
            return parse_amount(cells[column], currency)
        except ValueError as error:
            digits = CURRENCIES[currency]
            way_out = f"write digits, and up to {digits} after a point or a comma" if digits else "write digits"
            raise fail(column, str(error), way_out) from None

    side = _SIDES.get(_plain(cells["side"]))
    if side is None:
        raise fail("side", f"{quote(cells['side'])} is no side", "write receivable (they owe you) or payable (you owe)")
    column = "currency"
    try:
        currency = read_currency(cells.get(column, ""), "EUR")
        column = "issue_date"
        issued = read_date(cells[column])
        column = "due_date"
        due = read_date(cells.get(column, ""))
    except CellError as error:
        raise fail(column, error.reason, error.way_out) from None
    if issued is None:
        raise fail("issue_date", "is empty", "write the invoice's date, YYYY-MM-DD or DD/MM/YYYY")
    still_open = amount("amount_open", currency)
    encumbrance = _ENCUMBRANCES.get(_plain(cells.get("encumbrance", "")))
    if cells.get("encumbrance") and encumbrance is None:
        way_out = "write factored, pledged, blocked or retention, or leave it empty"
        raise fail("encumbrance", f"{quote(cells['encumbrance'])} is no encumbrance", way_out)
    return {
        "side": side,
        "counterpart": cells["counterpart"],
        "number": cells["number"],
        "currency": currency,
        "amount_total": amount("amount_total", currency) if cells.get("amount_total") else still_open,
        "amount_open": still_open,
        "amount_disputed": amount("amount_disputed", currency) if cells.get("amount_disputed") else 0,
        "dispute_code": cells.get("dispute_code", "").upper() or None,
        "dispute_reason": cells.get("dispute_reason") or None,
        "encumbrance": encumbrance,
        "amount_encumbered": amount("amount_encumbered", currency) if cells.get("amount_encumbered") else None,
        "commitment": cells.get("commitment") or None,
        "issue_date": issued.isoformat(),
        "due_date": due.isoformat() if due else None,
        "reference": cells.get("reference") or None,
    }


def _plain(text: str) -> str:
    letters = (char for char in unicodedata.normalize("NFKD", text) if char.isalnum())
    return "".join(letters).casefold()


def _known(row: Row) -> int:
    return sum(_plain(title) in _MEANINGS for title in row.fields)
