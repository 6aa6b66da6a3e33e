"""What is read from an electronic invoice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Party:
    """Seller (BG-4) or buyer (BG-7)."""

    #: What the message calls it: seller or buyer.
    role: str
    #: SIREN or VAT number in the network's one spelling; None where none could be read.
    identifier: str | None
    #: Why not: the business term and the reason, if there is no identifier.
    term: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class EInvoice:
    """The terms of EN 16931 a declaration needs. Amounts in minor units."""

    #: BT-1.
    number: str
    #: BT-2.
    issue_date: date
    #: BT-9.
    due_date: date | None
    #: BT-5.
    currency: str
    #: BT-112 with the rounding BT-114: what is to be paid in all.
    amount_total: int
    #: BT-115: what was to be paid when the invoice was issued, BT-113 being paid already.
    amount_open: int
    seller: Party
    buyer: Party


@dataclass(frozen=True, slots=True)
class Syntax:
    """Where the terms stand in one syntax: an XPath from the root for each."""

    name: str
    #: The root element, in Clark notation.
    root: str
    namespaces: Mapping[str, str]
    paths: Mapping[str, str]
    #: How dates are written, for messages: YYYY-MM-DD or YYYYMMDD.
    date_form: str
