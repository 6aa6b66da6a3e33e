"""What a round's audit log says of each member: what it was proposed, every answer, and how it booked."""

from __future__ import annotations

from datetime import datetime

from bizoverbiz.rounds import audit
from bizoverbiz.rounds.audit import Said, instant
from bizoverbiz.store.database import Transaction


def statements(tx: Transaction, number: int, *, now: datetime) -> None:
    """Every statement as proposed, by its digest: the SHA-256 of the snapshot an evidence pack carries.

    Together with the framework agreement under which it was proposed.
    """
    said = (
        Said(
            "stated",
            {"member": row.identifier, "currency": row.currency, "agreement": row.agreement, "snapshot": row.sha256},
            row.member_id,
        )
        for row in tx.all("statements_digest", round=number)
    )
    audit.record_all(tx, number, said, now)


def answers(tx: Transaction, number: int, *, now: datetime) -> None:
    """Every answer the log does not tell of yet, in the order it came: approvals, each lowering of one, refusals."""
    found = tx.all("answers_of_round", round=number)
    if not found:
        return
    said = (
        Said(
            "answered",
            {
                "member": row.identifier,
                "currency": row.currency,
                "answer": row.content,
                "at": instant(row.at),
            },
            row.member_id,
        )
        for row in found
    )
    audit.record_all(tx, number, said, now)
    tx.run("answers_logged", answers=[row.id for row in found])


def bookings(tx: Transaction, number: int, *, now: datetime) -> None:
    """The entries with which each member booked its notice."""
    said = (
        Said(
            "booked",
            {
                "member": row.identifier,
                "notice": row.number,
                "at": instant(row.acknowledged_at),
                "booked": row.booked,
            },
            row.member_id,
        )
        for row in tx.all("acknowledgements_of_round", round=number)
    )
    audit.record_all(tx, number, said, now)
