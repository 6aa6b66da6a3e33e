"""What members declare of their books, and what became of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import Field, ValidationError, field_validator

from bizoverbiz.api.calls import SignedCall, SignedRoute
from bizoverbiz.api.models import Amount, Body, Currency, Day, Identifier, encodable, text
from bizoverbiz.api.problems import problem
from bizoverbiz.matching import IdentifierError, canonical_identifier, number_key
from bizoverbiz.rounds.collection import declare as keep_declaration
from bizoverbiz.store.database import Transaction

router = APIRouter(tags=["declarations"], route_class=SignedRoute)
_KEY = ("side", "counterpart", "number", "currency")


class DeclarationLine(Body):
    """One open item of the member's books."""

    side: str = Field(pattern="^(receivable|payable)$", description="receivable: the member is the creditor.")
    counterpart: Identifier
    number: text(100) = Field(  # type: ignore[valid-type]
        description="The seller's invoice number, as this side knows it.", examples=["INV/2026/00012"]
    )
    currency: Currency
    amount_total: Amount
    amount_open: Amount = Field(description="What is open in the books now, minor units.")
    amount_disputed: Amount = Field(0, description="The part never set off, minor units; 0 to amount_open.")
    dispute_reason: text(500, 0) | None = None  # type: ignore[valid-type]
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


class Declaration(Body):
    """A batch of lines; each is judged by itself."""

    full: bool = Field(description="Lines declared before and absent now are withdrawn.")
    last_notice: int = Field(ge=0, le=2**31 - 1, description="Number of the last notice the books contain; 0: none.")
    lines: list[Any] = Field(max_length=10_000, json_schema_extra={"items": DeclarationLine.model_json_schema()})


@router.post("/declarations", summary="Declare what is open in the books")
def declare(call: SignedCall, body: Declaration) -> JSONResponse:
    return call.write(lambda tx: _declare(tx, call, body))


def _declare(tx: Transaction, call: SignedCall, body: Declaration) -> tuple[int, dict[str, Any]]:
    assert call.member is not None
    own = tx.one("member_get", member=call.member).identifier
    accepted: dict[tuple[str, ...], dict[str, Any]] = {}
    keep: list[dict[str, Any]] = []
    report: list[dict[str, Any]] = []
    for index, raw in enumerate(body.lines):
        try:
            line = DeclarationLine.model_validate(raw).model_dump(mode="json")
            refused = _self_debt(line, own) or _duplicate(line, accepted)
        except ValidationError as error:
            refused = _first_error(error)
        if refused is None:
            accepted[tuple(line[name] for name in _KEY)] = line | {"number_key": number_key(line["number"])}
            report.append({"index": index, "status": "accepted"})
        else:
            field, reason = refused
            kept = _as_far_as_known(raw)
            keep.append(kept)
            reference = kept.get("reference")
            report.append(
                {"index": index, "status": "refused", "reference": reference, "field": field, "reason": reason}
            )
    withdrawn = keep_declaration(
        tx,
        member=call.member,
        lines=list(accepted.values()),
        keep=keep,
        full=body.full,
        last_notice=body.last_notice,
        now=call.now,
    )
    result = {"accepted": len(accepted), "refused": len(keep), "withdrawn": withdrawn, "lines": report}
    if not keep:
        return 200, result
    detail = (
        f"{len(keep)} of {len(report)} lines were refused, the others are kept: correct those and declare them again"
    )
    return 422, problem("lines-refused", detail) | result


def _self_debt(line: dict[str, Any], own: str) -> tuple[str, str] | None:
    return (
        ("counterpart", "a firm owes itself nothing: the counterpart is this member")
        if (line["counterpart"] == own)
        else None
    )


def _duplicate(line: dict[str, Any], accepted: dict[tuple[str, ...], Any]) -> tuple[str, str] | None:
    if tuple(line[name] for name in _KEY) not in accepted:
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
        for name in (*_KEY, "reference")
        if isinstance(raw.get(name), str) and "\0" not in raw[name] and encodable(raw[name])
    }
    try:
        known["counterpart"] = canonical_identifier(known.get("counterpart", ""))
    except IdentifierError:
        known.pop("counterpart", None)
    return known


@router.get("/declarations", summary="This member's declared lines and what became of them")
def declarations(call: SignedCall) -> dict[str, list[dict[str, Any]]]:
    return {"lines": call.read(lambda tx: [row._asdict() for row in tx.all("declarations_own", member=call.member)])}


@router.get("/discrepancies", summary="Where this member and its partners disagree")
def discrepancies(call: SignedCall) -> dict[str, list[dict[str, Any]]]:
    rows = call.read(lambda tx: tx.all("discrepancies_own", member=call.member))
    return {"discrepancies": [_json(row._asdict()) for row in rows]}


def _json(row: dict[str, Any]) -> dict[str, Any]:
    return {name: str(value) if isinstance(value, UUID) else value for name, value in row.items()}
