"""What a member does with its statements and notices."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from bizoverbiz.errors import NotFoundError, TooManyAnswersError, WrongTotalError
from bizoverbiz.members.standing import check_may_approve
from bizoverbiz.rounds.audit import instant
from bizoverbiz.rounds.state import LineToApprove, StatementState, approve, check_open
from bizoverbiz.store.database import Transaction

#: Answers kept of one statement: a member's database may not fill the engine's with them.
MAX_ANSWERS = 1000


def statements(tx: Transaction, member: UUID) -> list[dict[str, Any]]:
    """The member's last 50 statements, newest first, as docs/protocol.md gives them."""
    return _described(tx, tx.all("statements_own", member=member))


def statement(tx: Transaction, number: UUID) -> dict[str, Any]:
    """One of the member's statements. Raises `NotFoundError`."""
    row = tx.one("statement_get", statement=number)
    if row is None:
        raise NotFoundError(f"there is no statement {number} of yours")
    (described,) = _described(tx, [row])
    return described


def _described(tx: Transaction, rows: list[Any]) -> list[dict[str, Any]]:
    asked = [row.id for row in rows]
    lines, reminders = defaultdict(list), defaultdict(list)
    for line in tx.all("statement_lines_own", statements=asked):
        lines[line.statement_id].append(line)
    for reminder in tx.all("reminders_own", statements=asked):
        reminders[reminder.statement_id].append(reminder)
    return [_statement(row, lines[row.id], reminders[row.id]) for row in rows]


def answer(
    tx: Transaction,
    *,
    member: UUID,
    statement: UUID,
    verdict: Literal["approve", "refuse"],
    answered_by: str,
    reason: str | None,
    approved: Mapping[UUID, int],
    now: datetime,
    check: Callable[[dict[str, Any]], None] = lambda before: None,
) -> dict[str, Any]:
    """Approve a statement, line by line up to an amount, or refuse it. Returns the statement.

    `check` is shown the statement as it stands, before anything changes, and may refuse the answer.
    What changes nothing is not kept again. Raises `NotFoundError`, `TooLateError`,
    `TooManyAnswersError`, and what `check_may_approve` and `state.approve` raise.
    """
    if tx.one("statement_lock", statement=statement) is None:
        raise NotFoundError(f"there is no statement {statement} of yours")
    row = tx.one("statement_get", statement=statement)
    check(_described(tx, [row])[0])
    check_open(row.round_state, row.deadline, now)
    state = StatementState.APPROVED if verdict == "approve" else StatementState.REFUSED
    changed = (row.state, row.answered_by, row.reason) != (state, answered_by, reason)
    holds: dict[UUID, int] = {}
    if verdict == "approve":
        check_may_approve(tx.one("member_get", member=member))
        before = {
            line.id: LineToApprove(line.ceiling, line.approved)
            for line in tx.all("statement_lines_own", statements=[statement])
        }
        holds = approve(row.state, before, approved)
        changed = changed or any(amount != before[line].approved for line, amount in holds.items())
    if changed:
        first_refusal = row.state != state and state == StatementState.REFUSED
        if not first_refusal and tx.one("answers_count", statement=statement).count >= MAX_ANSWERS:
            raise TooManyAnswersError(
                f"{MAX_ANSWERS} answers to this statement are kept already: the last one stands, it can only be refused"
            )
        rows = ({"line_id": line, "approved": amount} for line, amount in holds.items())
        tx.bulk("statement_lines_approve", rows, statement=statement)
        tx.run("statement_answer", statement=statement, state=state, answered_by=answered_by, reason=reason, now=now)
        said: dict[str, Any] = {"answer": verdict, "answered_by": answered_by, "reason": reason}
        if verdict == "approve":
            said["lines"] = {str(line): amount for line, amount in approved.items()}
        tx.run("answer_insert", statement=statement, member=member, now=now, content=json.dumps(said))
    return _described(tx, [tx.one("statement_get", statement=statement)])[0]


def acknowledge(tx: Transaction, *, member: UUID, number: int, booked: list[dict[str, Any]], now: datetime) -> None:
    """The member has booked its notice `number`; said again, it changes nothing.

    `booked` are entries with a `currency` and an `amount` in minor units: the receivables that each sets off.
    Raises `NotFoundError`, or `WrongTotalError` unless they sum to the notice's total, in its currency only.
    """
    notice = tx.one("notice_total", member=member, number=number)
    if notice is None:
        raise NotFoundError(f"there is no notice {number} of yours")
    sums: dict[str, int] = defaultdict(int)
    for entry in booked:
        sums[entry["currency"]] += entry["amount"]
    if sums != {notice.currency: notice.total}:
        told = ", ".join(f"{amount} {currency}" for currency, amount in sorted(sums.items())) or "nothing"
        raise WrongTotalError(
            f"the entries book {told} of notice {number}, its total is {notice.total} {notice.currency} (minor units): "
            "name every entry that books it, each with the receivables it sets off",
            field="booked",
        )
    tx.run("notice_acknowledge", member=member, number=number, booked=json.dumps(booked), now=now)


def _statement(row: Any, lines: list[Any], reminders: list[Any]) -> dict[str, Any]:
    def proposed(side: str) -> int:
        return sum(line.proposed for line in lines if line.side == side)

    return {
        "id": str(row.id),
        "round": row.round,
        "kind": row.kind,
        "state": row.state,
        "currency": row.currency,
        "proposed_at": instant(row.proposed_at),
        "deadline": instant(row.deadline),
        "receivable": proposed("receivable"),
        "payable": proposed("payable"),
        "answered_by": row.answered_by,
        "reason": row.reason,
        "remind_at": _next_reminder(row, reminders),
        "reminders": [instant(one.made_at) for one in reminders if one.made_at],
        "lines": [_line(line) for line in lines],
    }


def _next_reminder(row: Any, reminders: list[Any]) -> str | None:
    if row.state != StatementState.PROPOSED:
        return None
    # Of several that are due at once only the last is made.
    last = max((one.due_at for one in reminders if one.made_at), default=None)
    planned = [one.due_at for one in reminders if one.made_at is None and (last is None or one.due_at > last)]
    return instant(min(planned)) if planned else None


def _line(line: Any) -> dict[str, Any]:
    return {
        "id": str(line.id),
        "side": line.side,
        "counterpart": line.counterpart,
        "counterpart_name": line.counterpart_name,
        "number": line.number,
        "reference": line.reference,
        "commitment": line.commitment,
        "description": line.description,
        "issue_date": line.issue_date.isoformat(),
        "due_date": line.due_date.isoformat() if line.due_date else None,
        "amount_open": line.amount_open,
        "ceiling": line.ceiling,
        "proposed": line.proposed,
        "approved": line.approved,
        "set_off": line.set_off,
    }
