"""What an explanation consists of: stable codes, names and amounts, no words."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


# NOTE: machines read these codes; they may grow, never change.
class Reason(StrEnum):
    """Why so much of an obligation was set off and no more; the first that holds is told."""

    #: The whole amount was set off.
    IN_FULL = "set_off_in_full"
    #: A rule left the obligation out, or lowered its ceiling, which was reached.
    EXCLUDED = "excluded_by_rule"
    LOWERED = "lowered_by_rule"
    #: Not part of any loop, because nobody owes the debtor, the creditor owes nobody, or no chain leads back.
    NOT_OWED = "no_loop_debtor_is_owed_nothing"
    OWES_NOTHING = "no_loop_creditor_owes_nothing"
    NO_LOOP = "no_loop"
    #: The debtor's or the creditor's own cap is reached.
    CAP = "cap_reached"
    #: All that the debtor is owed in loops, or all that the creditor owes in loops, is set off.
    RECEIVABLES_USED_UP = "receivables_used_up"
    PAYABLES_USED_UP = "payables_used_up"
    #: In a loop only instead of other set-offs: of the same total, or of a greater one.
    SAME_TOTAL = "same_total"
    LOWER_TOTAL = "lower_total"
    #: Every way back is used up further away.
    BOTTLENECK = "bottleneck"
    #: The result is not proven to be the most possible (or only by a solver under whole-number rules).
    UNDECIDED = "undecided"


class Help(StrEnum):
    """What would let more be set off."""

    #: A new payable to someone whose debt to the asker is still open, or a new receivable the other way.
    BUY = "buy_from_customer"
    SELL = "sell_to_supplier"
    #: More of a debt that was set off in full: further invoices not yet declared.
    DECLARE_PAYABLE = "declare_more_payable"
    DECLARE_RECEIVABLE = "declare_more_receivable"
    #: Nothing comes in, or nothing goes out: those outside the network or silent could change it.
    CUSTOMERS_JOIN = "customers_join"
    SUPPLIERS_JOIN = "suppliers_join"
    RAISE_CAP = "raise_cap"
    LIFT_RULE = "lift_rule"


@dataclass(frozen=True, slots=True)
class Remedy:
    """One thing that would help, computed on this result with all else equal."""

    help: Help
    #: The counterpart it is done with, if any.
    member: str | None = None
    #: The obligation it is about, if any.
    obligation: str | None = None
    rule: str | None = None
    #: Minor units of it that would be set off, at least; None where nobody can tell.
    amount: int | None = None
    #: By how much the total of the network would then grow, at least, minor units.
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Frontier:
    """An obligation pair set off in full that stands in the way: minor units, names as its own columns."""

    debtor: str
    creditor: str
    ceiling: int


@dataclass(frozen=True, slots=True)
class Obligation:
    """One obligation of a result, minor units."""

    id: str
    debtor: str
    creditor: str
    currency: str
    amount: int
    ceiling: int
    set_off: int
    rule: str

    @property
    def remaining(self) -> int:
        """What is still owed."""
        return self.amount - self.set_off


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why one obligation was set off so far and no further."""

    obligation: Obligation
    #: Who asks and is told nothing of third parties; None for the operator, who may see all.
    asker: str | None
    reason: Reason
    #: Whom the reason is about: whose cap, who is owed nothing, whose receivables are used up.
    about: str | None
    #: Pairs set off in full that every way back leads over, greatest first; of the asker's own where there is one.
    bottleneck: Sequence[Frontier]
    #: Members whose cap is reached, where every way back ends too.
    capped: Sequence[str]
    remedies: Sequence[Remedy]
    #: Digits of the minor unit.
    decimals: int


@dataclass(frozen=True, slots=True)
class Group:
    """Obligations of a member on one side that have one reason; minor units."""

    #: Whether the member is owed them.
    receivable: bool
    reason: Reason
    #: Of `EXCLUDED` and `LOWERED`; empty otherwise.
    rule: str
    obligations: int
    amount: int
    set_off: int
    #: Counterparts by what remains, then by amount, greatest first, the first few.
    members: Sequence[str]
    #: Whether there are more.
    more_members: bool

    @property
    def remaining(self) -> int:
        """What is still owed."""
        return self.amount - self.set_off


@dataclass(frozen=True, slots=True)
class Currency:
    """A member in one currency, minor units."""

    currency: str
    receivable: int
    payable: int
    set_off: int
    #: By what remains, greatest first: the first one is the main reason.
    groups: Sequence[Group]
    remedies: Sequence[Remedy]


@dataclass(frozen=True, slots=True)
class MemberView:
    """What a member may know of a result."""

    member: str
    currencies: Sequence[Currency]
    decimals: int
