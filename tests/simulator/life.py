"""What happens in one run, step by step."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any

from bizoverbiz.errors import BizoverbizError
from bizoverbiz.members import standing
from bizoverbiz.rounds import deciding, opening, reversing

from .ending import Ending
from .firm import Firm
from .liars import Liar
from .mandates import drawn
from .network import Network
from .signing import Key
from .store import values
from .trading import Trading
from .world import World


class Life(Trading):
    """The steps of a run."""

    """The steps of a run."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.network = Network(world)
        self.firms = self._firms()
        self.trade(self.rng.randint(3, 5) * len(self.firms) // 4)
        for _ in range(2):
            self.agree()
        #: How often each happens, and what.
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


def _siren(eight: int) -> str:
    digits = f"{eight:08}"
    total = sum(sum(divmod(int(digit) * (2 if place % 2 else 1), 10)) for place, digit in enumerate(digits))
    return f"{digits}{-total % 10}"
