"""What can go wrong in netting."""

from bizoverbiz.errors import BizoverbizError, WrongInputError


class NettingError(BizoverbizError):
    """Base of every error that netting raises on purpose."""


class InvalidObligationError(NettingError, WrongInputError):
    """An obligation that cannot be netted; the message names it and the reason."""


class SolverError(NettingError):
    """The solver gave no proven optimum; nothing of what it gave may be used."""


class InfeasibleError(NettingError):
    """No set-off keeps the lower bounds that were asked for."""


class InvalidRuleError(NettingError, WrongInputError):
    """An option of netting that means nothing; the message names it."""
