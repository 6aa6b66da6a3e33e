"""Solving outside the transaction that takes the step, so that nobody waits for the solver.

A step asks for the solutions of its problems. What is not solved yet ends its transaction, is solved, and the step is
taken again: with the same problems it finds the solutions there. What has changed meanwhile is solved again; at the
last try the step solves inside its transaction, so that it always comes to an end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import structlog

from bizoverbiz.errors import BizoverbizError, IllegalStepError
from bizoverbiz.netting import NettingError
from bizoverbiz.rounds.problem import Problem, Solution, solve
from bizoverbiz.store.database import WORKER, Database, Transaction

_log = structlog.get_logger()
#: The last of them solves inside the transaction.
TRIES = 4

Outcome = Solution | NettingError
#: Gives the outcome of each problem, in their order.
Solve = Callable[[Sequence[Problem]], list[Outcome]]
_T = TypeVar("_T")


class _UnsolvedError(BizoverbizError):
    """Ends a transaction whose problems are still to be solved."""

    def __init__(self, problems: Iterable[tuple[str, Problem]]) -> None:
        super().__init__("not solved yet")
        self.problems = tuple(problems)


def solve_at_once(problems: Sequence[Problem]) -> list[Outcome]:
    """Solve inside the step's transaction."""
    return [solve(problem) for problem in problems]


def outside(store: Database, step: Callable[[Transaction, Solve], _T]) -> _T:
    """Take a step in one transaction, with its solver outside of it.

    `step` is called again as long as it asks for something unsolved; whatever else it raises is passed on.
    """
    known: dict[str, Outcome] = {}

    def look_up(problems: Sequence[Problem]) -> list[Outcome]:
        named = [(problem.fingerprint(), problem) for problem in problems]
        unsolved = {name: problem for name, problem in named if name not in known}
        if unsolved:
            raise _UnsolvedError(unsolved.items())
        return [known[name] for name, _ in named]

    for attempt in range(1, TRIES):
        try:
            with store.transaction(WORKER) as tx:
                return step(tx, look_up)
        except _UnsolvedError as asked:
            if attempt > 1:
                _log.info("solved again", attempt=attempt, problems=len(asked.problems))
            known = {name: solve(problem) for name, problem in asked.problems} | known
    with store.transaction(WORKER) as tx:
        return step(tx, solve_at_once)


def claimed(store: Database, number: int, action: Callable[[], _T]) -> _T:
    """Run `action` while this process alone works on the round.

    The claim is a lock held by an open transaction: it ends with the process, however that ends. It saves work only;
    that no step is taken twice rests on the lock on the round's row. Raises `IllegalStepError` if another has it.
    """
    with store.transaction(WORKER) as claim:
        if not claim.one("round_claim", round=number).claimed:
            raise IllegalStepError(f"round {number} is being worked on by another worker")
        return action()
