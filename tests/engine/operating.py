"""What the operator does in tests, through the same services as the command line."""

from __future__ import annotations

from typing import Any

from bizoverbiz.notices import load_signing_key
from bizoverbiz.rounds import deciding, opening, proposing
from bizoverbiz.rounds.report import describe_round
from bizoverbiz.rounds.verifying import verify_round
from bizoverbiz.store.database import WORKER

from .conftest import Network


def open_round(network: Network, hours: int = 72) -> int:
    with network.store.transaction(WORKER) as tx:
        return opening.open_round(tx, approval_hours=hours, now=network.clock())


def cut(network: Network, number: int) -> None:
    with network.store.transaction(WORKER) as tx:
        opening.cut_off(tx, number, now=network.clock())
    with network.store.transaction(WORKER) as tx:
        proposing.propose(tx, number, now=network.clock())


def decide(network: Network, number: int) -> None:
    with network.store.transaction(WORKER) as tx:
        deciding.decide(tx, number, key=load_signing_key(network.key_path), now=network.clock(), early=True)


def round_state(network: Network, number: int) -> str:
    with network.store.transaction(WORKER) as tx:
        return str(describe_round(tx, number)["state"])


def verify(network: Network, number: int) -> list[str]:
    with network.store.transaction(WORKER) as tx:
        return verify_round(tx, number)


def report(network: Network, number: int) -> dict[str, Any]:
    with network.store.transaction(WORKER) as tx:
        return describe_round(tx, number)
