"""The lines of a declaration, judged one by one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import Field, ValidationError, field_validator

from bizoverbiz.api.models import Amount, Body, CommitmentReference, Currency, Day, Identifier, encodable, text
from bizoverbiz.matching import IdentifierError, canonical_identifier, number_key

#: What a line is known by.
KEY = ("side", "counterpart", "number", "currency")
#: Clarification reasons of Peppol's invoice response (OPStatusReason); free text says the rest.
DisputeCode = Literal["REF", "LEG", "REC", "QUA", "DEL", "PRI", "QTY", "ITM", "PAY", "UNR", "FIN", "PPD", "OTH"]


class LineKey(Body):
    """What a line is known by."""

    side: str = Field(
        pattern="^(receivable|payable)$",
        description="receivable: the member is the creditor; payable: the debtor.",
        examples=["receivable"],
    )
    counterpart: Identifier
    number: text(100) = Field(  # type: ignore[valid-type]
        description="The seller's invoice number, as this side knows it.", examples=["INV/2026/00012"]
    )
    currency: Currency


class DeclarationLine(LineKey):
    """One open item of the member's books."""

    amount_total: Amount
    amount_open: Amount = Field(description="What is open in the books now, minor units.")
    amount_disputed: Amount = Field(0, description="The part never set off, minor units; 0 to amount_open.")
    dispute_code: DisputeCode | None = Field(
        None, description="Why, as Peppol's invoice response codes it; shown to both sides.", examples=["QUA"]
    )
    dispute_reason: text(500, 0) | None = Field(  # type: ignore[valid-type]
        None, description="Why, in words; shown to both sides.", examples=["two of ten pumps leak"]
    )
    encumbrance: Literal["factored", "pledged", "blocked", "retention"] | None = Field(
        None,
        description="Why this side does not offer it for set-off; never shown to the other.",
        examples=["factored"],
    )
    amount_encumbered: Amount | None = Field(
        None, description="How much is encumbered, minor units; null: all of it.", examples=[250000]
    )
    commitment: CommitmentReference | None = Field(
        None, description="The commitment this invoice fulfils.", examples=["7K2MW9RB41QXC"]
    )
    issue_date: Day
    due_date: Day | None = None
    reference: text(200, 0) | None = Field(  # type: ignore[valid-type]
        None, description="The member's own mark, handed back to it only.", examples=["account.move.line,42"]
    )

    @field_validator("number")
    @classmethod
    def _has_key(cls, number: str) -> str:
        if not number_key(number):
            raise ValueError("the number holds no letter and no digit")
        return number

    @field_validator("amount_open")
    @classmethod
    def _within_total(cls, amount: int, info: Any) -> int:
        if amount > info.data.get("amount_total", amount):
            raise ValueError("more is open than the invoice's total")
        return amount

    @field_validator("amount_disputed")
    @classmethod
    def _within_open(cls, amount: int, info: Any) -> int:
        if amount > info.data.get("amount_open", amount):
            raise ValueError("more is disputed than is open")
        return amount

    @field_validator("amount_encumbered")
    @classmethod
    def _encumbered(cls, amount: int | None, info: Any) -> int | None:
        if amount is not None and info.data.get("encumbrance", "") is None:
            raise ValueError("an amount is encumbered, but encumbrance does not say by what")
        if amount is not None and amount > info.data.get("amount_open", amount):
            raise ValueError("more is encumbered than is open")
        return amount


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of a batch of raw lines."""

    accepted: list[dict[str, Any]] = field(default_factory=list)
    #: Of refused lines, what says under which key something may stand already.
    refused: list[dict[str, Any]] = field(default_factory=list)
    #: One entry a line, as the API reports it.
    report: list[dict[str, Any]] = field(default_factory=list)


def judge(raw_lines: list[Any], *, own: str) -> Judged:
    """Accept or refuse each line by itself. `own` is the identifier of who declares."""
    judged = Judged()
    known: set[tuple[str, ...]] = set()
    for index, raw in enumerate(raw_lines):
        try:
            line = DeclarationLine.model_validate(raw).model_dump(mode="json")
            refusal = _self_debt(line, own) or _duplicate(line, known)
        except ValidationError as error:
            refusal = _first_error(error)
        if refusal is None:
            known.add(_key(line))
            judged.accepted.append(line | {"number_key": number_key(line["number"])})
            judged.report.append({"index": index, "status": "accepted"})
        else:
            field_, reason = refusal
            kept = _as_far_as_known(raw)
            judged.refused.append(kept)
            reference = kept.get("reference")
            judged.report.append(
                {"index": index, "status": "refused", "reference": reference, "field": field_, "reason": reason}
            )
    return judged


def _key(line: dict[str, Any]) -> tuple[str, ...]:
    return tuple(line[name] for name in KEY)


def _self_debt(line: dict[str, Any], own: str) -> tuple[str, str] | None:
    if line["counterpart"] != own:
        return None
    return "counterpart", "a firm owes itself nothing: the counterpart is this member"


def _duplicate(line: dict[str, Any], known: set[tuple[str, ...]]) -> tuple[str, str] | None:
    if _key(line) not in known:
        return None
    return "number", "a line with the same side, counterpart, number and currency stands before it in this batch"


def _first_error(error: ValidationError) -> tuple[str, str]:
    first = error.errors(include_url=False, include_input=False)[0]
    return ".".join(map(str, first["loc"])) or "line", str(first["msg"]).removeprefix("Value error, ")


def _as_far_as_known(raw: Any) -> dict[str, Any]:
    """The key of a refused line, so that what stands under it is not withdrawn."""
    if not isinstance(raw, dict):
        return {}
    known = {
        name: raw[name].strip()
        for name in (*KEY, "reference")
        if isinstance(raw.get(name), str) and "\0" not in raw[name] and encodable(raw[name])
    }
    try:
        known["counterpart"] = canonical_identifier(known.get("counterpart", ""))
    except IdentifierError:
        known.pop("counterpart", None)
    return known
