"""The demonstration from empty databases to booked set-offs."""

import json
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from demo import prospection, result, rounds, scenario, screen
from demo.checks import check, collect
from demo.databases import Books, base_template
from demo.firms import FIRMS
from demo.ledger import read_ledgers
from demo.member import Member, everybody
from demo.progress import console, phase, wait_for
from demo.stack import Stack


@dataclass
class Demo:
    """A running demonstration. `waiting` is the round left for a person, if one is."""

    stack: Stack
    books: Books
    members: list[Member]
    result: dict[str, Any]
    waiting: int | None = None


def prepare(stack: Stack) -> Books:
    """The firms' databases with today's books, and a new engine; both started."""
    with phase("Odoo database with the French chart and the addons (kept for later runs)") as show:
        base = base_template(stack.cluster, show)
    books = Books(stack.cluster, base, date.today())
    if not books.ready():
        count = len(scenario.invoices(books.today))
        with phase(f"Six firms' books: {count} invoices sold, sent as UBL, imported, posted (kept for today)") as show:
            books.build(show)
    with phase("Six Odoo databases from their books, an empty engine database"):
        stack.choose_ports()
        books.copy(stack.odoo_url)
        stack.found_network()
    with phase("Engine and Odoo start") as show:
        stack.start_engine()
        stack.start_odoo()
        show(f"engine on {stack.engine_url}, Odoo on {stack.odoo_url}")
    return books


def invite(stack: Stack, member: Member) -> str:
    invitation: str = stack.engine("invitation", "create", "--for", member.firm.siren, "--json")["invitation"]
    return invitation


def join(stack: Stack, books: Books) -> list[Member]:
    members = [Member(firm, *(stack.client(books, firm, who) for who in ("admin", "accountant"))) for firm in FIRMS]
    with phase("Six firms join the network, each with its one-time invitation"):
        everybody(members, lambda member: member.join(invite(stack, member)))
    return members


def first_round(stack: Stack, members: list[Member]) -> dict[str, Any]:
    """Declared, matched, proposed, answered, decided, booked, checked; what result.json says."""
    kinds = {"nothing": "missing-at-debtor", "other-amount": "amounts-differ", "disputed": "disputed"}
    invoices = scenario.planned_discrepancies(scenario.invoices(date.today()))
    planned = sorted(kinds[invoice.buyer_did] for invoice in invoices)
    with phase("Every firm declares; the engine matches and tells both sides what does not fit") as show:
        everybody(members, Member.exchange)

        def matched() -> list[dict[str, Any]] | None:
            everybody(members, Member.exchange)
            found = result.discrepancies(members)
            # while declarations come in, others are missing that are not missing in the end
            told = sorted(entry["kind"] for entry in found) == planned
            return found if told and all(len(entry["seen_by"]) == 2 for entry in found) else None

        discrepancies = wait_for(f"{len(planned)} discrepancies, each seen by both sides", matched, 120)
        show(f"{len(discrepancies)} discrepancies")
    with phase("The engine tells every firm about how much a round would set off"):
        rounds.preview(stack)
    before = read_ledgers(stack.cluster)
    with phase("Round 1 is opened, cut off and solved"):
        number = rounds.propose(stack, members)
    with phase("Accountants answer: one strikes a line, one refuses"):
        answers = [given for member in members if (given := rounds.answer(member, number))]
    with phase("The engine decides; every Odoo verifies its notice, books it and acknowledges"):
        rounds.book(stack, members, number)
    with phase("Every database is read and the invariants checked"):
        verification = stack.engine("round", "verify", str(number), "--json")
        found = collect(stack.cluster, number, before, verification)
        invariants = check(found)
    return {
        **result.figures(found),
        "approvals": answers,
        "discrepancies": discrepancies,
        "invariants": invariants,
    }


def prospect(stack: Stack, members: list[Member]) -> dict[str, Any]:
    """Who else sells what they buy: profiles, a search and leads; what result.json says."""
    with phase("Six firms publish what they sell and buy; one of them finds suppliers and makes leads") as show:
        everybody(members, prospection.publish)
        others = prospection.load_others(stack)
        seeker = next(member for member in members if member.firm.key == prospection.SEEKER)
        found = prospection.look_around(seeker)
        show(
            f"{len(members) + others} firms in the directory, {len(found['found'])} found, {len(found['leads'])} leads"
        )
    return found


def run(folder: Path, second_round: bool = True) -> Demo:
    """Leaves everything running; the caller stops it."""
    with phase("PostgreSQL starts; what an earlier run left is stopped"):
        stack = Stack(folder)
    books = prepare(stack)
    began = time.monotonic()
    demo = Demo(stack, books, join(stack, books), {})
    demo.result = first_round(stack, demo.members)
    demo.result["prospection"] = prospect(stack, demo.members)
    result_file = folder / "result.json"
    result_file.write_text(json.dumps(demo.result, ensure_ascii=False, indent=2) + "\n")
    if second_round:
        with phase("A second round: one firm approves by standing mandate, everybody else by hand but one"):
            mandated = next(member for member in demo.members if member.firm.key == scenario.MANDATED)
            mandated.give_mandate(scenario.MANDATED_PER_ROUND)
            demo.waiting = rounds.propose(stack, demo.members)
            rounds.approve_all_but(demo.members, demo.waiting, scenario.LEFT_WAITING)
    screen.show_result(demo.result)
    console.print(f"[dim]From joining to the last check: {time.monotonic() - began:.0f} s.[/]")
    return demo
