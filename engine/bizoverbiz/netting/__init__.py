"""Multilateral netting: obligations in, set-offs and a certificate of optimality out.

Pure functions: no input or output, no clock, no randomness. The same release gives the same bytes for the same
obligations, in whatever order they come.
"""

from bizoverbiz.netting.certificate import Certificate, CertificateError, verify
from bizoverbiz.netting.errors import InvalidObligationError, NettingError, SolverError
from bizoverbiz.netting.obligations import Age, Obligation
from bizoverbiz.netting.solve import Netting, net

__all__ = [
    "Age",
    "Certificate",
    "CertificateError",
    "InvalidObligationError",
    "Netting",
    "NettingError",
    "Obligation",
    "SolverError",
    "net",
    "verify",
]
