"""The network between firms and engine: it drops, duplicates, delays and reorders."""

from __future__ import annotations

from dataclasses import replace

from .firm import Firm
from .sender import Exchange, Unreachable, Wish
from .transport import Answer, Message
from .world import Sending, World


class Network:
    """Requests on their way; which of them moves next is drawn."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.underway: list[Sending] = []

    def begin(self, firm: Firm) -> None:
        """The firm starts an exchange; one that hangs is given up first."""
        for sending in self.underway:
            if sending.firm is firm and sending.waiting is not None:
                sending.waiting.close()
                sending.waiting = None
                self.world.tally["exchanges given up"] += 1
        exchange = firm.exchange()
        self._next(firm, exchange, lambda: next(exchange))

    def busy(self, firm: Firm) -> bool:
        return any(sending.firm is firm and sending.waiting is not None for sending in self.underway)

    def _next(self, firm: Firm, exchange: Exchange, step) -> None:  # type: ignore[no-untyped-def]
        try:
            wish: Wish = step()
        except (StopIteration, Unreachable):
            return
        if wish.same == "clone":
            firm = _Clone(firm)  # type: ignore[assignment]
        self.underway.append(
            Sending(firm.message(wish, self.world.now.timestamp()), getattr(firm, "real", firm), exchange)
        )

    def move(self) -> None:
        """One of the requests on their way arrives, gets lost, or arrives twice."""
        world = self.world
        sending = self.underway.pop(world.rng.randrange(len(self.underway)))
        fault = world.rng.random() if world.faults else 1.0
        if fault < 0.02:
            world.tally["requests lost"] += 1
            self._give_up(sending)
            return
        if fault < 0.04:
            world.tally["requests late"] += 1
            self._give_up(sending)
            self.underway.append(replace(sending, waiting=None))
            return
        if fault < 0.06:
            world.tally["requests doubled"] += 1
            self.underway.append(replace(sending, waiting=None))
        answer = world.answer(sending.message)
        world.note(sending.message.method, sending.message.url.partition("?")[0][-12:], answer and answer.status)
        if sending.waiting is None:
            self._late(sending.message, answer)
        elif answer is None or (world.faults and world.rng.random() < 0.03):
            world.tally["answers lost"] += 1
            self._give_up(sending)
        else:
            self._answered(sending, answer)

    def _late(self, message: Message, answer: Answer | None) -> None:
        if answer is not None and answer.slug == "replayed":
            self.world.tally["replays refused"] += 1

    def _give_up(self, sending: Sending) -> None:
        exchange = sending.waiting
        if exchange is not None:
            self._next(sending.firm, exchange, lambda: exchange.throw(Unreachable()))

    def _answered(self, sending: Sending, answer: Answer) -> None:
        exchange = sending.waiting
        assert exchange is not None
        sending.firm.heard(answer)
        self._next(sending.firm, exchange, lambda: exchange.send(answer))


class _Clone:
    """The firm's books in another database, with the same key."""

    def __init__(self, real: Firm) -> None:
        self.real = real

    def message(self, wish: Wish, now: float) -> Message:
        books = self.real.books
        own, books.database = books.database, books.database[::-1].replace("-", "0")[:32]
        try:
            return self.real.message(wish, now)
        finally:
            books.database = own
