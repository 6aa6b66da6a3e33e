"""What a notice says, and the checks anyone can make on it."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bizoverbiz.errors import BizoverbizError
from bizoverbiz.notices.canonical import canonical
from bizoverbiz.notices.merkle import Leaf, verify_inclusion


class Fault(StrEnum):
    """In which way a notice is wrong; part of what `bizoverbiz notice verify --json` prints."""

    UNREADABLE = "unreadable"
    NOT_A_JWS = "not-a-jws"
    UNKNOWN_KEY = "unknown-key"
    BAD_KEYS = "bad-keys"
    BAD_SIGNATURE = "bad-signature"
    WRONG_TYPE = "wrong-type"
    MALFORMED = "malformed"
    NOT_CANONICAL = "not-canonical"
    UNBALANCED = "unbalanced"
    CONTRADICTORY = "contradictory"
    NOT_INCLUDED = "not-included"


class NoticeError(BizoverbizError):
    """A notice that must not be believed."""

    def __init__(self, fault: Fault, message: str) -> None:
        super().__init__(message)
        self.fault = fault


class NoticeLine(BaseModel):
    """One set-off as its member is told. Amounts in minor units."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    id: str
    side: Literal["receivable", "payable"]
    counterpart: str
    counterpart_name: str
    number: str
    reference: str | None
    due_date: str | None
    amount_open: int
    ceiling: int
    set_off: int = Field(gt=0)
    remaining: int
    salt: str
    proof: list[list[str]]
    #: Of a reversal: the number of the member's notice that set off what this line opens again.
    reverses: int | None = None
    #: Of a commitment: its reference, and what is sold, in the seller's words.
    commitment: str | None = None
    description: str | None = None


#: What lines have grown by.
_GROWN = ("reverses", "commitment", "description")


class Payload(BaseModel):
    """NOTE: the format of docs/protocol.md; kept notices are verified years later, so it may only grow."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    network: str
    round: int
    member: str
    name: str
    number: int = Field(ge=1)
    decided_at: str
    currency: str
    total: int
    lines: list[NoticeLine]
    round_root: str
    audit_head: str
    #: A reversal opens again what was set off: `set_off` is what is opened, `remaining` what is open then.
    kind: Literal["reversal"] | None = None

    def canonical(self) -> bytes:
        """The bytes that are signed (RFC 8785); what the format has grown by stands in them only where it is said."""
        document = self.model_dump()
        for part, grown in ((document, ("kind",)), *((line, _GROWN) for line in document["lines"])):
            for name in grown:
                if part[name] is None:
                    del part[name]
        return canonical(document)

    def leaf(self, line: NoticeLine) -> Leaf:
        own = line.side == "receivable"
        return Leaf(
            creditor=self.member if own else line.counterpart,
            debtor=line.counterpart if own else self.member,
            id=line.id,
            number=line.number,
            round=self.round,
            currency=self.currency,
            set_off=line.set_off,
            salt=line.salt,
        )


def check_payload(payload: bytes) -> Payload:
    """Parse a notice and check what it claims about itself: its form, its balance, its place in the round's hash.

    Raises `NoticeError`.
    """
    try:
        notice = Payload.model_validate_json(payload)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"])) or "the whole"
        raise NoticeError(
            Fault.MALFORMED, f"the notice has not the form of docs/protocol.md: {field}: {first['msg']}"
        ) from None
    if notice.canonical() != payload:
        raise NoticeError(Fault.NOT_CANONICAL, "the notice is not canonical JSON (RFC 8785)")
    _check_lines(notice)
    return notice


def _check_lines(notice: Payload) -> None:
    for side in ("receivable", "payable"):
        total = sum(line.set_off for line in notice.lines if line.side == side)
        if total != notice.total:
            raise NoticeError(
                Fault.UNBALANCED,
                f"the {side} lines of notice {notice.number} sum to {total}, its total is {notice.total}",
            )
    if len({line.id for line in notice.lines}) != len(notice.lines):
        raise NoticeError(Fault.CONTRADICTORY, f"notice {notice.number} names one obligation twice")
    for line in notice.lines:
        what = f"line {line.number} of notice {notice.number}"
        if not _adds_up(notice, line):
            raise NoticeError(Fault.CONTRADICTORY, f"{what}: its amounts contradict each other")
        if not verify_inclusion(notice.leaf(line), line.proof, notice.round_root):
            raise NoticeError(Fault.NOT_INCLUDED, f"{what} is not in the round's published hash")


def _adds_up(notice: Payload, line: NoticeLine) -> bool:
    if notice.kind == "reversal":
        back = line.reverses is not None and 0 < line.reverses < notice.number
        return back and line.set_off == line.ceiling and line.remaining == line.amount_open + line.set_off
    within = line.set_off <= line.ceiling <= line.amount_open
    return line.reverses is None and within and line.remaining == line.amount_open - line.set_off
