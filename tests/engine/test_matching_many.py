"""What the database matches by itself is what matching says line by line, whatever changed and in whatever order."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any

import pytest

from bizoverbiz.matching import Absence, Declared, Encumbrance, Side, match, number_key
from bizoverbiz.matching.references import with_check_character
from bizoverbiz.members import standing
from bizoverbiz.store.database import WORKER, WORKER_ROLE

from .client import Member
from .conftest import SIRENS, Network
from .test_isolation import rows


def random_lines(random: Random, own: Member, others: list[Member]) -> list[dict[str, Any]]:
    lines = {}
    for _ in range(random.randrange(12)):
        other, side = random.choice(others), random.choice(["receivable", "payable"])
        number = random.choice(["A-1", "A-01", "A-2", "B-1", "B/1", "C-12", "C-21"])
        total = random.choice([100, 100, 200])
        open_ = random.choice([total, total, total, 50, 0])
        more: dict[str, Any] = {"amount_total": total}
        if random.random() < 0.2:
            more["amount_disputed"] = open_ // 2
        if random.random() < 0.2:
            more |= {"encumbrance": "pledged", "amount_encumbered": random.choice([None, open_ // 2])}
        lines[side, other.identifier, number] = own.line(side, other, number, open_, **more)
    return list(lines.values())


def expected(declared: dict[str, list[dict[str, Any]]], absent: dict[str, Absence], members: list[str]) -> Any:
    lines = [
        Declared(
            index,
            member,
            Side(one["side"]),
            one["counterpart"],
            one["number"],
            "EUR",
            one["amount_open"],
            one["amount_disputed"],
            one["issue_date"],
            one["due_date"],
            amount_total=one["amount_total"],
            encumbrance=Encumbrance(one["encumbrance"]) if "encumbrance" in one else None,
            amount_encumbered=one.get("amount_encumbered"),
        )
        for index, (member, one) in enumerate((member, one) for member, rows in declared.items() for one in rows)
    ]
    found = match(lines, members=members, absent=absent)
    verdicts = {
        (line.member, line.side, line.counterpart, line.number): (
            found.verdicts[line.id].state,
            found.verdicts[line.id].matched_amount,
            found.verdicts[line.id].reason,
        )
        for line in lines
    }
    obligations = {
        (one.creditor, one.debtor, one.number_key): (one.number, one.amount) for one in found.obligations if one.amount
    }
    discrepancies = {
        (one.kind, one.creditor, one.debtor, one.number_key, one.creditor_amount, one.debtor_amount, one.reason)
        for one in found.discrepancies
    }
    return verdicts, obligations, discrepancies, {one.pair for one in found.suggestions}


_OBLIGATIONS = """
SELECT creditor.identifier, debtor.identifier, number_key, number, amount
FROM obligation JOIN member creditor ON creditor.id = creditor_id JOIN member debtor ON debtor.id = debtor_id
WHERE amount > 0
"""


def stored(url: str, members: list[Member]) -> Any:
    verdicts, discrepancies, suggestions = {}, set(), set()
    for member in members:
        for one in member.get("/v1/declarations")["lines"]:
            key = (member.identifier, one["side"], one["counterpart"], one["number"])
            verdicts[key] = (one["state"], one["matched_amount"], one["reason"])
        for one in member.get("/v1/discrepancies")["discrepancies"]:
            amounts = one["creditor_amount"], one["debtor_amount"]
            parties = one["creditor"], one["debtor"], number_key(one["number"])
            discrepancies.add((one["kind"], *parties, *amounts, one["reason"]))
        for one in member.get("/v1/suggestions", limit=1000)["suggestions"]:
            numbers = one["creditor_number"], one["debtor_number"]
            suggestions.add((one["creditor"], one["debtor"], one["currency"], *numbers, one["amount_total"]))
    obligations = {row[:3]: row[3:] for row in rows(url, WORKER_ROLE, _OBLIGATIONS)}
    return verdicts, obligations, discrepancies, suggestions


@pytest.mark.parametrize("seed", range(3))
def test_matching_in_the_database_is_matching_line_by_line(network: Network, url: str, seed: int) -> None:
    random = Random(seed)
    members = [network.member(siren) for siren in SIRENS[:3]]
    everybody = [*members, network.candidate(SIRENS[3])]
    declared: dict[str, list[dict[str, Any]]] = {member.identifier: [] for member in members}
    suspended: set[str] = set()
    for _ in range(25):
        for member in random.sample(members, random.randrange(1, 3)):
            if member.identifier in suspended:
                continue
            lines = random_lines(random, member, [one for one in everybody if one is not member])
            assert member.declare(*lines).status_code == 200
            declared[member.identifier] = lines
        if random.random() < 0.3:
            firm = random.choice(members).identifier
            suspended ^= {firm}
            with network.store.transaction(WORKER) as tx:
                status = "suspended" if firm in suspended else "active"
                standing.set_standing(tx, firm, status=status, now=network.clock())
        network.work()
        absent = dict.fromkeys(suspended, Absence.SUSPENDED)
        assert stored(url, members) == expected(declared, absent, list(declared))


def test_declaring_and_registering_while_matching_runs_holds_up_neither(
    network: Network, url: str, two: tuple[Member, Member]
) -> None:
    """Both take the same locks in the same order: no deadlock, nothing refused, nothing left unmatched."""
    a, b = two
    reference = with_check_character("7K2MW9RB41QX")
    stop = threading.Event()

    def match_all_the_time() -> bool:
        well = True
        while not stop.is_set():
            well &= network.work()
        return well

    def declare(own: Member, other: Member, side: str) -> set[int]:
        told = set()
        for turn in range(25):
            lines = [own.line(side, other, f"F-{n}", 100 + turn, commitment=reference) for n in range(turn % 3, 12)]
            told.add(own.declare(*reversed(lines)).status_code)
            content = {"agreed_on": "2026-11-01", "due_date": "2027-03-31", "currency": "EUR", "amount": 100_000 + turn}
            body = {"reference": reference, "side": side, "counterpart": other.identifier} | content
            told.add(own.call("POST", "/v1/commitments", body).status_code)
        return told

    with ThreadPoolExecutor(4) as pool:
        matching = [pool.submit(match_all_the_time) for _ in range(2)]
        declaring = [pool.submit(declare, a, b, "receivable"), pool.submit(declare, b, a, "payable")]
        told = set.union(*(one.result() for one in declaring))
        stop.set()
        assert all(one.result() for one in matching)
    # A commitment that is fulfilled takes no correction.
    assert told <= {200, 201, 409}
    network.work()
    assert {one["state"] for one in a.get("/v1/declarations")["lines"]} == {"matched"}
