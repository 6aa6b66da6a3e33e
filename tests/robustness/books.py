"""The firms' own books, outside the engine: what each believes is open, and which notices it has booked."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from random import Random
from typing import Any

from bizoverbiz.notices import Payload

#: Side, counterpart's identifier, the seller's number.
Item = tuple[str, str, str]


def siren(number: int) -> str:
    """The valid SIREN of eight digits made from `number` and their check digit."""
    digits = f"{number:08d}"
    doubled = (sum(divmod(2 * int(digit), 10)) if index % 2 else int(digit) for index, digit in enumerate(digits))
    return f"{digits}{-sum(doubled) % 10}"


@dataclass
class Books:
    """One firm's. Amounts in cents."""

    identifier: str
    open: dict[Item, int] = field(default_factory=dict)
    #: Booked notices by number: the exact bytes.
    booked: dict[int, str] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def enter(self, item: Item, amount: int) -> None:
        with self._lock:
            assert item not in self.open
            self.open[item] = amount

    def lines(self) -> tuple[int, list[dict[str, Any]]]:
        """The last notice booked, and what is open."""
        with self._lock:
            return len(self.booked), [
                {
                    "side": side,
                    "counterpart": counterpart,
                    "number": number,
                    "currency": "EUR",
                    "amount_total": 1_000_000,
                    "amount_open": amount,
                    "issue_date": "2026-09-01",
                    "due_date": f"2026-10-{1 + int(number[-1]):02d}",
                    "reference": f"{self.identifier}:{number}",
                }
                for (side, counterpart, number), amount in self.open.items()
                if amount
            ]

    def book(self, notice: Payload, jws: str) -> None:
        with self._lock:
            assert notice.number == len(self.booked) + 1, f"{self.identifier}: a gap before notice {notice.number}"
            for line in notice.lines:
                item = (line.side, line.counterpart, line.number)
                self.open[item] -= line.set_off
                assert self.open[item] >= 0, f"{self.identifier}: more is set off than was open: {item}"
            self.booked[notice.number] = jws


class Trade:
    """Firms go on invoicing each other; both sides enter an invoice at once."""

    def __init__(self, size: int, seed: int) -> None:
        self._random = Random(seed)
        self.firms = [Books(siren(10_000_000 + index)) for index in range(size)]
        self._count = 0

    def invoice(self, many: int) -> None:
        for _ in range(many):
            self._count += 1
            index = self._random.randrange(len(self.firms))
            # Mostly around a ring, so that there is much to set off; some across.
            step = 1 if self._random.random() < 0.7 else self._random.randrange(1, len(self.firms))
            seller, buyer = self.firms[index], self.firms[(index + step) % len(self.firms)]
            number, amount = f"F{self._count:05d}", self._random.randrange(100, 500_000)
            seller.enter(("receivable", buyer.identifier, number), amount)
            buyer.enter(("payable", seller.identifier, number), amount)
