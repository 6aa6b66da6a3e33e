"""An agreed sale that is not invoiced yet: both parties register it under one reference, with the same content."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from bizoverbiz.currencies import CURRENCIES
from bizoverbiz.matching.model import Side

#: In units of the currency (euros, not cents): less is not worth a reference, more asks for a contract of its own.
SMALLEST, LARGEST = 1_000, 999_999


class CommitmentState(StrEnum):
    """Of a commitment, as both its registrations make it."""

    ONE_SIDED = "one-sided"
    DIFFERS = "differs"
    MATCHED = "matched"
    FULFILLED = "fulfilled"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Registration:
    """One party's registration. The amount in minor units, with taxes, as the invoice will have it."""

    side: Side
    currency: str
    amount: int
    agreed_on: date
    due_date: date
    #: The last day on which it counts without an invoice.
    expires_on: date
    #: Whether this party lets it be set off before it is invoiced.
    nettable: bool
    #: Whether an invoice was declared under its reference.
    fulfilled: bool = False


#: What both parties have to say alike. Each lets the commitment expire when it wants: the earlier day counts.
_CONTENT = ("currency", "amount", "agreed_on", "due_date")


def limits(currency: str) -> tuple[int, int]:
    """The smallest and the largest commitment in minor units."""
    unit = 10 ** CURRENCIES[currency]
    return SMALLEST * unit, LARGEST * unit


def commitment_state(registrations: Sequence[Registration], on: date) -> CommitmentState:
    """What the registrations of one reference between one creditor and one debtor make of it on a day.

    One or two are given, of different sides. An invoice declared under the reference fulfils it for good.
    """
    assert 1 <= len(registrations) <= len({one.side for one in registrations}), "two registrations of one side"
    if any(one.fulfilled for one in registrations):
        return CommitmentState.FULFILLED
    if any(one.expires_on < on for one in registrations):
        return CommitmentState.EXPIRED
    if len(registrations) == 1:
        return CommitmentState.ONE_SIDED
    return CommitmentState.DIFFERS if differences(registrations) else CommitmentState.MATCHED


def differences(registrations: Sequence[Registration]) -> list[str]:
    """The fields on which two registrations disagree; they have to be equal before the commitment counts."""
    return [name for name in _CONTENT if len({getattr(one, name) for one in registrations}) > 1]


def to_set_off(registrations: Sequence[Registration], on: date, decided: int = 0) -> int:
    """How much of it may be set off: all that is left after what was `decided`, if it is matched and both agree."""
    agreed = commitment_state(registrations, on) is CommitmentState.MATCHED and all(
        one.nettable for one in registrations
    )
    return max(0, registrations[0].amount - decided) if agreed else 0
