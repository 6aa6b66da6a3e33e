"""How a run ends: once faults have stopped, every round has to end, and every notice to be booked exactly once."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from bizoverbiz.members import standing
from bizoverbiz.rounds import opening

from . import invariants
from .mandates import BY_MANDATE

if TYPE_CHECKING:
    from .life import Life

#: A round that has not ended after so many quiet looks never will.
_LAST_LOOKS = 40


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
        # What they have just said may be all that a round was waiting for.
        self.world.work()
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
