"""What the operator does in tests, through the same services as the command line."""

from __future__ import annotations

from typing import Any

from bizoverbiz.notices import load_signing_key, verify_notice
from bizoverbiz.rounds import deciding, opening, proposing
from bizoverbiz.rounds.report import describe_round
from bizoverbiz.rounds.verifying import verify_round
from bizoverbiz.store.database import WORKER

from .client import Member
from .conftest import Network


def open_round(network: Network, hours: int | None = None) -> int:
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


def propose(network: Network) -> int:
    number = open_round(network)
    cut(network, number)
    return number


def set_off(network: Network, number: int) -> int:
    (problem,) = report(network, number)["currencies"]
    return int(problem["set_off"])


def notices(network: Network, member: Member) -> list[int]:
    """Totals of the member's verified notices."""
    keys = network.http.get("/v1/keys").json()
    return [verify_notice(entry["jws"], keys).total for entry in member.get("/v1/notices")["notices"]]


def acknowledge(network: Network, member: Member) -> None:
    """The member says of every notice that it is booked, in one entry."""
    keys = network.http.get("/v1/keys").json()
    for entry in member.get("/v1/notices")["notices"]:
        total = verify_notice(entry["jws"], keys).total
        body = {"booked": [{"entry": "BOB/1", "date": "2026-11-22", "currency": "EUR", "amount": total}]}
        answer = member.call("PUT", f"/v1/notices/{entry['number']}/acknowledgement", body)
        assert answer.status_code == 200, answer.text
