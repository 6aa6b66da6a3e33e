"""`kill -9` of the API, of a worker and of PostgreSQL while twenty members work: nothing lost, nothing done twice.

For longer: `make kill-test SECONDS=600 SEED=7`. What is killed and when follows from the seed as far as a real
machine allows; what the clients do between two answers does.
"""

from __future__ import annotations

import os
import threading
import time
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from bizoverbiz.errors import BizoverbizError
from bizoverbiz.members import joining
from bizoverbiz.rounds import opening
from bizoverbiz.store.database import WORKER, Database, Transaction

from .accounting import Ledger
from .books import Trade
from .firm import Firm
from .killing import Killer, Traffic
from .stack import Stack, running, until

_FIRMS = 20
_SECONDS = float(os.environ.get("BIZOVERBIZ_KILL_SECONDS") or 40)
_SEED = int(os.environ.get("BIZOVERBIZ_SEED") or 1)


class Operator:
    """Opens and cuts rounds through the same services as the command line; what fails is tried again later."""

    def __init__(self, stack: Stack, seed: int) -> None:
        self.store, self._random = Database(stack.url("operator")), Random(f"{seed} operator")
        self._base_url = stack.base_url

    def invite(self, firm: str) -> str:
        with self.store.transaction(WORKER) as tx:
            return joining.invite(
                tx, url=self._base_url, valid=timedelta(days=1), now=datetime.now(UTC), identifier=firm
            ).secret

    def turn(self) -> None:
        """Open a round, or cut the one that collects; once in a while give one up."""
        now = datetime.now(UTC)
        try:
            with self.store.transaction(WORKER) as tx:
                states = {row.state: row.number for row in tx.all("rounds_in", states=["collection", "proposed"])}
                if "collection" not in states:
                    opening.open_round(tx, approval_hours=1, now=now)
                elif "proposed" in states and self._random.random() < 0.1:
                    opening.abandon(tx, states["proposed"], now=now)
                else:
                    opening.cut_off(tx, states["collection"], now=now)
        except BizoverbizError:
            return

    def rest(self) -> bool:
        """Cut what still collects; whether every round has ended."""

        def step(tx: Transaction) -> bool:
            live = tx.all("rounds_in", states=["collection", "frozen", "proposed", "decided"])
            for row in live:
                if row.state == "collection":
                    opening.cut_off(tx, row.number, now=datetime.now(UTC))
            return not live

        try:
            with self.store.transaction(WORKER) as tx:
                return step(tx)
        except BizoverbizError:
            return False


@pytest.mark.filterwarnings("default::pytest.PytestUnhandledThreadExceptionWarning")
def test_kill_nine_anywhere_loses_nothing_and_does_nothing_twice(capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print(f"\nseed {_SEED}, {_SECONDS:.0f} s: make kill-test SECONDS={_SECONDS:.0f} SEED={_SEED}")
    with running() as stack:
        operator, traffic, stop = Operator(stack, _SEED), Traffic(), threading.Event()
        trade = Trade(_FIRMS, _SEED)
        trade.invoice(3 * _FIRMS)
        firms = [
            Firm(stack.base_url, books, operator.invite(books.identifier), traffic, _SEED, stop)
            for books in trade.firms
        ]
        killer = Killer(stack, traffic, seed=_SEED, seconds=_SECONDS)
        for thread in (*firms, killer):
            thread.start()
        try:
            while killer.is_alive():
                operator.turn()
                trade.invoice(5)
                time.sleep(1)
            until("every part is up again", stack.healthy)
            until("every round ends", lambda: _failed(firms, killer) or operator.rest(), seconds=120, every=0.5)
        finally:
            stop.set()
            for thread in (*firms, killer):
                thread.join(timeout=120)
            operator.store.close()
        assert (error := _failed(firms, killer)) is None, error
        with capsys.disabled():
            _judge(stack, firms, killer)


def _failed(firms: list[Firm], killer: Killer) -> BaseException | None:
    return next((thread.error for thread in (*firms, killer) if thread.error is not None), None)


def _judge(stack: Stack, firms: list[Firm], killer: Killer) -> None:
    ledger = Ledger(stack)
    for kill in killer.kills:
        print(f"{kill.at:6.1f} s  {kill.name:9} writing {kill.writing}, {kill.waiting} clients waiting")
    ledger.nothing_acknowledged_is_lost(firms)
    ledger.nothing_is_done_twice(firms)
    states = ledger.every_round_ended_and_verifies()
    in_work = killer.in_work()
    print(f"rounds {dict(states)}; {len(killer.kills)} kills, in the middle of a transaction: {dict(in_work)}")
    print(ledger.summary(firms))
    assert set(in_work) == {"api", "worker", "postgres"}, "not every part was killed in the middle of work"
    assert states["closed"] >= 2, "hardly anything was decided"
    assert sum(len(firm.books.booked) for firm in firms) >= _FIRMS, "hardly anything was booked"
    assert any(kill.waiting for kill in killer.kills)
