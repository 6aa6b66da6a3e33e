"""A member's answer to a pair of numbers that may be one invoice."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from psycopg2.errors import ForeignKeyViolation

from bizoverbiz.errors import NotFoundError, TooLateError
from bizoverbiz.members.standing import check_may_declare
from bizoverbiz.store.database import Transaction


def answer(
    tx: Transaction,
    *,
    member: UUID,
    suggestion: UUID,
    verdict: Literal["confirm", "reject"],
    answered_by: str,
    now: datetime,
) -> Any:
    """Confirm or reject a suggestion; matching draws the conclusion. Returns the suggestion.

    An answer may be changed as long as the suggestion is open. Raises `NotFoundError`, `TooLateError` once it is
    confirmed or rejected, or what `check_may_declare` raises.
    """
    check_may_declare(tx.one("member_get", member=member))
    row = _found(tx, member, suggestion)
    if row.state == "open":
        # Matching holds the answers while it counts them: only what is read after this is what it made of them.
        try:
            tx.run(
                "suggestion_answer",
                suggestion=suggestion,
                member=member,
                answer=verdict,
                answered_by=answered_by,
                now=now,
            )
        except ForeignKeyViolation:
            raise _unknown(suggestion) from None
        row = _found(tx, member, suggestion)
    if row.state != "open":
        if row.answer == verdict and row.answered_by == answered_by:
            return row
        raise TooLateError(f"this suggestion is {row.state} already: to undo it, renumber or withdraw your line")
    own_is_creditor = tx.one("member_get", member=member).identifier == row.creditor
    tx.run("change_insert_pair", member=member, counterpart=row.debtor if own_is_creditor else row.creditor)
    return row


def _found(tx: Transaction, member: UUID, suggestion: UUID) -> Any:
    row = tx.one("suggestion_own", member=member, suggestion=suggestion)
    if row is None:
        raise _unknown(suggestion)
    return row


def _unknown(suggestion: UUID) -> NotFoundError:
    return NotFoundError(f"there is no suggestion {suggestion} of yours: it may have been withdrawn")
