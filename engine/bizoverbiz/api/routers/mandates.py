"""Standing mandates: statements approved in advance, by rules the member sets."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field, model_validator

from bizoverbiz.api.calls import SignedCall, SignedRoute
from bizoverbiz.api.models import Body, Currency, Day, Identifier, text
from bizoverbiz.api.versions import check_unchanged, etag
from bizoverbiz.errors import NotFoundError
from bizoverbiz.members.standing import check_may_approve
from bizoverbiz.rounds import mandates
from bizoverbiz.rounds.mandates import CounterpartRule, CurrencyRule, MandateRules
from bizoverbiz.store.database import Transaction

router = APIRouter(tags=["mandates"], route_class=SignedRoute)
Limit = Annotated[int, Field(ge=0, le=2**53 - 1, description="Minor units.", examples=[5000000])]


class CurrencyLimits(Body):
    """What may be approved in one currency, receivables and payables each."""

    currency: Currency
    per_round: Limit | None = Field(None, description="In one round, minor units; null: no limit.")
    per_line: Limit | None = Field(None, description="Of one obligation, minor units; null: no limit.")
    per_counterpart: Limit | None = Field(None, description="With one firm in one round, minor units; null: no limit.")


class CounterpartLimit(Body):
    """What may be approved with one firm, in place of `per_counterpart`; 0 leaves it out."""

    counterpart: Identifier
    currency: Currency
    per_round: Limit


class Rules(Body):
    """By which statements are approved; a currency not named is left to a person."""

    currencies: list[CurrencyLimits] = Field(min_length=1, max_length=200)
    counterparts: list[CounterpartLimit] = Field([], max_length=10_000)
    only_counterparts: list[Identifier] | None = Field(
        None, max_length=10_000, description="With nobody but these firms; null: with everybody."
    )
    only_overdue: bool = Field(False, description="Only what was due before the cut-off.")
    whole: bool = Field(False, description="Up to each line's ceiling instead of what is proposed.")

    @model_validator(mode="after")
    def _said_once(self) -> Rules:
        currencies = [one.currency for one in self.currencies]
        firms = [(one.counterpart, one.currency) for one in self.counterparts]
        if len(set(currencies)) < len(currencies) or len(set(firms)) < len(firms):
            raise ValueError("a currency or a counterpart is named twice")
        return self


class Mandate(Body):
    """A mandate, and who gives it."""

    given_by: text(200) = Field(  # type: ignore[valid-type]
        description="Who gives it, for the audit log.", examples=["claire@morin.example"]
    )
    valid_until: Day = Field(description="The last day on which it counts, by the cut-off.")
    rules: Rules


class MandateOut(BaseModel):
    """The mandate in force."""

    given_by: str
    given_at: str = Field(examples=["2026-11-22T10:00:00Z"])
    valid_until: date
    rules: dict[str, Any] = Field(description="As they were given, with what was left out.")


class MandateEnded(BaseModel):
    """There is no mandate any more."""

    ended: Literal[True] = Field(description="Always true: there was one.", examples=[True])


@router.get("/member/mandate", response_model=MandateOut, summary="The mandate in force")
def mandate(call: SignedCall, response: Response) -> dict[str, Any]:
    assert call.member is not None
    own = call.member
    found = call.read(lambda tx: mandates.in_force(tx, member=own))
    response.headers["ETag"] = etag(found)
    return found


@router.put("/member/mandate", response_model=MandateOut, summary="Approve statements in advance, by rules")
def give(call: SignedCall, body: Mandate) -> JSONResponse:
    assert call.member is not None
    own = call.member
    rules = MandateRules(
        currencies=tuple(CurrencyRule(**one.model_dump()) for one in body.rules.currencies),
        counterparts=tuple(CounterpartRule(**one.model_dump()) for one in body.rules.counterparts),
        only_counterparts=None if body.rules.only_counterparts is None else tuple(body.rules.only_counterparts),
        only_overdue=body.rules.only_overdue,
        whole=body.rules.whole,
    )

    def work(tx: Transaction) -> tuple[int, dict[str, Any]]:
        tx.one("mandate_lock", member=own)
        check_may_approve(tx.one("member_get", member=own))
        _check_version(tx, call)
        return 200, mandates.give(
            tx, member=own, rules=rules, given_by=body.given_by, valid_until=body.valid_until, now=call.now
        )

    return call.write(work, versioned=True)


@router.delete(
    "/member/mandate",
    response_model=MandateEnded,
    summary="End the mandate; what it has approved stands, and may be lowered",
)
def end(
    call: SignedCall,
    ended_by: Annotated[str | None, Query(max_length=200, description="Who ends it, kept with the mandate.")] = None,
) -> JSONResponse:
    assert call.member is not None
    own = call.member

    def work(tx: Transaction) -> tuple[int, dict[str, Any]]:
        tx.one("mandate_lock", member=own)
        _check_version(tx, call)
        mandates.end(tx, member=own, ended_by=ended_by, now=call.now)
        return 200, {"ended": True}

    return call.write(work)


def _check_version(tx: Transaction, call: SignedCall) -> None:
    if call.if_match is None or call.member is None:
        return
    try:
        before = mandates.in_force(tx, member=call.member)
    except NotFoundError:
        before = {}
    check_unchanged(call.if_match, before, what="your mandate")
