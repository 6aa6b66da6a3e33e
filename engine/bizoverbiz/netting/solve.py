"""Netting of obligations as objects, in one currency: what a round calls."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

from bizoverbiz.netting.certificate import Certificate, verify
from bizoverbiz.netting.clearing import clear
from bizoverbiz.netting.columns import EPOCH, NO_DUE_DATE, Columns
from bizoverbiz.netting.obligations import Obligation, check


@dataclass(frozen=True, slots=True)
class Netting:
    """The result of a netting; every amount in minor units."""

    #: Amount by obligation id, for every obligation given, zeros too.
    set_offs: Mapping[str, int]
    #: Sum of the set-offs, the most that is possible.
    total: int
    #: The proof that it is.
    certificate: Certificate


def net(obligations: Iterable[Obligation], *, on: date, proposal: Mapping[str, int] | None = None) -> Netting:
    """Set off as much as possible, then stay near the proposal, then clear the oldest debts first.

    The objectives come one after the other, each on the optimal face of the one before: (1) the total; (2) with a
    proposal, the least sum over pairs and age buckets of |set-off - proposed|, counting of the proposal what the
    ceilings still allow; (3) the value in each age bucket, oldest first. Within a pair and bucket the amount goes to
    the oldest due date first, then by obligation id (articles 1342-10 and 1347-4 of the Code civil are the defaults
    behind it). What all this leaves open is decided by the names of members alone.

    Args:
        obligations: of one currency, in any order.
        on: the day at which ages are counted, the cut-off of the round.
        proposal: set-off by obligation id in the proposal that members approved from; None for a proposal itself.

    Raises:
        InvalidObligationError: an obligation that cannot be netted.
        CertificateError: the result does not verify (a defect of this package; nothing is returned).
    """
    ordered = sorted(check(obligations), key=lambda o: (o.debtor, o.creditor, o.due_date or date.max, o.id))
    members = sorted({name for o in ordered for name in (o.debtor, o.creditor)})
    number = {member: i for i, member in enumerate(members)}
    columns = Columns(
        members=len(members),
        debtor=np.array([number[o.debtor] for o in ordered], np.int32),
        creditor=np.array([number[o.creditor] for o in ordered], np.int32),
        ceiling=np.array([o.ceiling for o in ordered], np.int64),
        due=np.array([o.due_date.toordinal() - EPOCH if o.due_date else NO_DUE_DATE for o in ordered], np.int32),
    )
    proposed = None if proposal is None else np.array([proposal.get(o.id, 0) for o in ordered], np.int64)
    solution = clear(columns, columns.ages(on), proposal=proposed)
    set_offs = {o.id: int(amount) for o, amount in zip(ordered, solution.set_off, strict=True)}
    potentials = {member: int(p) for member, p in zip(members, solution.potential, strict=True) if p}
    total = sum(set_offs.values())
    certificate = Certificate(potentials, total)
    verify(ordered, set_offs, certificate)
    return Netting(dict(sorted(set_offs.items())), total, certificate)
