"""A document of any accepted kind, from its bytes to its business terms."""

from __future__ import annotations

from collections.abc import Iterable

from bizoverbiz.currencies import format_amount
from bizoverbiz.einvoices.errors import EInvoiceError, quoted
from bizoverbiz.einvoices.model import EInvoice
from bizoverbiz.einvoices.parties import check_payee, read_party
from bizoverbiz.einvoices.pdf import PdfReading, is_pdf
from bizoverbiz.einvoices.syntaxes import SYNTAXES
from bizoverbiz.einvoices.terms import Terms
from bizoverbiz.einvoices.xml import MAX_DOCUMENT, parse

#: Codes of UNTDID 1001 that EN 16931 lets an invoice have, and that are claims for money to the seller.
_INVOICES = """
71 80 82 84 102 130 202 203 204 211 218 219 295 326 331 380 382 383 384 385 386 387 388 389 394 395 456 457 527 553 575
623 633 780 817 870 875 876 877 935
"""
_CREDIT_NOTES = "81 83 261 262 296 308 381 396 420 458 502 503 532"
_FACTORED = "393"


def read_documents(documents: Iterable[bytes]) -> list[EInvoice | EInvoiceError]:
    """Read each document by itself; one that is refused stands in its place as the error that says why."""
    with PdfReading() as pdf:
        return [_read_or_refuse(data, pdf) for data in documents]


def _read_or_refuse(data: bytes, pdf: PdfReading) -> EInvoice | EInvoiceError:
    try:
        return read_xml(pdf.embedded_xml(data) if is_pdf(data) else data)
    except EInvoiceError as error:
        return error


def read_xml(data: bytes) -> EInvoice:
    """Read a UBL or CII invoice.

    Raises:
        EInvoiceError: not such an invoice, a credit note, a term missing or contradicting another.
    """
    if len(data) > MAX_DOCUMENT:
        raise EInvoiceError("document", f"it is larger than {MAX_DOCUMENT // 1024**2} MiB: declare it as a line")
    if not data.strip():
        raise EInvoiceError("document", "it is empty")
    root = parse(data)
    syntax = SYNTAXES.get(str(root.tag))
    if syntax is None:
        raise EInvoiceError(
            "document",
            f"its root is {quoted(str(root.tag), 120)}: only UBL 2.1 invoices, CII (D16B, D22B) and Factur-X are read; "
            "declare it as a line",
        )
    terms = Terms(root, syntax)
    _check_kind(terms, credit_note="CreditNote" in syntax.root)
    currency = terms.currency()
    total, still_open = _amounts(terms, currency)
    seller = read_party(terms, "seller", "BT-29", "BT-30", "BT-31")
    check_payee(terms, seller)
    due = terms.at_most_one("BT-9")
    return EInvoice(
        number=terms.one("BT-1"),
        issue_date=terms.day("BT-2", terms.one("BT-2")),
        due_date=terms.day("BT-9", due) if due else None,
        currency=currency,
        amount_total=total,
        amount_open=still_open,
        seller=seller,
        buyer=read_party(terms, "buyer", "BT-46", "BT-47", "BT-48"),
    )


def _check_kind(terms: Terms, *, credit_note: bool) -> None:
    code = terms.one("BT-3")
    if credit_note or code in _CREDIT_NOTES.split():
        credited = [text for text, _ in terms.texts("BT-25")]
        which = f"invoice {quoted(credited[0])} (BT-25)" if credited else "the invoice it credits"
        raise EInvoiceError(
            "BT-3",
            f"it is a credit note (type {quoted(code)}), which is no claim to set off: declare {which} again with "
            "what is open after it",
        )
    if code == _FACTORED:
        raise EInvoiceError("BT-3", "it is a factored invoice (type 393): the claim is another's, and is not set off")
    if code not in _INVOICES.split():
        raise EInvoiceError("BT-3", f"the type {quoted(code)} is no invoice's: only what is owed can be declared")


def _amounts(terms: Terms, currency: str) -> tuple[int, int]:
    """What is to be paid in all, and what of it is still to be paid (rule BR-CO-16 of EN 16931)."""
    total, due = terms.amount("BT-112", currency), terms.amount("BT-115", currency)
    for term, amount in (("BT-112", total), ("BT-115", due)):
        if amount is None:
            terms.one(term)
        elif amount < 0:
            raise EInvoiceError(
                term, "a negative invoice is a credit, no claim to set off: declare what it reduces instead"
            )
    assert total is not None
    assert due is not None
    paid, rounding = terms.amount("BT-113", currency), terms.amount("BT-114", currency)
    if paid is None and rounding is None and ":minimum" in (terms.at_most_one("BT-24") or "") and due <= total:
        # the profile MINIMUM of Factur-X has no place for what is paid already
        return total, due
    to_pay = total + (rounding or 0)
    if due != to_pay - (paid or 0) or due > to_pay:
        expected = format_amount(to_pay - (paid or 0), currency)
        raise EInvoiceError(
            "BT-115",
            f"the amount due is {format_amount(due, currency)}, but BT-112 less BT-113 plus BT-114 is {expected}: "
            "ask the seller for a correct invoice, or declare it as a line",
        )
    return to_pay, due
