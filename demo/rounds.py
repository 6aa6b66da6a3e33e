"""The rounds of the demonstration, from the operator's opening to everybody's books."""

from collections.abc import Sequence
from typing import Any

from demo import scenario
from demo.firms import BY_KEY
from demo.ledger import ENGINE_DATABASE
from demo.member import Member, everybody
from demo.progress import wait_for
from demo.stack import Stack

#: Hours the second round waits for the person who approves it by hand.
HOURS = 72


def state(stack: Stack, number: int) -> str:
    """Read from the database: a `bizoverbiz` command would take a second each time somebody waits."""
    with stack.cluster.cursor(ENGINE_DATABASE, user="postgres") as cr:
        cr.execute("SELECT state FROM round WHERE number = %s", [number])
        (found,) = cr.fetchone()
    return found


def preview(stack: Stack) -> None:
    """Has the engine preview what is declared now: in a network it does so once a day, which is long to wait for."""
    with stack.cluster.cursor(ENGINE_DATABASE, user="postgres") as cr:
        cr.execute("UPDATE network SET previewed_at = NULL")

    def previewed() -> bool:
        with stack.cluster.cursor(ENGINE_DATABASE, user="postgres") as cr:
            cr.execute("SELECT count(*) FROM preview")
            return cr.fetchone() != (0,)

    wait_for("the engine's previews", previewed, 60)


def propose(stack: Stack, members: Sequence[Member]) -> int:
    """Opens a round, everybody declares, cuts it off; once solved, everybody fetches its statement."""
    number = int(stack.engine("round", "open", "--approval-hours", str(HOURS), "--json")["number"])
    everybody(members, Member.exchange)
    stack.engine("round", "cut", str(number))
    wait_for(f"the proposal of round {number}", lambda: state(stack, number) == "proposed", 60)
    everybody(members, Member.exchange)
    return number


def answer(member: Member, number: int) -> dict[str, Any] | None:
    """What the accountant of the scenario does with the first round's statement; None without a statement."""
    statement = member.statement(number)
    if not statement:
        return None
    struck = []
    if member.firm.key == scenario.REFUSES:
        member.refuse(statement["id"], "Encaissements attendus cette semaine, nous préférons être payés.")
    else:
        if member.firm.key == scenario.STRIKES:
            struck = [_line_to_strike(member, statement["id"])]
            member.strike(struck[0]["id"])
        member.approve(statement["id"])
    after = member.statement(number)
    return {
        "round": number,
        "firm": member.firm.name,
        "siren": member.firm.siren,
        "answer": after["answer"],
        "answered_by": after["answered_by"],
        "proposed": round(statement["receivable"] * 100),
        "struck": [{"number": line["number"], "proposed": round(line["proposed"] * 100)} for line in struck],
    }


def _line_to_strike(member: Member, statement: int) -> dict[str, Any]:
    creditor = BY_KEY[scenario.STRUCK_CREDITOR].siren
    lines = [
        line
        for line in member.statement_lines(statement)
        if line["side"] == "payable" and line["counterpart"] == creditor
    ]
    return max(lines, key=lambda line: line["proposed"])


def book(stack: Stack, members: Sequence[Member], number: int) -> None:
    """Waits for the decision; then everybody exchanges until each notice is booked and acknowledged."""
    wait_for(f"the decision of round {number}", lambda: state(stack, number) in ("decided", "closed"), 60)

    def closed() -> bool:
        everybody(members, Member.exchange)
        return state(stack, number) == "closed"

    wait_for(f"round {number} to be booked and acknowledged by everybody", closed, 90)


def approve_all_but(members: Sequence[Member], number: int, waiting: str) -> None:
    """Whoever has given a standing mandate has answered already."""
    for member in members:
        statement = member.statement(number)
        if statement and not statement["answer"] and member.firm.key != waiting:
            member.approve(statement["id"])
