"""The values matching works on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from bizoverbiz.matching.numbers import number_key


class Side(StrEnum):
    RECEIVABLE = "receivable"
    PAYABLE = "payable"


class Kind(StrEnum):
    """Why two sides disagree."""

    MISSING_AT_DEBTOR = "missing-at-debtor"
    MISSING_AT_CREDITOR = "missing-at-creditor"
    AMOUNTS_DIFFER = "amounts-differ"
    DISPUTED = "disputed"
    AMBIGUOUS = "ambiguous"


class State(StrEnum):
    """What became of one declaration."""

    MATCHED = "matched"
    UNMATCHED = "unmatched"
    COUNTERPART_NOT_MEMBER = "counterpart-not-member"
    DISCREPANCY = "discrepancy"
    DISPUTED = "disputed"
    EXCLUDED = "excluded"
    SETTLED = "settled"


class Encumbrance(StrEnum):
    """Why a member does not offer a claim or a debt, or a part of it. Its counterpart never learns which."""

    FACTORED = "factored"
    PLEDGED = "pledged"
    BLOCKED = "blocked"
    RETENTION = "retention"


class Absence(StrEnum):
    """Why a member takes part in nothing for now; its obligations match nothing."""

    LEFT = "left"
    SUSPENDED = "suspended"
    INSOLVENT = "insolvent"
    AGREEMENT = "agreement"


@dataclass(frozen=True, slots=True)
class Declared:
    """One line of one member's declaration. Amounts in minor units."""

    id: int
    #: Identifier of who declares.
    member: str
    side: Side
    #: Identifier of the other firm.
    counterpart: str
    #: The seller's invoice number, as this side spells it.
    number: str
    currency: str
    amount_open: int
    amount_disputed: int
    issue_date: date
    due_date: date | None
    dispute_reason: str | None = None
    #: Set-offs decided in notices that this declaration's books do not contain yet.
    decided: int = 0
    #: The invoice's total, which two spellings of one invoice have in common.
    amount_total: int = 0
    dispute_code: str | None = None
    encumbrance: Encumbrance | None = None
    #: How much is encumbered; None: all of it.
    amount_encumbered: int | None = None
    #: The normalised number if known, or that of the creditor's line which both sides have confirmed it means.
    key: str | None = None
    #: Whether `key` is such a confirmed one.
    paired: bool = False

    @property
    def creditor(self) -> str:
        return self.member if self.side is Side.RECEIVABLE else self.counterpart

    @property
    def debtor(self) -> str:
        return self.counterpart if self.side is Side.RECEIVABLE else self.member

    @property
    def still_open(self) -> int:
        """What is open once the decided set-offs are booked too."""
        return max(0, self.amount_open - self.decided)

    @property
    def available(self) -> int:
        """What may be set off as far as this side is concerned."""
        return max(0, self.still_open - self.amount_disputed - self.encumbered)

    @property
    def encumbered(self) -> int:
        if self.encumbrance is None:
            return 0
        return self.still_open if self.amount_encumbered is None else self.amount_encumbered

    @property
    def number_key(self) -> str:
        return number_key(self.number) if self.key is None else self.key


@dataclass(frozen=True, slots=True)
class Matched:
    """An obligation both sides declare. `amount` is the most that may be set off; 0 if nothing may."""

    creditor: str
    debtor: str
    #: As the creditor spells it.
    number: str
    number_key: str
    currency: str
    amount: int
    issue_date: date
    due_date: date | None
    receivable: int
    payable: int


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """A disagreement, shown to both. Amounts as still open on either side; None where nothing is declared."""

    kind: Kind
    creditor: str
    debtor: str
    number: str
    number_key: str
    currency: str
    creditor_amount: int | None
    debtor_amount: int | None
    issue_date: date
    due_date: date | None
    reason: str
    #: Of a dispute: "creditor", "debtor" or "both", and the code given.
    disputed_by: str | None = None
    dispute_code: str | None = None


class Pair(NamedTuple):
    """Two spellings that may mean one invoice. About the numbers and the total, not about rows: lines that are
    declared again are still meant.
    """

    creditor: str
    debtor: str
    currency: str
    creditor_number: str
    debtor_number: str
    amount_total: int


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A pair that is shown to both sides, with what the creditor declares of it."""

    pair: Pair
    number_key: str
    issue_date: date
    due_date: date | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one declaration's owner is told."""

    state: State
    matched_amount: int = 0
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Matching:
    obligations: tuple[Matched, ...]
    discrepancies: tuple[Discrepancy, ...]
    suggestions: tuple[Suggestion, ...]
    #: By the declaration's id; one for every declaration.
    verdicts: dict[int, Verdict]
