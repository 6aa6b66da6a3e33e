"""What several resources' bodies are made of."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from bizoverbiz.currencies import CURRENCIES
from bizoverbiz.matching import canonical_identifier
from bizoverbiz.matching.references import canonical_reference

#: Ten thousand million euros in cents: above any invoice, and 9,007 such lines still fit in one netting problem, whose
#: ceilings add up to 2^53 - 1 at most. A currency with more is left out of the round (`rounds.proposing`).
MAX_AMOUNT = 10**12
#: `date.fromisoformat` takes other spellings of ISO 8601 too, such as 2026-W01-1.
_DATE = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Body(BaseModel):
    """Of exactly this form: no other field, and no type taken for another."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def printable(text: str) -> str:
    """Raises `ValueError` for control characters."""
    if not text.isprintable() and any(unicodedata.category(char) in ("Cc", "Cs", "Cn") for char in text):
        raise ValueError("control characters have no place here")
    return text


def _currency(code: str) -> str:
    if code not in CURRENCIES:
        raise ValueError(f"{code[:10]!a} is no current ISO 4217 currency")
    return code


def encodable(text: str) -> bool:
    """JSON may spell a lone surrogate (a backslash and ud800); UTF-8, and with it the store, cannot."""
    return not any("\ud800" <= char <= "\udfff" for char in text)


def _day(value: Any) -> Any:
    # Strict mode takes no string for a date; JSON has nothing else.
    return date.fromisoformat(value) if isinstance(value, str) and _DATE.fullmatch(value) else value


def _in_range(day: date) -> date:
    if not date(1990, 1, 1) <= day <= date(2199, 12, 31):
        raise ValueError("the date lies outside 1990-01-01 to 2199-12-31")
    return day


def text(maximum: int, minimum: int = 1) -> Any:
    """A string of `minimum` to `maximum` characters, without surrounding space or control characters."""
    return Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=minimum, max_length=maximum),
        AfterValidator(printable),
    ]


def _lines(value: str) -> str:
    printable(value.replace("\n", " ").replace("\r", " ").replace("\t", " "))
    return value


def prose(maximum: int, minimum: int = 0) -> Any:
    """A string of `minimum` to `maximum` characters in which lines may end, without other control characters."""
    return Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=minimum, max_length=maximum), AfterValidator(_lines)
    ]


Amount = Annotated[int, Field(ge=0, le=MAX_AMOUNT, description="Minor units (cents).", examples=[4500000])]
Currency = Annotated[str, AfterValidator(_currency), Field(description="ISO 4217 code.", examples=["EUR"])]
Day = Annotated[date, BeforeValidator(_day), AfterValidator(_in_range), Field(examples=["2026-10-31"])]
Identifier = Annotated[
    str,
    StringConstraints(max_length=40),
    AfterValidator(canonical_identifier),
    Field(description="Nine digits are a SIREN, anything else a VAT number.", examples=["552100554"]),
]
Email = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=254, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$"),
    AfterValidator(printable),
    Field(description="An e-mail address.", examples=["ines@lys.example"]),
]
CommitmentReference = Annotated[
    str,
    StringConstraints(max_length=40),
    AfterValidator(canonical_reference),
    Field(description="13 letters and digits, the last one a check character (ISO 7064).", examples=["7K2MW9RB41QXC"]),
]


class PublicKey(Body):
    """A JWK (RFC 8037)."""

    kty: Literal["OKP"]
    crv: Literal["Ed25519"]
    x: str = Field(min_length=43, max_length=43, description="32 bytes in base64url.")
