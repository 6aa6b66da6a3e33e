"""What can go wrong in netting."""


class NettingError(Exception):
    """Base of every error that netting raises on purpose."""


class InvalidObligationError(NettingError):
    """An obligation that cannot be netted; the message names it and the reason."""


class SolverError(NettingError):
    """The solver gave no proven optimum; nothing of what it gave may be used."""


class InfeasibleError(NettingError):
    """No set-off keeps the lower bounds that were asked for."""


class InvalidRuleError(NettingError):
    """An option of netting that means nothing; the message names it."""
