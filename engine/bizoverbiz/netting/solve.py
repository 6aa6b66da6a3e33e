"""Netting from obligations to set-offs: aggregate, cut into components, optimise each, impute, verify."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from bizoverbiz.netting.certificate import Certificate, verify
from bizoverbiz.netting.components import components, join_potentials
from bizoverbiz.netting.model import Arc, maximise, optimal_face
from bizoverbiz.netting.obligations import Age, Edge, Obligation, aggregate, check, impute


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
    ceilings still allow; (3) the value in each age bucket,
    oldest first. Within a pair and bucket the amount goes to the oldest due date first, then by obligation id
    (articles 1342-10 and 1347-4 of the Code civil are the defaults behind it).

    Args:
        obligations: of one currency, in any order.
        on: the day at which ages are counted, the cut-off of the round.
        proposal: set-off by obligation id in the proposal that members approved from; None for a proposal itself.

    Raises:
        InvalidObligationError: an obligation that cannot be netted.
        SolverError: no proven optimum was found.
        CertificateError: the result does not verify (a defect of this package; nothing is returned).
    """
    ordered = check(obligations)
    edges = aggregate(ordered, on, proposal or {})
    set_offs = dict.fromkeys((obligation.id for obligation in ordered), 0)
    potentials = []
    for part in components(edges):
        amounts, part_potentials = _optimise(part, near=proposal is not None)
        potentials.append(part_potentials)
        for edge, amount in zip(part, amounts, strict=True):
            set_offs |= impute(edge, amount)
    total = sum(set_offs.values())
    certificate = Certificate(join_potentials(edges, potentials), total)
    verify(ordered, set_offs, certificate)
    return Netting(set_offs, total, certificate)


def _optimise(part: Sequence[Edge], *, near: bool) -> tuple[list[int], dict[str, int]]:
    """Give the set-off of each edge of a component, and the potentials that prove the total.

    For nearness each edge becomes two arcs, up to the proposed amount and above it: |f - p| is piecewise linear
    and convex, so the circulation fills the first before the second.
    """
    owners = [i for i in range(len(part)) for _ in range(2)] if near else list(range(len(part)))
    arcs = [arc for edge in part for arc in _arcs(edge, near=near)]
    stages = [[1] * len(arcs)]
    if near:
        stages.append([1, -1] * len(part))
    ages = {edge.age for edge in part}
    stages += [[int(part[i].age == age) for i in owners] for age in Age if age in ages]

    proof: dict[str, int] = {}
    for stage, weights in enumerate(stages):
        optimum = maximise(arcs, weights)
        if stage == 0:
            proof = optimum.potentials
        arcs = optimal_face(arcs, weights, optimum)
    amounts = [0] * len(part)
    for i, flow in zip(owners, optimum.flows, strict=True):
        amounts[i] += flow
    return amounts, proof


def _arcs(edge: Edge, *, near: bool) -> list[Arc]:
    if not near:
        return [Arc(edge.debtor, edge.creditor, 0, edge.capacity)]
    return [
        Arc(edge.debtor, edge.creditor, 0, edge.proposed),
        Arc(edge.debtor, edge.creditor, 0, edge.capacity - edge.proposed),
    ]
