"""One firm's books, as small as they can be: invoices, bank lines, bookings of notices."""

from __future__ import annotations

import copy
from collections import Counter
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Invoice:
    """As it stands on paper, which no restore takes away."""

    creditor: str
    debtor: str
    number: str
    currency: str
    #: Minor units.
    total: int
    issue_date: str
    due_date: str | None
    #: The reference of the sale it is the invoice of.
    commitment: str | None = None

    @property
    def key(self) -> tuple[str, str]:
        return self.creditor, self.number


@dataclass
class Sale:
    """A sale agreed on and not invoiced yet: what is meant, whoever has registered it."""

    seller: str
    buyer: str
    reference: str
    #: Minor units of euros.
    amount: int
    due_date: str
    nettable: bool
    #: Who registers it: one side sometimes forgets.
    registered_by: frozenset[str]
    withdrawn_by: set[str] = field(default_factory=set)
    #: The number of its invoice.
    invoiced: str | None = None

    @property
    def key(self) -> tuple[str, str]:
        return self.seller, self.reference


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice as it is kept."""

    number: int
    round: int
    currency: str
    total: int
    #: Creditor and number of each invoice, and what is set off of it.
    lines: tuple[tuple[str, str, int], ...]
    jws: str


@dataclass
class Books:
    """What one copy of the books contains; a backup is a copy of it."""

    owner: str
    database: str
    #: Bank lines entered so far, of all there are.
    bank_lines: int = 0
    notices: dict[int, Notice] = field(default_factory=dict)
    #: Numbers of notices in the order of their booking: a number twice would be a double booking.
    bookings: list[int] = field(default_factory=list)
    acknowledged: set[int] = field(default_factory=set)
    disputed: dict[tuple[str, str], int] = field(default_factory=dict)
    #: Answers by statement: what is meant, line by line (None: refused), and what the engine has confirmed.
    meant: dict[str, dict[str, int] | None] = field(default_factory=dict)
    confirmed: dict[str, Any] = field(default_factory=dict)
    #: What the engine has confirmed of each sale: what was registered, or None where that was taken back.
    registered: dict[str, dict[str, Any] | None] = field(default_factory=dict)
    #: Statements as fetched last.
    statements: dict[str, Any] = field(default_factory=dict)
    #: Lineage tokens: the one confirmed last, the one of the exchange going on, and what was booked when it was made.
    token: str = ""
    pending: str | None = None
    booked_before: int = 0
    #: Idempotency key by what is sent.
    keys: dict[str, str] = field(default_factory=dict)

    def backup(self) -> Books:
        return copy.deepcopy(self)

    @property
    def last_booked(self) -> int:
        return len(self.bookings)

    def book(self, notice: Notice) -> None:
        """One entry that balances by itself."""
        assert notice.number == self.last_booked + 1, f"{self.owner} books notice {notice.number} out of order"
        self.bookings.append(notice.number)

    def set_off(self) -> Counter[tuple[str, str]]:
        """What the bookings clear, by invoice."""
        found: Counter[tuple[str, str]] = Counter()
        for number in self.bookings:
            for creditor, invoice, amount in self.notices[number].lines:
                found[creditor, invoice] += amount
        return found


class Paper:
    """What the firms have traded and paid, whoever has entered it: shared by the two sides of an invoice."""

    def __init__(self) -> None:
        self.invoices: dict[tuple[str, str], Invoice] = {}
        self.of: dict[str, list[Invoice]] = {}
        #: Numbers as the debtor has typed them, where it mistyped them; by what it declares, the invoice it means.
        self.mistyped: dict[tuple[str, str], str] = {}
        self.meant: dict[tuple[str, str], tuple[str, str]] = {}
        #: Per firm, its bank lines in order: invoice and amount.
        self.bank: dict[str, list[tuple[tuple[str, str], int]]] = {}
        #: Sales by reference, and by party.
        self.sales: dict[str, Sale] = {}
        self.sales_of: dict[str, list[Sale]] = {}

    def invoice(self, invoice: Invoice) -> None:
        self.invoices[invoice.key] = invoice
        for party in (invoice.creditor, invoice.debtor):
            self.of.setdefault(party, []).append(invoice)

    def agree(self, sale: Sale) -> None:
        self.sales[sale.reference] = sale
        for party in (sale.seller, sale.buyer):
            self.sales_of.setdefault(party, []).append(sale)

    def mistype(self, invoice: Invoice, number: str) -> None:
        """The debtor's books have another number on it, for good."""
        self.mistyped[invoice.key] = number
        self.meant[invoice.creditor, number] = invoice.key

    def pay(self, invoice: Invoice, amount: int) -> None:
        for party in (invoice.creditor, invoice.debtor):
            self.bank.setdefault(party, []).append((invoice.key, amount))

    def open_in(self, books: Books) -> dict[tuple[str, str], int]:
        """Open amount by invoice, and by sale, as these books see it; below 0 is a credit.

        What was set off of a sale is a deposit, which its invoice deducts.
        """
        sales = self.sales_of.get(books.owner, ())
        found = {invoice.key: invoice.total for invoice in self.of.get(books.owner, ())}
        found |= {sale.key: sale.amount for sale in sales}
        for key, amount in self.bank.get(books.owner, [])[: books.bank_lines]:
            found[key] -= amount
        for key, amount in books.set_off().items():
            found[key] -= amount
        for sale in sales:
            if sale.invoiced is not None:
                found[sale.seller, sale.invoiced] -= sale.amount - found[sale.key]
            if sale.invoiced is not None or books.owner in sale.withdrawn_by:
                found[sale.key] = 0
        return found
