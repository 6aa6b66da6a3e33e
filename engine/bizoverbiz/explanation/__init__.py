"""Why an obligation was or was not set off, and what would help, told as far as the one who asks may know."""

from bizoverbiz.explanation.asking import UnknownError, explain_member, explain_obligation
from bizoverbiz.explanation.reasons import Currency, Explanation, Group, Help, MemberView, Obligation, Reason, Remedy

__all__ = [
    "Currency",
    "Explanation",
    "Group",
    "Help",
    "MemberView",
    "Obligation",
    "Reason",
    "Remedy",
    "UnknownError",
    "explain_member",
    "explain_obligation",
]
