"""Registering, showing and withdrawing commitments."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from itertools import groupby
from secrets import choice
from typing import Any
from uuid import UUID

from bizoverbiz.errors import MalformedError, NotFoundError, TooLateError, TooManyCommitmentsError
from bizoverbiz.matching import Side
from bizoverbiz.matching.commitments import Registration, commitment_state, differences
from bizoverbiz.matching.references import ALPHABET, PAYLOAD, with_check_character
from bizoverbiz.members.standing import check_may_declare
from bizoverbiz.store.database import Transaction

#: Registrations of a member that are not fulfilled: its database may not fill the engine's with them.
MAX_COMMITMENTS = 10_000


def register(
    tx: Transaction, *, member: UUID, reference: str | None, counterpart: str, content: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    """Register one side of a commitment, or correct it; without a reference, under a new one. Returns the commitment.

    `content` holds side, currency, amount, agreed_on, due_date, expires_on, description and nettable. The scope names
    the counterpart. Raises `SuspendedError`, `LeftError`, `MalformedError` if the counterpart is no other member or the
    reference stands for another sale, `TooLateError` once it is fulfilled, `TooManyCommitmentsError`.
    """
    own = tx.one("member_get", member=member)
    check_may_declare(own)
    other = tx.one("member_id", identifier=counterpart)
    if other is None or other.id == member:
        reason = f"{counterpart} is not a member of the network" if other is None else "that is this member itself"
        raise MalformedError(f"a commitment is between two members: {reason}", field="counterpart")
    if reference is None:
        reference = with_check_character("".join(choice(ALPHABET) for _ in range(PAYLOAD)))
    else:
        tx.one("commitment_lock", member=member, reference=reference)
        _check_same_sale(tx, member, reference, counterpart, content["side"])
    is_creditor = content["side"] == Side.RECEIVABLE
    kept = tx.run(
        "commitment_register",
        reference=reference,
        member=member,
        creditor_id=member if is_creditor else other.id,
        debtor_id=other.id if is_creditor else member,
        creditor=own.identifier if is_creditor else counterpart,
        debtor=counterpart if is_creditor else own.identifier,
        now=now,
        **content,
    )
    if not kept:
        raise TooLateError(f"commitment {reference} is fulfilled: an invoice was declared under it")
    if tx.one("commitments_count", member=member).count > MAX_COMMITMENTS:
        raise TooManyCommitmentsError(
            f"{MAX_COMMITMENTS} commitments of yours are not fulfilled yet: withdraw those that are no more"
        )
    tx.run("change_insert_pair", member=member, counterpart=counterpart)
    (found,) = commitments(tx, member=member, only=reference, now=now)
    return found


def withdraw(tx: Transaction, *, member: UUID, reference: str) -> None:
    """Take one's registration back. Raises `NotFoundError`, or `TooLateError` once it is fulfilled."""
    own = tx.all("commitments_under", member=member, reference=reference)
    if not own:
        raise NotFoundError(f"you have registered no commitment {reference}")
    if not tx.run("commitment_withdraw", member=member, reference=reference):
        raise TooLateError(f"commitment {reference} is fulfilled: an invoice was declared under it")
    for row in own:
        counterpart = row.debtor if row.side == Side.RECEIVABLE else row.creditor
        tx.run("change_insert_pair", member=member, counterpart=counterpart)


def commitments(
    tx: Transaction, *, member: UUID, now: datetime, only: str | None = None, **page: Any
) -> list[dict[str, Any]]:
    """The member's commitments, as it and its counterparts have registered them, ordered by reference and parties."""
    asked = dict.fromkeys(("after_reference", "after_creditor", "after_debtor", "size")) | page
    rows = tx.all("commitments_own", member=member, only=only, **asked)
    today = now.astimezone(UTC).date()
    return [_commitment(list(sides), today) for _, sides in groupby(rows, key=lambda row: row[:3])]


def _commitment(rows: list[Any], today: date) -> dict[str, Any]:
    registrations = [registration(row) for row in rows]
    own = next((row for row in rows if row.own), None)
    theirs = next((row for row in rows if not row.own), None)
    first = rows[0]
    is_creditor = (first.side == Side.RECEIVABLE) == first.own
    return {
        "reference": first.reference,
        "creditor": first.creditor,
        "debtor": first.debtor,
        "side": Side.RECEIVABLE if is_creditor else Side.PAYABLE,
        "counterpart": first.debtor if is_creditor else first.creditor,
        "state": commitment_state(registrations, today),
        "differences": differences(registrations),
        "matched_amount": first.matched_amount,
        "own": own and _content(own),
        "theirs": theirs and _content(theirs),
    }


def _content(row: Any) -> dict[str, Any]:
    names = ("currency", "amount", "agreed_on", "due_date", "expires_on", "description", "nettable", "registered_at")
    return {name: getattr(row, name) for name in names}


def registration(row: Any) -> Registration:
    """One side's registration as it is stored, as the pure rules take it."""
    return Registration(
        Side(row.side),
        row.currency,
        row.amount,
        row.agreed_on,
        row.due_date,
        row.expires_on,
        row.nettable,
        row.fulfilled,
    )


def _check_same_sale(tx: Transaction, member: UUID, reference: str, counterpart: str, side: str) -> None:
    for row in tx.all("commitments_under", member=member, reference=reference):
        known = (row.debtor if row.side == Side.RECEIVABLE else row.creditor, row.side)
        if known != (counterpart, side):
            raise MalformedError(
                f"you have registered {reference} as a {known[1]} with {known[0]}: withdraw that first",
                field="reference",
            )
