"""The reference model of netting, a linear programme in PuLP solved by HiGHS.

The network matrix is totally unimodular: with integer bounds every vertex of the polytope is integer, and so are the
dual prices for integer weights (Hoffman & Kruskal 1956, doi:10.1515/9781400881987-014). The simplex method ends at
a vertex; what it returns in floats is rounded and then checked in exact integers, never trusted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
import pulp

from bizoverbiz.netting.columns import Ints, Nodes, Small, exact_sum
from bizoverbiz.netting.errors import InfeasibleError, SolverError
from bizoverbiz.netting.flow import Arcs, Optimum, worths

#: One thread and the simplex method, so that the machine's size changes nothing.
HIGHS_OPTIONS: Mapping[str, object] = {"solver": "simplex", "parallel": "off", "random_seed": 0}

#: Doubles hold every integer up to this one.
LARGEST_IN_DOUBLES = 2**53 - 1


def define_flows(problem: pulp.LpProblem, low: Sequence[float], high: Sequence[float]) -> list[pulp.LpVariable]:
    """Give one variable an arc, within its bounds: low_a <= f_a <= high_a."""
    return [problem.add_variable(f"f{i:07}", *bounds) for i, bounds in enumerate(zip(low, high, strict=True))]


def define_objective(problem: pulp.LpProblem, flows: Sequence[pulp.LpVariable], weights: Sequence[int]) -> None:
    """Minimise - sum_a w_a f_a, that is, maximise the weighted flow."""
    problem += pulp.LpAffineExpression([(flow, -weight) for flow, weight in zip(flows, weights, strict=True)])


def define_conservation(
    problem: pulp.LpProblem,
    flows: Sequence[pulp.LpVariable],
    tail: Sequence[int],
    head: Sequence[int],
    arriving: Sequence[int],
) -> list[pulp.LpConstraint | None]:
    """Give every node its balance: sum_{a leaves v} f_a - sum_{a enters v} f_a <= - b_v.

    All the b_v add up to zero, as all the left sides do, so none of them can be smaller: the rows say "=". They are
    written as inequalities because HiGHS searches equality rows for dependent ones, which takes minutes on large
    networks.

    Args:
        problem: gets the rows.
        flows: one variable an arc.
        tail: the node each arc leaves.
        head: the node each arc enters.
        arriving: b_v, what is to arrive at a node more than leaves it, minor units.
    """
    terms: dict[int, list[tuple[pulp.LpVariable, int]]] = defaultdict(list)
    for flow, start, end in zip(flows, tail, head, strict=True):
        terms[start].append((flow, 1))
        terms[end].append((flow, -1))
    rows: list[pulp.LpConstraint | None] = [None] * len(arriving)
    for node in sorted(terms):
        rows[node] = pulp.LpAffineExpression(terms[node]) <= -arriving[node]
        problem += rows[node], f"balance{node:07}"
    return rows


def maximise(arcs: Arcs, weight: Small, *, flow: Ints | None = None, potential: Nodes | None = None) -> Optimum:
    """Find a flow of greatest weight: what `flow.maximise` finds, by linear programming.

    Args:
        arcs: the network.
        weight: one an arc.
        flow: one within the bounds, whose balance at each node is to be kept; without it, a circulation is sought.
        potential: not used; the simplex method starts anew.

    Raises:
        InfeasibleError: no such flow keeps the lower bounds.
        SolverError: HiGHS stopped without an optimum, or what it gave is not one in exact integers, or the amounts
            are beyond what doubles hold.
    """
    if not len(arcs):
        return Optimum(np.zeros(0, np.int64), np.zeros(arcs.nodes, np.int32))
    if exact_sum(arcs.high) > LARGEST_IN_DOUBLES:
        raise SolverError(f"the ceilings add up to more than {LARGEST_IN_DOUBLES}, too much for linear programming")
    arriving = np.zeros(arcs.nodes, np.int64) if flow is None else arcs.arriving(flow)
    problem = pulp.LpProblem("netting", pulp.LpMinimize)
    flows = define_flows(problem, arcs.low.tolist(), arcs.high.tolist())
    define_objective(problem, flows, weight.tolist())
    rows = define_conservation(problem, flows, arcs.tail.tolist(), arcs.head.tolist(), arriving.tolist())
    status = problem.solve(pulp.HiGHS(mip=False, msg=False, threads=1, **HIGHS_OPTIONS))
    if status == pulp.LpStatusInfeasible:
        raise InfeasibleError("no circulation keeps all lower bounds")
    if status != pulp.LpStatusOptimal:
        raise SolverError(f"HiGHS stopped with status {pulp.LpStatus[status]!r} instead of an optimum")
    optimum = Optimum(
        np.array([round(flow.varValue) for flow in flows], np.int64),
        np.array([-round(row.pi) if row is not None else 0 for row in rows], np.int32),
    )
    prove(arcs, weight, arriving, optimum)
    return optimum


def prove(arcs: Arcs, weight: Small, arriving: Ints, optimum: Optimum) -> None:
    """Check bounds, balance and complementary slackness in integers: together they prove the optimum.

    Raises:
        SolverError: names the first arc or node for which something does not hold.
    """
    worth = worths(arcs, weight, optimum.potential)
    within = (arcs.low <= optimum.flow) & (optimum.flow <= arcs.high)
    slack = ((worth > 0) & (optimum.flow < arcs.high)) | ((worth < 0) & (optimum.flow > arcs.low))
    for a in np.flatnonzero(~within | slack)[:1]:
        raise SolverError(f"HiGHS gave {optimum.flow[a]} on arc {a}, which is not optimal in exact integers")
    for node in np.flatnonzero(arcs.arriving(optimum.flow) != arriving)[:1]:
        raise SolverError(f"HiGHS left node {node} out of balance")
