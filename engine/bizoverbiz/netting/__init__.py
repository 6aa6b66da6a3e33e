"""Multilateral netting: obligations in, set-offs and a certificate of optimality out.

Pure functions: no input or output, no clock, no randomness. The same release gives the same bytes for the same
obligations, in whatever order they come.
"""

from bizoverbiz.netting.certificate import Certificate, CertificateError, verify
from bizoverbiz.netting.columns import Columns
from bizoverbiz.netting.errors import InvalidObligationError, InvalidRuleError, NettingError, SolverError
from bizoverbiz.netting.obligations import Age, Obligation
from bizoverbiz.netting.rules import Rules
from bizoverbiz.netting.solve import ColumnsNetting, Netting, net, net_columns

__all__ = [
    "Age",
    "Certificate",
    "CertificateError",
    "Columns",
    "ColumnsNetting",
    "InvalidObligationError",
    "InvalidRuleError",
    "Netting",
    "NettingError",
    "Obligation",
    "Rules",
    "SolverError",
    "net",
    "net_columns",
    "verify",
]
