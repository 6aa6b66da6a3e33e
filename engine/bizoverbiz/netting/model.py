"""The reference model of netting, a linear programme in PuLP solved by HiGHS.

The network matrix is totally unimodular: with integer bounds every vertex of the polytope is integer, and so are the
dual prices for integer weights (Hoffman & Kruskal 1956, doi:10.1515/9781400881987-014). The simplex method ends at
a vertex; what it returns in floats is rounded and then checked in exact integers, never trusted.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pulp

from bizoverbiz.netting.errors import SolverError

#: One thread and the simplex method, so that the machine's size changes nothing.
HIGHS_OPTIONS: Mapping[str, object] = {"solver": "simplex", "parallel": "off", "random_seed": 0}


@dataclass(frozen=True, slots=True)
class Arc:
    """A variable of the model: money that may circulate from `tail` (who owes) to `head` (who is owed)."""

    tail: str
    head: str
    #: Bounds of the flow, minor units.
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Circulation:
    """An optimal circulation and its proof."""

    #: Flow of each arc, minor units, in the order of the arcs given.
    flows: tuple[int, ...]
    #: Dual price of each node's balance.
    potentials: dict[str, int]
    #: The objective's value: sum of weight times flow.
    value: int


def define_flows(problem: pulp.LpProblem, arcs: Sequence[Arc]) -> list[pulp.LpVariable]:
    """Give one variable an arc, within its bounds: low_a <= f_a <= high_a."""
    return [problem.add_variable(f"f{i:07}", arc.low, arc.high) for i, arc in enumerate(arcs)]


def define_objective(problem: pulp.LpProblem, flows: Sequence[pulp.LpVariable], weights: Sequence[int]) -> None:
    """Minimise - sum_a w_a f_a, that is, maximise the weighted circulation."""
    problem += pulp.LpAffineExpression([(flow, -weight) for flow, weight in zip(flows, weights, strict=True)])


def define_conservation(
    problem: pulp.LpProblem, flows: Sequence[pulp.LpVariable], arcs: Sequence[Arc]
) -> dict[str, pulp.LpConstraint]:
    """Give every node its balance: sum_{a leaves v} f_a - sum_{a enters v} f_a <= 0.

    All the left sides add up to zero, so none of them can be negative: the rows say "= 0". They are written as
    inequalities because HiGHS searches equality rows for dependent ones, which takes minutes on large networks.
    """
    terms: dict[str, list[tuple[pulp.LpVariable, int]]] = defaultdict(list)
    for flow, arc in zip(flows, arcs, strict=True):
        terms[arc.tail].append((flow, 1))
        terms[arc.head].append((flow, -1))
    rows = {}
    for i, node in enumerate(sorted(terms)):
        rows[node] = pulp.LpAffineExpression(terms[node]) <= 0
        problem += rows[node], f"balance{i:07}"
    return rows


def reduced_weight(weight: int, arc: Arc, potentials: Mapping[str, int]) -> int:
    """Give w_a + p_tail - p_head: above 0 the arc is full in every optimum, below 0 it is at its lower bound."""
    return weight + potentials[arc.tail] - potentials[arc.head]


def maximise(arcs: Sequence[Arc], weights: Sequence[int]) -> Circulation:
    """Find a circulation of greatest weight.

    Args:
        arcs: the network, in canonical order; a feasible circulation must exist.
        weights: one small integer an arc.

    Raises:
        SolverError: HiGHS stopped without an optimum, or what it gave is not one in exact integers.
    """
    if not arcs:
        return Circulation((), {}, 0)
    problem = pulp.LpProblem("netting", pulp.LpMinimize)
    flows = define_flows(problem, arcs)
    define_objective(problem, flows, weights)
    rows = define_conservation(problem, flows, arcs)
    status = problem.solve(pulp.HiGHS(mip=False, msg=False, threads=1, **HIGHS_OPTIONS))
    if status != pulp.LpStatusOptimal:
        raise SolverError(f"HiGHS stopped with status {pulp.LpStatus[status]!r} instead of an optimum")
    amounts = tuple(round(flow.varValue) for flow in flows)
    potentials = {node: round(row.pi) for node, row in rows.items()}
    _prove(arcs, weights, amounts, potentials)
    value = sum(weight * amount for weight, amount in zip(weights, amounts, strict=True))
    return Circulation(amounts, potentials, value)


def optimal_face(arcs: Sequence[Arc], weights: Sequence[int], optimum: Circulation) -> list[Arc]:
    """Give the arcs with the bounds that hold in every optimum: those of a non-zero reduced weight are fixed."""
    fixed = []
    for arc, weight in zip(arcs, weights, strict=True):
        reduced = reduced_weight(weight, arc, optimum.potentials)
        if reduced > 0:
            fixed.append(replace(arc, low=arc.high))
        elif reduced < 0:
            fixed.append(replace(arc, high=arc.low))
        else:
            fixed.append(arc)
    return fixed


def _prove(arcs: Sequence[Arc], weights: Sequence[int], flows: Sequence[int], potentials: Mapping[str, int]) -> None:
    """Check bounds, balance and complementary slackness in integers: together they prove the optimum."""
    balance: dict[str, int] = defaultdict(int)
    for arc, weight, flow in zip(arcs, weights, flows, strict=True):
        balance[arc.tail] -= flow
        balance[arc.head] += flow
        reduced = reduced_weight(weight, arc, potentials)
        within = arc.low <= flow <= arc.high
        if not within or (reduced > 0 and flow < arc.high) or (reduced < 0 and flow > arc.low):
            raise SolverError(f"HiGHS gave {flow} on {arc}, which is not optimal in exact integers")
    for node, surplus in balance.items():
        if surplus:
            raise SolverError(f"HiGHS left {node!r} out of balance by {surplus}")
