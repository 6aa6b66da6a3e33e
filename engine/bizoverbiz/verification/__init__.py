"""Rechecking a result directory of `bizoverbiz net` from its files alone.

It trusts nothing and nobody: it shares no code with the netting, calls no solver, and computes in exact integers.
"""

from bizoverbiz.verification.errors import VerificationError
from bizoverbiz.verification.proof import Proof
from bizoverbiz.verification.reading import Certificate, Result, Solver, Summary, read_result
from bizoverbiz.verification.verify import Verified, VerifiedCurrency, verify_directory

__all__ = [
    "Certificate",
    "Proof",
    "Result",
    "Solver",
    "Summary",
    "VerificationError",
    "Verified",
    "VerifiedCurrency",
    "read_result",
    "verify_directory",
]
