"""Standing mandates: a member approves in advance, by rules it sets, up to the whole matched amount."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from bizoverbiz.errors import MalformedError, NotFoundError
from bizoverbiz.rounds.audit import instant
from bizoverbiz.store.database import Transaction


class CounterpartRule(BaseModel):
    """The most approved with one firm in a round, in place of `per_counterpart`, minor units; 0 leaves it out."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    counterpart: str
    currency: str
    per_round: int


class CurrencyRule(BaseModel):
    """What may be approved in one currency; amounts in minor units, None without limit."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    currency: str
    per_round: int | None = None
    per_line: int | None = None
    per_counterpart: int | None = None


class MandateRules(BaseModel):
    """NOTE: stored with every mandate, so it may only grow. A currency not named is not approved by mandate."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    currencies: tuple[CurrencyRule, ...]
    counterparts: tuple[CounterpartRule, ...] = ()
    #: With nobody but these; None: with everybody.
    only_counterparts: tuple[str, ...] | None = None
    #: Nothing that is not yet due at the cut-off.
    only_overdue: bool = False
    #: Up to the matched amount of each line, instead of what is proposed.
    whole: bool = False

    def of(self, currency: str) -> CurrencyRule | None:
        return next((rule for rule in self.currencies if rule.currency == currency), None)


@dataclass(frozen=True, slots=True)
class MandateLine:
    """A line of a statement as its member sees it; amounts in minor units."""

    id: UUID
    side: str
    counterpart: str
    due_date: date | None
    ceiling: int
    proposed: int


def approve(rules: MandateRules, currency: str, lines: Sequence[MandateLine], *, on: date) -> dict[UUID, int]:
    """What the mandate approves, minor units by line; lines it says nothing of are left to a person.

    Limits hold for receivables and for payables, each by themselves. What is proposed comes first, then, with `whole`,
    the rest of the matched amounts; each in the order of due dates, oldest first, as `lines` are to come.
    """
    rule = rules.of(currency)
    if rule is None:
        return {}
    covered = [line for line in lines if _covers(rules, line, on)]
    room = _Room(rules, rule)
    approved = {line.id: room.take(line, _within(rule, line.proposed)) for line in covered}
    if rules.whole:
        for line in covered:
            approved[line.id] += room.take(line, _within(rule, line.ceiling) - approved[line.id])
    return approved if any(approved.values()) else {}


def _covers(rules: MandateRules, line: MandateLine, on: date) -> bool:
    if rules.only_overdue and (line.due_date is None or line.due_date >= on):
        return False
    return rules.only_counterparts is None or line.counterpart in rules.only_counterparts


def _within(rule: CurrencyRule, amount: int) -> int:
    return amount if rule.per_line is None else min(amount, rule.per_line)


class _Room:
    """What the limits still leave, by side and by counterpart."""

    def __init__(self, rules: MandateRules, rule: CurrencyRule) -> None:
        self._own = {one.counterpart: one.per_round for one in rules.counterparts if one.currency == rule.currency}
        self._rule = rule
        self._taken: dict[tuple[str, ...], int] = defaultdict(int)

    def take(self, line: MandateLine, wanted: int) -> int:
        limits = (
            ((line.side,), self._rule.per_round),
            ((line.side, line.counterpart), self._own.get(line.counterpart, self._rule.per_counterpart)),
        )
        room = [limit - self._taken[place] for place, limit in limits if limit is not None]
        amount = max(0, min([wanted, *room]))
        for place, _ in limits:
            self._taken[place] += amount
        return amount


def give(
    tx: Transaction, *, member: UUID, rules: MandateRules, given_by: str, valid_until: date, now: datetime
) -> dict[str, Any]:
    """Give a mandate in place of the one in force; it counts from the next proposal on. Raises `MalformedError`."""
    if valid_until < now.date():
        raise MalformedError(f"the mandate would have ended on {valid_until} already", field="valid_until")
    tx.run("mandate_end", member=member, ended_by=given_by, now=now)
    tx.run(
        "mandate_insert",
        member=member,
        given_by=given_by,
        now=now,
        valid_until=valid_until,
        rules=rules.model_dump_json(),
    )
    return in_force(tx, member=member)


def in_force(tx: Transaction, *, member: UUID) -> dict[str, Any]:
    """Raises `NotFoundError`."""
    row = tx.one("mandate_own", member=member)
    if row is None:
        raise NotFoundError("you have given no mandate: every statement waits for somebody to answer it")
    return {
        "given_by": row.given_by,
        "given_at": instant(row.given_at),
        "valid_until": row.valid_until.isoformat(),
        "rules": row.rules,
    }


def end(tx: Transaction, *, member: UUID, ended_by: str | None, now: datetime) -> None:
    """What was approved by mandate before stands, and may be lowered. Raises `NotFoundError`."""
    if not tx.run("mandate_end", member=member, ended_by=ended_by, now=now):
        raise NotFoundError("you have given no mandate that could be ended")


def approve_by_mandate(tx: Transaction, number: int, *, on: date, now: datetime) -> int:
    """Answer the statements of a round just proposed for those who have given a mandate. Returns how many."""
    statements = {row.id: row for row in tx.all("mandated_statements", round=number, on=on)}
    lines: dict[UUID, list[MandateLine]] = defaultdict(list)
    for row in tx.all("mandated_lines", statements=list(statements)):
        lines[row.statement_id].append(
            MandateLine(row.id, row.side, row.counterpart, row.due_date, row.ceiling, row.proposed)
        )
    answers: list[dict[str, Any]] = []
    amounts: list[dict[str, Any]] = []
    for statement in statements.values():
        rules = MandateRules.model_validate(statement.rules)
        approved = approve(rules, statement.currency, lines[statement.id], on=on)
        if not approved:
            continue
        by = f"mandate of {statement.given_by} given on {statement.given_at:%Y-%m-%d}"
        amounts += _amounts(statement.id, approved)
        said = {
            "answer": "approve",
            "answered_by": by,
            "reason": None,
            "mandate": str(statement.mandate_id),
            "lines": {str(line): amount for line, amount in approved.items()},
        }
        answers.append(
            {"statement_id": statement.id, "member_id": statement.member_id, "by": by, "content": json.dumps(said)}
        )
    if answers:
        tx.bulk("mandate_approve_lines", amounts)
        tx.bulk("mandate_answers_insert", answers, now=now)
        tx.bulk("mandate_answer_statements", answers, now=now)
    return len(answers)


def _amounts(statement: UUID, approved: dict[UUID, int]) -> Iterable[dict[str, Any]]:
    return [{"statement_id": statement, "line_id": line, "approved": amount} for line, amount in approved.items()]
