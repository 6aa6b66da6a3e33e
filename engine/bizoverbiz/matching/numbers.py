"""When two spellings mean the same invoice number."""

from __future__ import annotations

import re
import unicodedata

_TOKENS = re.compile(r"\d+|[^\W\d_]+")


def number_key(number: str) -> str:
    """The spelling-independent key of an invoice number; empty if it holds no letter and no digit.

    Letters lose case, accents and width; runs of letters and runs of digits are kept apart, whatever separates them;
    leading zeros of a run of digits are dropped: `INV/2026/00012`, `inv-2026-12` and `Inv 2026.012` are all
    `INV.2026.12`. The boundaries between runs of digits stay, because `1/12` and `11/2` are two invoices: a number
    retyped without any separator is therefore not recognised, which costs a match and never makes a false one.
    """
    return ".".join(_without_leading_zeros(token) for token in _tokens(number))


def letters_and_digits(number: str) -> str:
    """The number without separators, case and accents, but with its zeros: what a hand typed."""
    return "".join(_tokens(number))


def _tokens(number: str) -> list[str]:
    if number.isascii():
        return _TOKENS.findall(number.upper())
    # Casing may decompose again (ß, ŉ): the key of a key must be itself.
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", number).upper())
    return _TOKENS.findall("".join(char for char in folded if not unicodedata.combining(char)))


def _without_leading_zeros(token: str) -> str:
    return str(int(token)) if token.isdecimal() else token
