"""The proof that no greater total can be set off, checked in one pass without the solver.

For any numbers p (the potentials) and any circulation f within its ceilings c, the potentials cancel out around
every loop, hence

    sum f_e = sum f_e (1 + p_debtor - p_creditor) <= sum c_e max(0, 1 + p_debtor - p_creditor).

The right side does not depend on f: it bounds every possible set-off. Where both sides are equal, f is a maximum
(linear programming duality; Ahuja, Magnanti, Orlin, Network Flows, 1993, section 9.4). This module imports
nothing of the solving code.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from bizoverbiz.netting.errors import NettingError
from bizoverbiz.netting.obligations import Obligation


class CertificateError(NettingError):
    """The set-offs break a rule or are not proven to be the most possible; the message says where."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """The proof of a maximum total."""

    #: One number a member; members left out count as 0.
    potentials: Mapping[str, int]
    #: The total set off, minor units.
    total: int

    # NOTE: stored with every round; keys may be added, never renamed or removed.
    def to_json(self) -> dict[str, Any]:
        """Give the form that is stored and published to those who may see the whole round."""
        return {"total": self.total, "potentials": dict(sorted(self.potentials.items()))}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Certificate":
        """Read what `to_json` gave.

        Raises:
            CertificateError: the document has not that form.
        """
        try:
            potentials, total = dict(document["potentials"]), document["total"]
        except (KeyError, TypeError, ValueError) as error:
            raise CertificateError(f"not a certificate: {error!r}") from error
        if any(type(number) is not int for number in [total, *potentials.values()]):
            raise CertificateError("not a certificate: the total and every potential must be integers")
        return cls(potentials, total)


def verify(obligations: Iterable[Obligation], set_offs: Mapping[str, int], certificate: Certificate) -> None:
    """Check set-offs against their obligations: bounds, every member's balance, and that the total is the maximum.

    Args:
        obligations: all that were netted together, with their ceilings.
        set_offs: minor units by obligation id; each obligation must be named.
        certificate: as made with the set-offs.

    Raises:
        CertificateError: names the first obligation or member for which something does not hold.
    """
    balance: dict[str, int] = defaultdict(int)
    potential = certificate.potentials
    total = bound = 0
    unknown = set(set_offs)
    for obligation in obligations:
        if obligation.id not in set_offs:
            raise CertificateError(f"obligation {obligation.id!r} has no set-off, not even 0")
        unknown.discard(obligation.id)
        amount = set_offs[obligation.id]
        if type(amount) is not int or not 0 <= amount <= obligation.ceiling:
            raise CertificateError(f"obligation {obligation.id!r}: {amount!r} is outside 0 to {obligation.ceiling}")
        balance[obligation.debtor] -= amount
        balance[obligation.creditor] += amount
        total += amount
        worth = 1 + potential.get(obligation.debtor, 0) - potential.get(obligation.creditor, 0)
        bound += obligation.ceiling * max(0, worth)
    if unknown:
        raise CertificateError(f"set-off of an unknown obligation {min(unknown)!r}")
    for member, surplus in sorted(balance.items()):
        if surplus:
            raise CertificateError(f"member {member!r}: receivables and payables set off differ by {surplus}")
    if total != certificate.total:
        raise CertificateError(f"the set-offs add up to {total}, the certificate says {certificate.total}")
    if total != bound:
        raise CertificateError(f"not proven to be the maximum: {total} is set off, the bound is {bound}")
