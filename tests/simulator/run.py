"""What happens in one run, step by step, and how it ends."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from time import perf_counter
from typing import Any
from unittest.mock import patch

from stdnum.iso7064 import mod_37_36

from bizoverbiz.errors import BizoverbizError
from bizoverbiz.members import standing
from bizoverbiz.rounds import deciding, opening, reversing

from . import invariants
from .books import Invoice, Paper, Sale
from .firm import Firm, Key
from .liars import Liar
from .mandates import BY_MANDATE, drawn
from .network import Network
from .randomness import seeded
from .store import values
from .transport import in_this_thread
from .world import World, watched

#: A round that has not ended after so many quiet looks never will.
_LAST_LOOKS = 40


@dataclass(frozen=True, slots=True)
class Result:
    """What one seed gave."""

    seed: int
    tally: Counter[str]
    trace: str
    #: What went wrong, or None.
    failure: str | None
    seconds: float = 0.0


def run(seed: int, store: Any, *, signatures: bool | None = None) -> Result:
    """One run on an empty store. `signatures` None: in every tenth run they are really verified."""
    began = perf_counter()
    with ExitStack() as stack:
        rng = stack.enter_context(seeded(seed))
        signatures = seed % 10 == 0 if signatures is None else signatures
        stack.enter_context(in_this_thread(signatures=signatures))
        if not signatures:
            stack.enter_context(patch.object(Key, "sign", Key.seal))
        world = World(store, rng)
        stack.enter_context(watched(world))
        failure = None
        try:
            Life(world).live()
        except Exception as error:
            # Whatever it is, it is a failure of this seed, and the campaign goes on.
            error = world.violation or error
            failure = f"{type(error).__name__}: {error}"
        if world.failures:
            failure = f"{failure or ''} the engine logged: {'; '.join(world.failures[:3])}"
        return Result(seed, world.tally, world.trace.hexdigest(), failure, perf_counter() - began)


class Life:
    """The steps of a run."""

    def __init__(self, world: World) -> None:
        self.world, self.rng = world, world.rng
        self.network = Network(world)
        self.paper = Paper()
        self.firms = self._firms()
        self.trade(self.rng.randint(3, 5) * len(self.firms) // 4)
        for _ in range(2):
            self.agree()
        #: Invoices made so far, for their numbers.
        self.steps = (
            (30, self.move),
            (12, self.exchange),
            (5, self.accountants),
            (4, self.work),
            (5, self.operator),
            (2, self.pass_time),
            (1.5, self.pay),
            (0.7, lambda: self.trade(1)),
            (1.2, self.agree),
            (0.3, self.invoice_sale),
            (0.2, self.withdraw_sale),
            (0.7, self.dispute),
            (1, self.lower),
            (1.2, self.backup),
            (0.8, self.restore),
            (0.4, self.clock_jumps),
            (0.3, self.suspend),
            (0.4, self.firm_dies),
            (0.8, self.mandate),
            (0.3, self.change_key),
        )

    def _firms(self) -> list[Firm]:
        draw = self.rng.random()
        count = self.rng.randint(5, 7) if draw < 0.9 else self.rng.randint(8, 20) if draw < 0.998 else 200
        self.world.tally["firms"] += count
        firms = []
        for number in range(count):
            kind = Liar if number and self.rng.random() < 0.18 else Firm
            firm = kind(_siren(10_000_000 + number), Random(self.rng.random()), self.paper, self.world.engine_keys)
            answer = self.world.send(firm, firm.joining(self.world.invite(firm)))
            assert answer.status == 201, answer
            firm.member = answer.body["member"]
            firms.append(firm)
            self.world.tally["liars"] += not firm.honest
        return firms

    def live(self) -> None:
        weights = [weight for weight, _ in self.steps]
        actions = [action for _, action in self.steps]
        turns = self.rng.randint(50, 110) * len(self.firms) ** 0.5
        self.operator()
        self.world.faults = True
        for firm in self.firms:
            self.network.begin(firm)
        for _ in range(4 * len(self.firms)):
            if self.network.underway:
                self.network.move()
        self.world.store.between = self._between
        for _ in range(int(turns)):
            self.rng.choices(actions, weights)[0]()
        self.world.store.between = lambda: None
        Ending(self).reach()

    def _between(self) -> None:
        """Between two transactions of one process, another process gets its turn."""
        if self.rng.random() < 0.02:
            self.world.store.between = lambda: None
            self.world.tally["turns between transactions"] += 1
            try:
                self.rng.choice((self.move, self.work))()
            finally:
                self.world.store.between = self._between

    # -- steps

    def move(self) -> None:
        for _ in range(min(len(self.network.underway), len(self.firms) // 4 + 1)):
            if self.network.underway:
                self.network.move()

    def exchange(self) -> None:
        firm = self.rng.choice(self.firms)
        if firm.needs_invitation:
            self.invite_again(firm)
        elif firm.doubted:
            self.world.confirm(firm)
        elif not self.network.busy(firm) or self.rng.random() < 0.2:
            self.network.begin(firm)

    def invite_again(self, firm: Firm) -> None:
        """Its key is lost: it joins again, with these books."""
        self._stop(firm)
        firm.key, firm.next_key = Key(self.rng.randbytes(32)), None
        firm.skew = 0
        firm.books.database = firm.books.database[:-4] + f"{self.rng.randrange(65536):04x}"
        answer = self.world.send(firm, firm.joining(self.world.invite(firm, renews=True)))
        assert answer.status == 201, answer
        firm.needs_invitation = firm.doubted = False
        firm.books.pending = None
        firm.books.keys.clear()
        self.world.tally["members that joined again"] += 1

    def accountants(self) -> None:
        for firm in self.firms:
            if self.rng.random() < 0.5:
                firm.look_at_statements()

    def work(self) -> None:
        self.world.work()

    def operator(self) -> None:
        rounds = dict(sorted((one["number"], one["state"]) for one in self.world.rows["round"]))
        collecting = [number for number, state in rounds.items() if state == "collection"]
        live = [number for number, state in rounds.items() if state in ("frozen", "proposed")]
        nettings = [one["number"] for one in self.world.rows["round"] if one["kind"] == "netting"]
        draw = self.rng.random()
        world = self.world
        if not collecting:
            hours = self.rng.choice((24, 72))
            world.operate(lambda tx: opening.open_round(tx, approval_hours=hours, now=world.now))
        elif draw < 0.3 and (not live or self.rng.random() < 0.4):
            self._try(lambda tx: opening.cut_off(tx, collecting[0], now=world.now))
        elif draw < 0.31 and live:
            self._try(lambda tx: opening.abandon(tx, self.rng.choice(live), now=world.now))
        elif draw < 0.35 and set(live) & set(nettings):
            number, key = self.rng.choice(sorted(set(live) & set(nettings))), world.key
            world.closed_early.add(number)
            self._try(lambda tx: deciding.decide(tx, number, key=key, now=world.now, early=True))
        elif draw < 0.45:
            self.reverse_something()

    def reverse_something(self) -> bool:
        """All that is left of a round that has set something off, or the least that holds one line of it."""
        nettings = {one["number"] for one in self.world.rows["round"] if one["kind"] == "netting"}
        lines = [one for one in self.world.rows["round_line"] if one["set_off"] and one["round"] in nettings]
        if not lines:
            return False
        # By what it is called: identities are not the same in either store.
        line = self.rng.choice(sorted(lines, key=lambda one: (one["round"], one["currency"], one["key"])))
        chosen = [values.out(line["id"])] if self.rng.random() < 0.5 else []
        self._try(lambda tx: reversing.propose_reversal(tx, line["round"], lines=chosen, now=self.world.now))
        self.world.tally["reversals asked for"] += 1
        return True

    def _try(self, step: Any) -> None:
        try:
            self.world.operate(step)
        except BizoverbizError:
            self.world.tally["commands refused"] += 1

    def pass_time(self) -> None:
        minutes = self.rng.choice((1, 1, 4, 30, 600))
        self.world.now += timedelta(minutes=minutes)

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

    def lower(self) -> None:
        firms = self.rng.sample(self.firms, len(self.firms))
        self.world.tally["approvals lowered late"] += any(firm.lower_something() for firm in firms)

    def backup(self) -> None:
        firm = self.rng.choice(self.firms)
        firm.backups.append((firm.books.backup(), firm.key))

    def restore(self) -> None:
        firm = self.rng.choice(self.firms)
        if firm.backups:
            self._stop(firm)
            firm.doubted = False
            books, firm.key = self.rng.choice(firm.backups)
            firm.next_key = None
            firm.books = books.backup()
            self.world.tally["books restored"] += 1

    def firm_dies(self) -> None:
        self.world.tally["firms killed"] += self._stop(self.rng.choice(self.firms))

    def _stop(self, firm: Firm) -> bool:
        """What it has sent may still arrive."""
        stopped = False
        for sending in self.network.underway:
            if sending.firm is firm and sending.waiting is not None:
                sending.waiting.close()
                sending.waiting, stopped = None, True
        return stopped

    def mandate(self) -> None:
        firm = self.rng.choice(self.firms)
        if self.rng.random() < 0.2:
            firm.mandate = "end"
        else:
            partners = [other.identifier for other in self.firms if other is not firm]
            firm.mandate = drawn(self.rng, partners)
            self.world.tally["mandates given"] += 1

    def change_key(self) -> None:
        firm = self.rng.choice(self.firms)
        if firm.next_key is None:
            firm.next_key = Key(self.rng.randbytes(32))
            self.world.tally["keys changed"] += 1

    def clock_jumps(self) -> None:
        self.rng.choice(self.firms).skew = self.rng.choice((0, 120, -120, 280, -280, 900, -900))
        self.world.tally["clocks apart"] += 1

    def suspend(self) -> None:
        firm = self.rng.choice(self.firms)
        status = {row["identifier"]: row["status"] for row in self.world.rows["member"]}[firm.identifier]
        wanted = "suspended" if status == "active" else "active"
        self._try(lambda tx: standing.set_standing(tx, firm.identifier, status=wanted))
        self.world.tally["suspensions"] += wanted == "suspended"


class Ending:
    """Faults stop: every round has to end, and every notice to be booked exactly once."""

    def __init__(self, life: Life) -> None:
        self.life, self.world = life, life.world

    def reach(self) -> None:
        world, life = self.world, self.life
        world.faults = False
        while life.network.underway:
            life.network.move()
        for identifier in sorted(row["identifier"] for row in world.rows["member"] if row["status"] == "suspended"):
            world.operate(lambda tx: standing.set_standing(tx, identifier, status="active"))  # noqa: B023
        for number in [one["number"] for one in world.rows["round"] if one["state"] == "collection"]:
            world.operate(lambda tx: opening.cut_off(tx, number, now=world.now))  # noqa: B023
        for firm in life.firms:
            firm.quiet = True
        self._look_until_over()
        if life.rng.random() < 0.5 and life.reverse_something():
            self._look_until_over()
        self._check()

    def _look_until_over(self) -> None:
        for _ in range(_LAST_LOOKS):
            self._quiet_look()
            if all(one["state"] in ("closed", "abandoned") for one in self.world.rows["round"]):
                break

    def _quiet_look(self) -> None:
        life = self.life
        if life.rng.random() < 0.5:
            life.pay()
        self.world.work()
        for firm in life.firms:
            firm.books.bank_lines = len(life.paper.bank.get(firm.identifier, ()))
            if firm.needs_invitation:
                life.invite_again(firm)
            if firm.doubted:
                self.world.confirm(firm)
            firm.look_at_statements()
            life.network.begin(firm)
        while life.network.underway:
            life.network.move()
        self.world.now += timedelta(hours=24)

    def _check(self) -> None:
        world = self.world
        states = {one["number"]: one["state"] for one in world.rows["round"]}
        open_ones = {number: state for number, state in states.items() if state not in ("closed", "abandoned")}
        invariants.require(not open_ones, f"once faults have stopped, rounds {open_ones} do not end")
        world.verify_rounds()
        issued: Counter[str] = Counter()
        members = {row["id"]: row["identifier"] for row in world.rows["member"]}
        for notice in world.rows["notice"]:
            issued[members[notice["member_id"]]] += 1
        for firm in self.life.firms:
            booked, told = firm.books.bookings, issued[firm.identifier]
            world.tally["notices booked"] += len(booked)
            invariants.require(
                booked == list(range(1, told + 1)),
                f"{firm.identifier} was issued {told} notices and has booked {booked}",
            )
        world.tally["reversals decided"] += sum(
            one["kind"] == "reversal" and one["state"] == "closed" for one in world.rows["round"]
        )
        for suggestion in world.inner.rows("suggestion"):
            world.tally[f"suggestions {suggestion['state']}"] += 1
        by_mandate = (row["answered_by"] or "" for row in world.rows["statement"])
        world.tally["statements left to mandates"] += sum(by.startswith(BY_MANDATE) for by in by_mandate)
        world.tally["sales set off"] += sum(
            one["commitment"] is not None and bool(one["set_off"]) for one in world.rows["round_line"]
        )
        self._check_never_twice(members)

    def _check_never_twice(self, members: dict[Any, str]) -> None:
        """Between two honest firms, no debt is set off beyond what it ever was."""
        honest = {firm.identifier for firm in self.life.firms if firm.honest}
        lines = {line["id"]: line for line in self.world.rows["round_line"]}
        cleared: Counter[tuple[str, str]] = Counter()
        for one in self.world.rows["set_off"]:
            line = lines[one["line_id"]]
            if {line["creditor"], line["debtor"]} <= honest:
                cleared[line["creditor"], line["number"]] += one["amount"]
        paper = self.life.paper
        for sale in paper.sales.values():
            deposits = cleared.pop(sale.key, 0)
            invariants.require(deposits <= sale.amount, f"{deposits} of {sale} was set off")
            if deposits and sale.invoiced is not None:
                cleared[sale.seller, sale.invoiced] += deposits
        for key, amount in cleared.items():
            invoice = paper.invoices[key]
            invariants.require(amount <= invoice.total, f"{amount} of {invoice} was set off")


def _siren(eight: int) -> str:
    digits = f"{eight:08}"
    total = sum(sum(divmod(int(digit) * (2 if place % 2 else 1), 10)) for place, digit in enumerate(digits))
    return f"{digits}{-total % 10}"
