"""Who is meant: a SIREN, or a VAT number with its country's prefix."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib import import_module

from stdnum.eu import vat
from stdnum.exceptions import ValidationError
from stdnum.fr import siren
from stdnum.util import get_cc_module

from bizoverbiz.errors import BizoverbizError

_SEPARATORS = re.compile(r"[\s.\-/]+")


class IdentifierError(BizoverbizError, ValueError):
    """A string that identifies no firm."""


# A declaration of ten thousand lines names some hundred firms.
@lru_cache(maxsize=10_000)
def canonical_identifier(text: str) -> str:
    """One spelling for one firm, checked by its own check digits.

    Nine digits are a SIREN (Code de commerce, article R123-220). Anything else is a VAT number with the country's
    prefix; a French one is brought back to the SIREN it contains, so that both name the same member.
    Raises `IdentifierError`.
    """
    compact = _SEPARATORS.sub("", text).upper()
    if not compact.isascii() or not 4 <= len(compact) <= 20:
        raise IdentifierError(
            f"{text[:40]!r} is neither a SIREN (nine digits) nor a VAT number with its country prefix"
        )
    if compact.isdigit():
        if len(compact) != 9 or not siren.is_valid(compact):
            raise IdentifierError(f"{compact} is not a SIREN: nine digits, the last one a check digit")
        return compact
    return _vat_number(compact)


def _vat_number(compact: str) -> str:
    country = compact[:2]
    national = vat if country.lower() in _union() else get_cc_module(country, "vat") if country.isalpha() else None
    if national is None:
        raise IdentifierError(f"{compact}: no VAT numbers are known for the country prefix {country}")
    try:
        number = str(national.validate(compact))
    except ValidationError as error:
        raise IdentifierError(f"{compact} is not a valid VAT number of {country}: {error}") from None
    number = number if number.startswith(country) else country + number
    if country == "FR" and siren.is_valid(number[4:]):
        return number[4:]
    return number


def _union() -> frozenset[str]:
    return frozenset(import_module("stdnum.eu.vat").MEMBER_STATES) | {"el", "xi"}
