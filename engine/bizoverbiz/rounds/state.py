"""The life of a round and of a statement, as a state machine: no store, no clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from bizoverbiz.errors import ApprovalRaisedError, IllegalStepError, OverCeilingError, TooLateError, UnknownLineError


class RoundState(StrEnum):
    COLLECTION = "collection"
    FROZEN = "frozen"
    PROPOSED = "proposed"
    DECIDED = "decided"
    CLOSED = "closed"
    ABANDONED = "abandoned"


class StatementState(StrEnum):
    PROPOSED = "proposed"
    APPROVED = "approved"
    REFUSED = "refused"
    DECIDED = "decided"
    ABANDONED = "abandoned"


_STEPS: Mapping[RoundState, tuple[RoundState, ...]] = {
    RoundState.COLLECTION: (RoundState.FROZEN, RoundState.ABANDONED),
    RoundState.FROZEN: (RoundState.PROPOSED, RoundState.ABANDONED),
    RoundState.PROPOSED: (RoundState.DECIDED, RoundState.ABANDONED),
    RoundState.DECIDED: (RoundState.CLOSED,),
    RoundState.CLOSED: (),
    RoundState.ABANDONED: (),
}


def check_step(number: int, state: str, to: RoundState) -> None:
    """Raises `IllegalStepError` unless round `number` may go from `state` to `to`."""
    if to not in _STEPS[RoundState(state)]:
        allowed = " or ".join(_STEPS[RoundState(state)]) or "nothing: it has ended"
        raise IllegalStepError(f"round {number} is {state} and cannot become {to}; what can follow is {allowed}")


def may_decide(statements: Iterable[str], deadline: datetime, now: datetime) -> bool:
    """A round is ripe when every statement is answered, or when the time to answer is over."""
    return now >= deadline or all(state != StatementState.PROPOSED for state in statements)


@dataclass(frozen=True, slots=True)
class LineToApprove:
    ceiling: int
    #: What was approved before; None before the first answer.
    approved: int | None


def check_open(round_state: str, deadline: datetime, now: datetime) -> None:
    """Raises `TooLateError` once the round's statements take no answer any more."""
    if round_state != RoundState.PROPOSED:
        raise TooLateError(f"this statement's round is {round_state}: nothing can be answered any more")
    if now >= deadline:
        raise TooLateError(f"the time to answer this statement ended at {deadline:%Y-%m-%d %H:%M} UTC")


def approve(state: str, lines: Mapping[UUID, LineToApprove], approved: Mapping[UUID, int]) -> dict[UUID, int]:
    """What holds after approving `approved` (minor units a line) on an open statement: every line, 0 if not named.

    Approving means up to this amount a line. It may be repeated with less on any line, never with more.
    Raises `UnknownLineError`, `OverCeilingError`, `ApprovalRaisedError`.
    """
    if state == StatementState.REFUSED:
        raise ApprovalRaisedError("this statement was refused: a refusal stands until the round is over")
    for line, amount in approved.items():
        if line not in lines:
            raise UnknownLineError(f"line {line} is not on this statement: fetch the statement again", field="lines")
        if not 0 <= amount <= lines[line].ceiling:
            raise OverCeilingError(
                f"line {line}: {amount} is approved, at most {lines[line].ceiling} can be", field="approved"
            )
        before = lines[line].approved
        if before is not None and amount > before:
            raise ApprovalRaisedError(
                f"line {line}: {before} was approved before and can only be lowered", field="approved"
            )
    return {line: approved.get(line, 0) for line in lines}


def final_ceiling(current: int, creditor_approved: int | None, debtor_approved: int | None) -> int:
    """The most that may be decided on a line: what both approve and both books still support.

    `current` is what still matches (0 for a suspended party); an approval that is missing is a refusal.
    """
    return min(current, creditor_approved or 0, debtor_approved or 0)
