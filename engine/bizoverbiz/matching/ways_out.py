"""What either side of a discrepancy can do next, in plain English."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bizoverbiz.matching.model import Kind

Role = Literal["creditor", "debtor"]


@dataclass(frozen=True, slots=True)
class WayOut:
    """NOTE: clients translate by the code, so a code keeps its meaning."""

    code: str
    text: str


_ANSWER = WayOut(
    "answer-suggestion",
    "One number may be mistyped: confirm or reject the suggestion. It counts once both sides have confirmed it.",
)
_WAYS: dict[tuple[Kind, Role], WayOut] = {
    (Kind.MISSING_AT_DEBTOR, "creditor"): WayOut(
        "ask-debtor",
        "Ask the debtor whether the invoice has arrived and under which number it is entered. If it is not owed, or "
        "paid, correct your books and declare again.",
    ),
    (Kind.MISSING_AT_DEBTOR, "debtor"): WayOut(
        "enter-or-dispute",
        "Look for the invoice. If it is owed, enter it under the seller's number and declare it; if not, declare it "
        "with the disputed amount and the reason, so that the creditor knows.",
    ),
    (Kind.MISSING_AT_CREDITOR, "creditor"): WayOut(
        "declare-or-deny",
        "If the invoice is yours and open, declare it; if it is paid, credited or not yours, tell the debtor.",
    ),
    (Kind.MISSING_AT_CREDITOR, "debtor"): WayOut(
        "check-number",
        "Compare the number and the seller with the invoice itself: the seller declares nothing under this number. "
        "If it was paid or credited, correct your books and declare again.",
    ),
    (Kind.AMOUNTS_DIFFER, "creditor"): WayOut(
        "reconcile",
        "Look for a payment you have not entered, or a credit note the debtor does not know. The smaller amount can "
        "be set off meanwhile.",
    ),
    (Kind.AMOUNTS_DIFFER, "debtor"): WayOut(
        "reconcile",
        "Look for a payment on its way, a deduction, or a credit note the creditor does not know. The smaller amount "
        "can be set off meanwhile.",
    ),
    (Kind.AMBIGUOUS, "creditor"): WayOut(
        "renumber",
        "Several lines mean this number. If they are yours, withdraw or renumber all but one; if not, ask the debtor "
        "to.",
    ),
    (Kind.AMBIGUOUS, "debtor"): WayOut(
        "renumber",
        "Several lines mean this number. If they are yours, withdraw or renumber all but one; if not, ask the "
        "creditor to.",
    ),
}
_SETTLE = WayOut(
    "settle-dispute",
    "You dispute it: once it is settled, declare it with the disputed amount lowered. What is not disputed can be set "
    "off meanwhile.",
)
_RESPOND = WayOut(
    "answer-dispute",
    "The other side disputes it: send what proves it, or a credit note for the disputed part. What is not disputed can "
    "be set off meanwhile.",
)


def way_out(kind: Kind, role: Role, *, disputed_by: str | None = None, suggested: bool = False) -> WayOut:
    """What the creditor or the debtor can do about a discrepancy.

    `disputed_by` is "creditor", "debtor" or "both"; `suggested` says that both sides are asked about a pair of numbers.
    """
    if suggested:
        return _ANSWER
    if kind is Kind.DISPUTED:
        return _SETTLE if disputed_by in (role, "both") else _RESPOND
    return _WAYS[kind, role]
