"""The proof that no greater total can be set off, checked in one pass without the solver.

Take any number p for each member (its potential) and m for each member with a cap K or a floor L on what it sets off
(its multiplier; not below 0 without a floor, not above 0 without a cap). Within ceilings c, caps and floors, every
set-off f in which each member pays as much as it receives has

    sum f_e  =  sum f_e (1 + p_debtor - m_debtor - p_creditor) + sum m_i f_i  <=
    sum c_e max(0, 1 + p_debtor - m_debtor - p_creditor) + sum K_i max(0, m_i) - sum L_i max(0, -m_i),

where f_i is what member i sets off, because the potentials cancel out around every loop. The right side does not
depend on f: it bounds every possible set-off. Where both sides are equal, f is a maximum (linear programming duality;
Ahuja, Magnanti, Orlin, Network Flows, 1993, section 9.4). This module imports nothing of the solving code.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any

import numpy as np

from bizoverbiz.netting.columns import Ints, Nodes, exact_sum, totals
from bizoverbiz.netting.errors import NettingError
from bizoverbiz.netting.obligations import Obligation


class CertificateError(NettingError):
    """The set-offs break a rule or are not proven to be the most possible; the message says where."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """The proof of a maximum total; members not named have 0 and are not bounded."""

    potentials: Mapping[str, int]
    #: The total set off, minor units.
    total: int
    #: Of members with a cap or a floor.
    multipliers: Mapping[str, int] = field(default_factory=dict)
    #: The most a member may, and the least it must set off in all, minor units.
    caps: Mapping[str, int] = field(default_factory=dict)
    floors: Mapping[str, int] = field(default_factory=dict)

    # NOTE: stored with every round; keys may be added, never renamed or removed.
    def to_json(self) -> dict[str, Any]:
        """Give the form that is stored and published to those who may see the whole round."""
        document = {"total": self.total, "potentials": dict(sorted(self.potentials.items()))}
        bounded = {name: dict(sorted(getattr(self, name).items())) for name in ("multipliers", "caps", "floors")}
        return document | {name: numbers for name, numbers in bounded.items() if numbers}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Certificate:
        """Read what `to_json` gave.

        Raises:
            CertificateError: the document has not that form.
        """
        try:
            total, potentials = document["total"], dict(document["potentials"])
            bounded = [dict(document.get(name, {})) for name in ("multipliers", "caps", "floors")]
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise CertificateError(f"not a certificate: {error!r}") from error
        numbers = [total, *potentials.values(), *(number for part in bounded for number in part.values())]
        if any(type(number) is not int for number in numbers):
            raise CertificateError("not a certificate: the total and every potential must be integers")
        return cls(potentials, total, *bounded)


def verify(obligations: Iterable[Obligation], set_offs: Mapping[str, int], certificate: Certificate) -> None:
    """Check set-offs against their obligations: bounds, every member's balance, and that the total is the maximum.

    Args:
        obligations: all that were netted together, with their ceilings.
        set_offs: minor units by obligation id; each obligation must be named.
        certificate: as made with the set-offs.

    Raises:
        CertificateError: names the first obligation or member for which something does not hold.
    """
    rows = list(obligations)
    ids = {obligation.id for obligation in rows}
    for obligation in rows:
        if obligation.id not in set_offs:
            raise CertificateError(f"obligation {obligation.id!r} has no set-off, not even 0")
        amount = set_offs[obligation.id]
        if type(amount) is not int or not 0 <= amount <= obligation.ceiling:
            raise CertificateError(f"obligation {obligation.id!r}: {amount!r} is outside 0 to {obligation.ceiling}")
    if not ids.issuperset(set_offs):
        raise CertificateError(f"set-off of an unknown obligation {min(set(set_offs) - ids)!r}")
    members = sorted({name for obligation in rows for name in (obligation.debtor, obligation.creditor)})
    number = {member: i for i, member in enumerate(members)}
    bound = verify_columns(
        members,
        debtor=np.array([number[o.debtor] for o in rows], np.int32),
        creditor=np.array([number[o.creditor] for o in rows], np.int32),
        ceiling=np.array([o.ceiling for o in rows], np.int64),
        set_off=np.array([set_offs[o.id] for o in rows], np.int64),
        certificate=certificate,
    )
    if certificate.total != bound:
        raise CertificateError(f"not proven to be the maximum: {certificate.total} is set off, the bound is {bound}")


def verify_columns(
    members: list[str], *, debtor: Nodes, creditor: Nodes, ceiling: Ints, set_off: Ints, certificate: Certificate
) -> int:
    """Check bounds, balances, caps, floors and the total in columns, and compute the bound.

    Args:
        members: names; debtor and creditor are positions among them.
        debtor: one a row, as the columns that follow.
        creditor: likewise.
        ceiling: minor units, adding up to less than 2**63.
        set_off: minor units.
        certificate: as made with the set-offs.

    Returns:
        What no set-off can exceed, minor units: equal to the certificate's total where that is the maximum.

    Raises:
        CertificateError: names the first row or member for which something does not hold.
    """
    outside = np.flatnonzero((set_off < 0) | (set_off > ceiling))
    if len(outside):
        row = outside[0]
        raise CertificateError(f"row {row + 1}: {set_off[row]} is outside 0 to {ceiling[row]}")
    paid, received = (totals(party, set_off, len(members)) for party in (debtor, creditor))
    for i in np.flatnonzero(paid != received)[:1]:
        raise CertificateError(
            f"member {members[i]!r}: receivables and payables set off differ by {received[i] - paid[i]}"
        )
    total = exact_sum(set_off)
    if total != certificate.total:
        raise CertificateError(f"the set-offs add up to {total}, the certificate says {certificate.total}")
    bounded = certificate.caps or certificate.floors or certificate.multipliers
    position = {member: i for i, member in enumerate(members)} if bounded else {}
    bound = 0
    for member in sorted({*certificate.caps, *certificate.floors, *certificate.multipliers}):
        cap, floor = certificate.caps.get(member), certificate.floors.get(member, 0)
        done = int(received[position[member]]) if member in position else 0
        if done < floor or (cap is not None and done > cap):
            raise CertificateError(f"member {member!r}: {done} set off is outside {floor} to {cap}")
        multiplier = certificate.multipliers.get(member, 0)
        if multiplier > 0 and cap is None:
            raise CertificateError(f"member {member!r} has a multiplier above 0 and no cap")
        bound += multiplier * ((cap or 0) if multiplier > 0 else floor)
    potential = np.fromiter(map(certificate.potentials.get, members, repeat(0)), np.int64, len(members))
    payer = potential.copy()
    for member, multiplier in certificate.multipliers.items():
        if member in position:
            payer[position[member]] -= multiplier
    worth = 1 + payer[debtor] - potential[creditor]
    useful = worth > 0
    levels, level = np.unique(worth[useful], return_inverse=True)
    capacity = totals(level, ceiling[useful], len(levels))
    return bound + sum(int(worth) * int(amount) for worth, amount in zip(levels, capacity, strict=True))
