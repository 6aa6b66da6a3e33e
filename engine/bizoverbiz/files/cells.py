"""What one value of a file means. This is the definition; `vectors` does the same for whole columns."""

from __future__ import annotations

import datetime as dt
import re

from bizoverbiz.currencies import CURRENCIES
from bizoverbiz.files.errors import CellError, quote

#: Blanks around a value mean nothing: space, tab, no-break space, narrow no-break space.
BLANKS = " \t\u00a0\u202f"
#: Most characters of a name or an id.
LONGEST_NAME = 256
#: The largest amount, and the largest sum of amounts in one currency: 64 bits with sign.
LARGEST = 2**63 - 1

_NUMBER = re.compile(r"([+-]?)([0-9]+)(?:[.,]([0-9]+))?")
_ISO_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_FRENCH_DATE = re.compile(r"([0-9]{2})/([0-9]{2})/([0-9]{4})")


def read_name(text: str) -> str:
    """A member's name or an obligation's id."""
    name = text.strip(BLANKS)
    if not name:
        raise CellError("is empty", "every obligation needs one")
    if len(name) > LONGEST_NAME:
        raise CellError(
            f"{quote(name)} has {len(name):,} characters", f"at most {LONGEST_NAME} are allowed; use a shorter code"
        )
    if "\0" in name:
        raise CellError(f"{quote(name)} contains a NUL character", "remove it")
    return name


def read_amount(text: str, decimals: int) -> int:
    """Minor units of a number written with at most that many decimals, after a point or a comma."""
    amount = text.strip(BLANKS)
    if not amount:
        raise CellError("is empty", "write the amount, or leave the row out")
    number = _NUMBER.fullmatch(amount)
    if not number:
        raise CellError(
            f"{quote(amount)} is not a number",
            "write digits only: no exponent, no thousands separators, no currency sign",
        )
    sign, whole, fraction = number[1], number[2], number[3] or ""
    if sign == "-":
        raise CellError(f"{quote(amount)} is negative", "swap debtor and creditor and write it without the sign")
    if len(fraction) > decimals:
        raise CellError(*_too_many_decimals(amount, decimals))
    digits = (whole + fraction.ljust(decimals, "0")).lstrip("0")
    if not digits:
        raise CellError("is zero", "leave out rows on which nothing is owed")
    if len(digits) > len(str(LARGEST)) or int(digits) > LARGEST:
        raise CellError(f"{quote(amount)} is too large", f"an amount is at most {LARGEST:,} minor units")
    return int(digits)


def _too_many_decimals(amount: str, decimals: int) -> tuple[str, str]:
    if decimals:
        plural = "s" if decimals > 1 else ""
        return f"{quote(amount)} has more than {decimals} decimal{plural}", "round it, or read with more decimals"
    return (
        f"{quote(amount)} has decimals",
        "write integers of minor units (cents), or say how many decimals amounts have (--decimals 2)",
    )


def read_currency(text: str, default: str) -> str:
    """An ISO 4217 code, whatever its case; the default where nothing is written."""
    code = text.strip(BLANKS).upper() or default
    if code not in CURRENCIES:
        raise CellError(f"{quote(text)} is no currency", "write an ISO 4217 code such as EUR")
    return code


def read_date(text: str) -> dt.date | None:
    """A date written YYYY-MM-DD or DD/MM/YYYY; None where nothing is written."""
    written = text.strip(BLANKS)
    if not written:
        return None
    if iso := _ISO_DATE.fullmatch(written):
        year, month, day = iso.groups()
    elif french := _FRENCH_DATE.fullmatch(written):
        day, month, year = french.groups()
    else:
        raise CellError(f"{quote(written)} is not a date", "write YYYY-MM-DD (or DD/MM/YYYY), or leave it empty")
    try:
        return dt.date(int(year), int(month), int(day))
    except ValueError as error:
        raise CellError(f"{quote(written)} is no day of the calendar", "write an existing date") from error
