"""What the firms do with each other, whatever the engine does meanwhile: they invoice, agree on sales, pay, dispute."""

from __future__ import annotations

from stdnum.iso7064 import mod_37_36

from .books import Invoice, Paper, Sale
from .firm import Firm
from .world import World


class Trading:
    """The business of a run; `firms` are there once they have joined."""

    def __init__(self, world: World) -> None:
        self.world, self.rng = world, world.rng
        self.paper = Paper()
        self.firms: list[Firm] = []

    def pay(self) -> None:
        """By bank, whatever is being set off meanwhile."""
        if not self.paper.invoices:
            return
        in_rounds = self._being_approved() if self.rng.random() < 0.7 else []
        invoice = self.rng.choice(in_rounds or list(self.paper.invoices.values()))
        debtor = next(firm for firm in self.firms if firm.identifier == invoice.debtor)
        still = self.paper.open_in(debtor.books)[invoice.key]
        if still > 0:
            self.paper.pay(invoice, still if self.rng.random() < 0.6 else self.rng.randint(1, still))
            self.world.tally["paid by bank"] += 1
        for firm in self.firms:
            if self.rng.random() < 0.6:
                firm.books.bank_lines = len(self.paper.bank.get(firm.identifier, ()))

    def _being_approved(self) -> list[Invoice]:
        """What some firm means to set off in a statement that is not decided yet."""
        found = {}
        for firm in self.firms:
            for identifier, meant in firm.books.meant.items():
                statement = firm.books.statements.get(identifier)
                if meant and statement and statement["kind"] == "netting" and statement["state"] == "approved":
                    for line in statement["lines"]:
                        if meant.get(line["id"]):
                            key = firm.means(line)
                            if key in self.paper.invoices:
                                found[key] = self.paper.invoices[key]
        return [found[key] for key in sorted(found)]

    def trade(self, count: int) -> None:
        """Rings, so that there is something to set off, and single debts."""
        for _ in range(count):
            ring = self.rng.sample(self.firms, self.rng.choice((2, 2, 3, 3, 4, 5)))
            currency = "CHF" if self.rng.random() < 0.1 else "EUR"
            amount = self.rng.choice((1, 100, 5000)) * self.rng.randint(1, 200)
            closed = self.rng.random() < 0.8
            for place, debtor in enumerate(ring if closed else ring[1:]):
                self._invoice(
                    ring[place - 1 if closed else place],
                    debtor,
                    currency,
                    max(1, amount + self.rng.choice((0, 0, -1, 50))),
                )

    def agree(self) -> None:
        """Sales not invoiced yet, on loops with invoices; some compete with an invoice for what another one allows."""
        known = self._sale_to_end()
        if known is not None and self.rng.random() < 0.5:
            # Something to set what is left of it off against.
            firm = {one.identifier: one for one in self.firms}
            part = known.amount // self.rng.choice((1, 1, 2, 3))
            self._invoice(firm[known.buyer], firm[known.seller], "EUR", part)
            return
        amount = 100_000 + 5_000 * self.rng.randint(0, 60)
        first, second, third = self.rng.sample(self.firms, 3)
        if self.rng.random() < 0.5:
            self._sale(seller=first, buyer=second, amount=amount)
            self._invoice(second, first, "EUR", amount // self.rng.choice((1, 1, 3)))
        else:
            self._invoice(first, second, "EUR", amount)
            self._invoice(second, first, "EUR", amount // self.rng.randint(2, 5))
            self._sale(seller=third, buyer=first, amount=amount)
            self._sale(seller=second, buyer=third, amount=amount)

    def _sale(self, *, seller: Firm, buyer: Firm, amount: int) -> None:
        parties = [seller.identifier, buyer.identifier]
        twelve = "".join(self.rng.choice("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") for _ in range(12))
        sale = Sale(
            *parties,
            reference=twelve + mod_37_36.calc_check_digit(twelve),
            amount=amount,
            due_date=self.rng.choice(("2026-12-31", "2027-03-31", "2027-06-30")),
            nettable=self.rng.random() < 0.9,
            registered_by=frozenset(parties if self.rng.random() < 0.9 else parties[:1]),
        )
        self.paper.agree(sale)
        self.world.tally["sales agreed"] += 1

    def _sale_to_end(self) -> Sale | None:
        """A sale that is not over yet."""
        found = [sale for sale in self.paper.sales.values() if sale.invoiced is None and not sale.withdrawn_by]
        return self.rng.choice(found) if found else None

    def invoice_sale(self) -> None:
        """What was agreed on is delivered, and invoiced under its reference."""
        sale = self._sale_to_end()
        if sale is not None:
            firm = {one.identifier: one for one in self.firms}
            invoice = self._invoice(firm[sale.seller], firm[sale.buyer], "EUR", sale.amount, sale.reference)
            sale.invoiced = invoice.number
            self.world.tally["sales invoiced"] += 1

    def withdraw_sale(self) -> None:
        sale = self._sale_to_end()
        if sale is not None:
            sale.withdrawn_by.update(self.rng.choice(((sale.seller,), (sale.buyer,), (sale.seller, sale.buyer))))
            self.world.tally["sales withdrawn"] += 1

    def _invoice(
        self, creditor: Firm, debtor: Firm, currency: str, amount: int, commitment: str | None = None
    ) -> Invoice:
        number = len(self.paper.invoices) + 1
        day = f"2026-{self.rng.randint(6, 11):02}-{self.rng.randint(1, 20):02}"
        due = None if self.rng.random() < 0.1 else f"2026-{self.rng.randint(7, 12):02}-28"
        invoice = Invoice(
            creditor.identifier, debtor.identifier, f"INV/2026/{number:05}", currency, amount, day, due, commitment
        )
        self.paper.invoice(invoice)
        if self.rng.random() < 0.08:
            # One character too many; no other invoice has that number.
            self.paper.mistype(invoice, f"inv-2026-{number:05}{self.rng.randrange(10)}")
            self.world.tally["numbers mistyped"] += 1
        return invoice

    def dispute(self) -> None:
        firm = self.rng.choice(self.firms)
        own = self.paper.of.get(firm.identifier, [])
        if own:
            invoice = self.rng.choice(own)
            firm.books.disputed[invoice.key] = self.rng.choice(
                (0, 0, invoice.total, self.rng.randint(1, invoice.total))
            )
            self.world.tally["disputes"] += 1
