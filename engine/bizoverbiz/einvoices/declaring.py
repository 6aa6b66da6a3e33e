"""What an invoice means to one member: a line of its declaration."""

from __future__ import annotations

from typing import Any

from bizoverbiz.einvoices.errors import EInvoiceError
from bizoverbiz.einvoices.model import EInvoice, Party

#: The business term that each field of a declaration's line comes from.
TERMS = {
    "number": "BT-1",
    "issue_date": "BT-2",
    "currency": "BT-5",
    "due_date": "BT-9",
    "amount_total": "BT-112",
    "amount_open": "BT-115",
}


def declared_fields(invoice: EInvoice, own: str) -> dict[str, Any]:
    """Give the fields of the line that the member `own` declares: as seller a receivable, as buyer a payable.

    Raises:
        EInvoiceError: the member is neither, or it is both, or the other one cannot be identified.
    """
    seller, buyer = invoice.seller, invoice.buyer
    if own not in (seller.identifier, buyer.identifier):
        raise _neither(seller, buyer, own)
    if seller.identifier == buyer.identifier:
        raise EInvoiceError(buyer.term, "seller and buyer are one firm, and a firm owes itself nothing")
    sells = own == seller.identifier
    other = buyer if sells else seller
    if other.identifier is None:
        raise EInvoiceError(other.term, other.reason or "")
    return {
        "side": "receivable" if sells else "payable",
        "counterpart": other.identifier,
        "number": invoice.number,
        "currency": invoice.currency,
        "amount_total": invoice.amount_total,
        "amount_open": invoice.amount_open,
        "issue_date": invoice.issue_date.isoformat(),
        "due_date": invoice.due_date.isoformat() if invoice.due_date else None,
    }


def _neither(seller: Party, buyer: Party, own: str) -> EInvoiceError:
    for party in (seller, buyer):
        if party.identifier is None:
            return EInvoiceError(party.term, party.reason or "")
    return EInvoiceError(
        seller.term,
        f"neither the seller ({seller.identifier}) nor the buyer ({buyer.identifier}) is this member, {own}: "
        "only your own invoices can be declared",
    )
