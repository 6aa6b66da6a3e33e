"""Declarations in, obligations and discrepancies out; no input, no output, no clock."""

from bizoverbiz.matching.identifiers import IdentifierError, canonical_identifier
from bizoverbiz.matching.match import match
from bizoverbiz.matching.model import (
    Absence,
    Declared,
    Discrepancy,
    Encumbrance,
    Kind,
    Matched,
    Matching,
    Pair,
    Side,
    State,
    Suggestion,
    Verdict,
)
from bizoverbiz.matching.numbers import number_key

__all__ = [
    "Absence",
    "Declared",
    "Discrepancy",
    "Encumbrance",
    "IdentifierError",
    "Kind",
    "Matched",
    "Matching",
    "Pair",
    "Side",
    "State",
    "Suggestion",
    "Verdict",
    "canonical_identifier",
    "match",
    "number_key",
]
