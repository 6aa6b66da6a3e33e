"""Defects put into the engine on purpose: each has to be noticed.

A mutation makes the engine wrong in one way while it is entered. What it changes is named as the engine names it, so
that a function or a query which has changed fails the test instead of hollowing it out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any
from unittest.mock import patch

from bizoverbiz.api import calls
from bizoverbiz.rounds import answering, deciding, mandates, matching, problem, solving, worker
from bizoverbiz.rounds.problem import Solution
from bizoverbiz.rounds.state import LineToApprove

from .run import run
from .store import memory, security
from .store.memory import Blueprint, MemoryDatabase
from .stores import MemoryStores

Mutation = Callable[[], AbstractContextManager[Any]]


def query(name: str, old: str, new: str) -> Mutation:
    """A named query that says something else."""

    @contextmanager
    def mutated() -> Iterator[None]:
        right = memory.QUERIES[name]
        assert name not in memory.PORTABLE, f"{name} stands in portable.sql: what it says there is not changed"
        assert old in right.text, f"{name} does not say {old!r} any more: say the mutation anew"
        wrong = MappingProxyType({**memory.QUERIES, name: replace(right, text=right.text.replace(old, new))})
        with patch.object(memory, "QUERIES", wrong):
            yield

    return mutated


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of a mutation."""

    name: str
    #: The seed that caught it, or None, and what it said.
    seed: int | None
    failure: str | None = None
    #: What the same seed says without it.
    unmutated: str | None = None


def judged(failure: str | None) -> bool:
    """Whether the simulator has judged, or some part has broken down under it."""
    return failure is not None and failure.startswith(("ViolationError", "AssertionError", " the engine logged"))


def attempt(stores: MemoryStores, name: str, seeds: Iterable[int]) -> Tried:
    """Run seeds with a mutation until one of them catches it, and that one without."""
    for seed in seeds:
        with MUTATIONS[name]():
            # The policies are woven into the queries as they are translated.
            blueprint = Blueprint(stores.blueprint.snapshot) if name in OF_POLICIES else stores.blueprint
            store = MemoryDatabase(blueprint)
            failure = run(seed, store).failure
            store.close()
        if judged(failure):
            with stores.new() as right:
                return Tried(name, seed, failure, run(seed, right).failure)
    return Tried(name, None)


def function(module: Any, name: str, wrong: Any) -> Mutation:
    """A function, or a constant, that is another."""
    return lambda: patch.object(module, name, wrong)


def _above_the_ceiling(state: str, lines: Mapping[Any, LineToApprove], approved: Mapping[Any, int]) -> Any:
    _right_approve(state, lines, {line: min(amount, lines[line].ceiling) for line, amount in approved.items()})
    return {line: approved.get(line, 0) for line in lines}


def _raised(state: str, lines: Mapping[Any, LineToApprove], approved: Mapping[Any, int]) -> Any:
    return _right_approve(state, {line: LineToApprove(one.ceiling, None) for line, one in lines.items()}, approved)


def _acknowledge_anything(tx: Any, *, member: Any, number: int, booked: Any, now: Any) -> None:
    tx.run("notice_acknowledge", member=member, number=number, booked="[]", now=now)


def _lose_a_cent(problem: Any) -> Any:
    found = _right_solve(problem)
    if isinstance(found, Solution) and found.total:
        set_off = found.set_off.copy()
        set_off[set_off.argmax()] -= 1
        return replace(found, set_off=set_off)
    return found


_right_approve, _right_solve, _right_to_set_off = answering.approve, solving.solve, matching.to_set_off


@contextmanager
def _everything_is_shown() -> Iterator[None]:
    with (
        patch.object(security.Security, "condition", lambda *_, **__: None),
        query("notices_own", "member_id = %(member)s AND ", "")(),
    ):
        yield


@contextmanager
def _at_once() -> Iterator[None]:
    with patch.object(deciding, "may_decide", lambda *_: True), query("rounds_due", "deadline <= %(now)s", "true")():
        yield


@contextmanager
def _closed_unheard() -> Iterator[None]:
    """Two conditions keep a round open until everybody has booked."""
    waiting = "round = round.number AND acknowledged_at IS NULL"
    with (
        query("rounds_due", f"notice.{waiting}", f"notice.{waiting} AND false")(),
        query("notices_open", "acknowledged_at IS NULL", "acknowledged_at IS NULL AND false")(),
    ):
        yield


MUTATIONS: dict[str, Mutation] = {
    "more than the ceiling may be approved": function(answering, "approve", _above_the_ceiling),
    "an approval may be raised": function(answering, "approve", _raised),
    "a lowered approval is not kept": query(
        "statement_lines_approve",
        "SET approved = said.approved",
        "SET approved = coalesce(statement_line.approved, said.approved)",
    ),
    "answers are taken after the decision": function(answering, "check_open", lambda *_: None),
    "one party's approval is enough": function(
        deciding, "final_ceiling", lambda current, one, other: min(current, max(one or 0, other or 0))
    ),
    "silence approves": function(
        deciding,
        "final_ceiling",
        lambda current, one, other: min(current, current if one is None else one, current if other is None else other),
    ),
    "the decision does not look at the books again": function(
        deciding, "final_ceiling", lambda current, one, other: min(one or 0, other or 0)
    ),
    "a round is decided before its members have answered": lambda: _at_once(),
    "a decision comes without its notices": function(deciding, "issue", lambda *_, **__: None),
    "the solver loses a cent": function(solving, "solve", _lose_a_cent),
    "notices are numbered with gaps": query(
        "parties_count_notices", "SET last_notice = found.last_notice", "SET last_notice = found.last_notice + 1"
    ),
    "any total acknowledges a notice": function(answering, "acknowledge", _acknowledge_anything),
    "rounds are never decided": function(worker, "decide_round", lambda *_, **__: False),
    "a replayed request is taken": function(calls, "_note", lambda *_: None),
    "a clone of the books may write": lambda: patch.object(calls.SignedRoute, "from_any_copy", True),
    "a mandate approves without looking at its rules": function(
        mandates, "approve", lambda _rules, _currency, lines, **_: {line.id: line.proposed for line in lines}
    ),
    "commitments are netted together with what is posted": function(problem, "_solve_stages", problem._solve),
    "more than a commitment may be set off": function(
        matching, "to_set_off", lambda sides, on, decided: 2 * _right_to_set_off(sides, on, decided)
    ),
    "a commitment needs one side's word only": function(
        matching, "to_set_off", lambda sides, on, decided: max(0, sides[0].amount - decided)
    ),
    "a reversal asks nobody": query("lines_answered", "SELECT count(*) FROM", "SELECT 2 + 0 * count(*) FROM"),
    "a round is closed before everybody has booked": lambda: _closed_unheard(),
    "the audit log says something else": query(
        "audit_insert",
        "seq, at, kind, body, salt, member_id, hash FROM said",
        "seq, at, kind, '{}', salt, member_id, hash FROM said",
    ),
    "a member sees what is everybody's": lambda: _everything_is_shown(),
}
OF_POLICIES = {"a member sees what is everybody's"}
