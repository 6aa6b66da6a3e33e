"""The 13 characters under which two firms register one commitment."""

from __future__ import annotations

import re

from stdnum.exceptions import ValidationError
from stdnum.iso7064 import mod_37_36

from bizoverbiz.errors import BizoverbizError

#: Of a generated reference: no letter that is read as a digit, and none that makes words.
ALPHABET = "0123456789BCDFGHJKMNPQRSTVWXYZ"
#: Without the check character.
PAYLOAD = 12
_SEPARATORS = re.compile(r"[\s\-]+")


class CommitmentReferenceError(BizoverbizError, ValueError):
    """What is no reference of a commitment."""


def with_check_character(payload: str) -> str:
    """The reference that starts with these twelve characters; the last one is its check character (ISO 7064)."""
    assert len(payload) == PAYLOAD
    return payload + str(mod_37_36.calc_check_digit(payload))


def canonical_reference(text: str) -> str:
    """One spelling of a reference: thirteen digits and capitals, the last one a check character (ISO 7064, mod 37,36).

    One character typed wrong is noticed, and nearly always two neighbours swapped. Raises `CommitmentReferenceError`.
    """
    compact = _SEPARATORS.sub("", text).upper()
    if len(compact) != PAYLOAD + 1 or not compact.isascii() or not compact.isalnum():
        raise CommitmentReferenceError(f"{text[:40]!a} is no reference of a commitment: 13 letters and digits")
    try:
        mod_37_36.validate(compact)
    except ValidationError:
        raise CommitmentReferenceError(
            f"{compact} is no reference of a commitment: its last character does not fit the others, so one is mistyped"
        ) from None
    return compact
