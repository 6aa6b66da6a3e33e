"""Business terms of one document: found, counted, and understood one by one."""

from __future__ import annotations

import re
from datetime import date

from lxml import etree

from bizoverbiz.currencies import CURRENCIES, parse_amount
from bizoverbiz.einvoices.errors import EInvoiceError, quoted
from bizoverbiz.einvoices.model import Syntax

NAMES = {
    "BT-1": "the invoice number",
    "BT-2": "the issue date",
    "BT-3": "the invoice type code",
    "BT-5": "the invoice currency",
    "BT-9": "the due date",
    "BT-112": "the total with VAT",
    "BT-113": "the paid amount",
    "BT-114": "the rounding amount",
    "BT-115": "the amount due for payment",
}
_DATES = {
    "YYYY-MM-DD": re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})"),
    "YYYYMMDD": re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})"),
}
_AS_A_LINE = "ask the seller for a correct invoice, or declare it as a line"


class Terms:
    """Reads the terms of one document in one syntax."""

    def __init__(self, root: etree._Element, syntax: Syntax) -> None:
        self._root, self._syntax = root, syntax

    def elements(self, term: str) -> list[etree._Element]:
        found = self._root.xpath(self._syntax.paths[term], namespaces=self._syntax.namespaces)
        assert isinstance(found, list)
        return found

    def texts(self, term: str) -> list[tuple[str, str | None]]:
        """Every one of them that is not empty, with its scheme."""
        found = ((_text(element), element.get("schemeID")) for element in self.elements(term))
        return [(text, scheme) for text, scheme in found if text]

    def one(self, term: str) -> str:
        """Raises `EInvoiceError` if it is missing, or there more than once."""
        text = self.at_most_one(term)
        if text is None:
            raise EInvoiceError(term, f"{NAMES[term]} is missing: {_AS_A_LINE}")
        return text

    def at_most_one(self, term: str) -> str | None:
        found = sorted({text for text, _ in self.texts(term)})
        if len(found) > 1:
            both = f"{quoted(found[0])} and {quoted(found[1])}"
            raise EInvoiceError(term, f"{NAMES.get(term, 'it')} is there more than once, {both}: {_AS_A_LINE}")
        return found[0] if found else None

    def currency(self) -> str:
        code = self.one("BT-5")
        if code not in CURRENCIES:
            raise EInvoiceError("BT-5", f"{quoted(code)} is no current ISO 4217 currency: {_AS_A_LINE}")
        return code

    def amount(self, term: str, currency: str) -> int | None:
        """Minor units, exactly; None where the document says nothing."""
        text = self.at_most_one(term)
        if text is None:
            return None
        other = {element.get("currencyID", currency) for element in self.elements(term)} - {currency}
        if other:
            raise EInvoiceError(term, f"it is in {quoted(min(other))}, the invoice in {currency}: {_AS_A_LINE}")
        try:
            return parse_amount(text, currency)
        except ValueError as error:
            raise EInvoiceError(term, f"{NAMES[term]}: {error}") from None

    def day(self, term: str, text: str) -> date:
        """Raises `EInvoiceError` if it is no day written as this syntax writes days."""
        form = self._syntax.date_form
        found = _DATES[form].fullmatch(text)
        formats = {element.get("format", "102") for element in self.elements(term)}
        try:
            if found and formats == {"102"}:
                return date(*map(int, found.groups()))
        except ValueError:
            pass
        raise EInvoiceError(term, f"{NAMES[term]} is {quoted(text)}, not a day written {form}: {_AS_A_LINE}")


def _text(element: etree._Element) -> str:
    return "".join(part for part in element.itertext() if isinstance(part, str)).strip()
