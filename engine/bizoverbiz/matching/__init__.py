"""Declarations in, obligations and discrepancies out; no input, no output, no clock."""

from bizoverbiz.matching.identifiers import IdentifierError, canonical_identifier
from bizoverbiz.matching.match import match
from bizoverbiz.matching.model import Absence, Declared, Discrepancy, Kind, Matched, Matching, Side, State, Verdict
from bizoverbiz.matching.numbers import number_key

__all__ = [
    "Absence",
    "Declared",
    "Discrepancy",
    "IdentifierError",
    "Kind",
    "Matched",
    "Matching",
    "Side",
    "State",
    "Verdict",
    "canonical_identifier",
    "match",
    "number_key",
]
