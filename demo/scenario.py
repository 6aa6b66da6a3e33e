"""What the six firms owe each other: a deterministic set of invoices, its dates relative to a given day.

Sales run seller → buyer. Atelier Morin, Mécanique Kerbrat and Transports Valombre make a loop of three; Kerbrat and
Imprimerie Duvigny a loop of two; Studio Garance lies only on longer loops, the one of five firms among them, with the
smallest volumes; Comptoir Élan sells and buys nothing, hence lies on no loop.
"""

import random
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from demo.firms import BY_KEY, Firm, Product

SEED = 20261
VAT_PERCENT = 20


class BuyerDid(StrEnum):
    """What became of an invoice at the buyer's."""

    RECORDED = "recorded"
    NOTHING = "nothing"
    OTHER_AMOUNT = "other-amount"
    DISPUTED = "disputed"


@dataclass(frozen=True)
class Line:
    product: Product
    quantity: int

    @property
    def net(self) -> int:
        return self.product.cents * self.quantity


def with_vat(lines: tuple[Line, ...]) -> int:
    """VAT is rounded half up for goods and for services: two taxes, due on delivery and when paid (CGI art. 269)."""
    total = 0
    for service in (False, True):
        net = sum(line.net for line in lines if line.product.service is service)
        total += net + (net * VAT_PERCENT + 50) // 100
    return total


@dataclass(frozen=True)
class Invoice:
    """One sale; amounts in cents of a euro. `order` is the buyer's order number and names the invoice here."""

    order: str
    seller: str
    buyer: str
    issued: date
    due: date
    lines: tuple[Line, ...]
    buyer_did: BuyerDid

    @property
    def total(self) -> int:
        return with_vat(self.lines)

    @property
    def recorded_total(self) -> int | None:
        """What the buyer's books say: None if never recorded; a unit less of the first line if it disagrees."""
        if self.buyer_did is BuyerDid.NOTHING:
            return None
        if self.buyer_did is BuyerDid.OTHER_AMOUNT:
            first = self.lines[0]
            return with_vat((Line(first.product, first.quantity - 1), *self.lines[1:]))
        return self.total

    @property
    def matched(self) -> int:
        """What the two sides agree is owed, hence the most that may be set off."""
        if self.buyer_did is BuyerDid.DISPUTED or self.recorded_total is None:
            return 0
        return min(self.total, self.recorded_total)


@dataclass(frozen=True)
class Trade:
    """A seller's regular trade with a buyer: how many open invoices, and what an invoice is worth before VAT (€)."""

    seller: str
    buyer: str
    invoices: int
    low: int
    high: int


TRADES: tuple[Trade, ...] = (
    Trade("morin", "kerbrat", 9, 3200, 7400),
    Trade("kerbrat", "valombre", 9, 2900, 6500),
    Trade("valombre", "morin", 8, 2300, 5200),
    Trade("kerbrat", "duvigny", 6, 1100, 3300),
    Trade("duvigny", "kerbrat", 6, 900, 2600),
    Trade("valombre", "duvigny", 6, 1000, 2700),
    Trade("duvigny", "garance", 5, 700, 1900),
    Trade("garance", "morin", 5, 600, 1800),
    Trade("elan", "morin", 4, 250, 900),
    Trade("elan", "valombre", 3, 250, 900),
    Trade("elan", "duvigny", 3, 250, 900),
)

#: The n-th invoice of a trade (from 0) about which the two sides' books disagree.
DISAGREEMENTS: dict[tuple[str, str, int], BuyerDid] = {
    ("kerbrat", "valombre", 5): BuyerDid.DISPUTED,
    ("morin", "kerbrat", 2): BuyerDid.NOTHING,
    ("valombre", "duvigny", 3): BuyerDid.OTHER_AMOUNT,
}

#: Round 1: this firm refuses its statement …
REFUSES = "garance"
#: … and this one strikes the largest proposed line among its payables to the other.
STRIKES, STRUCK_CREDITOR = "kerbrat", "morin"
#: Round 2: everybody approves but this firm, whose statement is left for a person.
LEFT_WAITING = "morin"
#: … and this one, which has given a standing mandate before, for at most so many euros a round.
MANDATED, MANDATED_PER_ROUND = "valombre", 50_000


def invoices(today: date) -> list[Invoice]:
    """All open invoices, oldest first; the same ones every day, their dates moving with `today`.

    Due dates lie between 120 days ago and 45 days ahead, at 30 or 45 days from the invoice's date.
    """
    # Not cryptography: a fixed seed makes every run tell the same story.
    dice = random.Random(SEED)  # noqa: S311
    drawn = [_draw(dice, trade, index, today) for trade in TRADES for index in range(trade.invoices)]
    return sorted(drawn, key=lambda invoice: (invoice.issued, invoice.order))


def _draw(dice: random.Random, trade: Trade, index: int, today: date) -> Invoice:
    seller, buyer = BY_KEY[trade.seller], BY_KEY[trade.buyer]
    days = 30 if dice.random() < 0.6 else 45
    late = round(120 - 165 * (index + dice.random()) / trade.invoices)
    # An invoice not issued yet is no invoice.
    due = min(today - timedelta(days=late), today + timedelta(days=days - 1))
    return Invoice(
        order=f"BC-{buyer.key[:3].upper()}-{seller.key[:3].upper()}-{index + 1:03d}",
        seller=seller.key,
        buyer=buyer.key,
        issued=due - timedelta(days=days),
        due=due,
        lines=_draw_lines(dice, seller, dice.randint(trade.low * 100, trade.high * 100)),
        buyer_did=DISAGREEMENTS.get((seller.key, buyer.key, index), BuyerDid.RECORDED),
    )


def _draw_lines(dice: random.Random, seller: Firm, worth: int) -> tuple[Line, ...]:
    """One to three products in whole units that come close to `worth` cents before VAT."""
    products = dice.sample(seller.products, dice.randint(1, min(3, len(seller.products))))
    shares = [dice.uniform(0.6, 1.4) for _ in products]
    lines = tuple(
        Line(product, max(1, round(worth * share / sum(shares) / product.cents)))
        for product, share in zip(products, shares, strict=True)
    )
    return lines


def planned_discrepancies(book: list[Invoice]) -> list[Invoice]:
    return [invoice for invoice in book if invoice.buyer_did is not BuyerDid.RECORDED]
