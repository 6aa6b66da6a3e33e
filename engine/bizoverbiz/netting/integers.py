"""Rules that need integer variables: which obligations are touched at all, chosen by a mixed integer programme.

The programme (PuLP, solved by HiGHS) only chooses; the amounts on what it chose are then found as a pure flow, in exact
integers. What it proves is a bound in floating point, reported beside the exact bound of the pure flow.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from math import isfinite
from typing import NamedTuple

import highspy
import numpy as np
import pulp

from bizoverbiz.netting.columns import Columns, Ints, Mask, Nodes, exact_sum
from bizoverbiz.netting.errors import InvalidRuleError, SolverError
from bizoverbiz.netting.flow import Arcs, Loops
from bizoverbiz.netting.model import LARGEST_IN_DOUBLES, define_conservation, define_flows
from bizoverbiz.netting.rules import Rules

#: Obligations on loops that a programme may have.
LARGEST = 20_000
#: One thread, no clock: the same choice on every machine.
_OPTIONS: Mapping[str, object] = {
    "threads": 1,
    "parallel": "off",
    "random_seed": 0,
    "mip_feasibility_tolerance": 1e-9,
    "primal_feasibility_tolerance": 1e-9,
}
#: Ceilings are scaled by a power of 2 to this many bits at most: the tolerances above need digits behind the point.
_BITS = 20


class Choice(NamedTuple):
    """Which obligations are touched."""

    #: Ways to the same total by the solver's doubles, the one with the fewest first; at least one.
    touched: list[Mask]
    #: No choice allows a greater total, by the solver's account; minor units.
    bound: int


class Face(NamedTuple):
    """Bounds within which a circulation is sought; `optimal` gives those within which each has the greatest total."""

    #: Minor units a row.
    low: Ints
    high: Ints
    #: Minor units by member.
    caps: Mapping[int, int]
    floors: Mapping[int, int]

    @classmethod
    def optimal(
        cls,
        columns: Columns,
        potential: Nodes,
        multiplier: Mapping[int, int],
        caps: Mapping[int, int],
        floors: Mapping[int, int],
    ) -> Face:
        """Give what all set-offs of the greatest total have in common: complementary slackness with their proof."""
        payer = potential.copy()
        for member, number in multiplier.items():
            payer[member] -= number
        worth = 1 + payer[columns.debtor] - potential[columns.creditor]
        return cls(
            np.where(worth > 0, columns.ceiling, 0),
            np.where(worth < 0, 0, columns.ceiling),
            {**caps, **{member: floors[member] for member, number in multiplier.items() if number < 0}},
            {**floors, **{member: caps[member] for member, number in multiplier.items() if number > 0}},
        )


def choose(columns: Columns, rules: Rules, face: Face, free: Ints) -> Choice:
    """Choose the obligations to touch for the greatest total, and then, if asked for, the fewest of them.

    Args:
        columns: with the ceilings that the other rules leave.
        rules: the smallest set-off, whole obligations, fewest obligations, gap and nodes.
        face: where to look: all set-offs within the members' bounds, or where only the fewest are asked for, all of
            the greatest total.
        free: set-offs of the greatest total without these rules, minor units a row.

    Raises:
        InvalidRuleError: too many obligations, or amounts too large for such a programme.
        SolverError: HiGHS found no choice within the nodes allowed, or there is none.
    """
    rows = _on_loops(columns)
    if len(rows) > LARGEST:
        raise InvalidRuleError(
            f"{len(rows)} obligations on loops are too many for rules with integer variables (at most {LARGEST}):"
            " leave small obligations out or do without these rules"
        )
    if exact_sum(columns.ceiling[rows]) > LARGEST_IN_DOUBLES:
        raise InvalidRuleError(f"rules with integer variables need ceilings of {LARGEST_IN_DOUBLES} together at most")
    bound = exact_sum(free)
    if not len(rows):
        return Choice([free > 0], bound)
    programme = _Programme(columns, rows, rules, face)
    chosen = [free > 0]
    if rules.restricts_amounts:
        programme.maximise_total()
        chosen = [programme.solve()]
        bound = min(bound, programme.bound())
        programme.hold_total()
    if rules.fewest:
        programme.minimise_touched()
        with suppress(SolverError):  # within the nodes allowed: then what is known already counts
            chosen.insert(0, programme.solve())
    return Choice(chosen, bound)


def _on_loops(columns: Columns) -> Ints:
    arcs = Arcs(columns.members, columns.debtor, columns.creditor, np.zeros_like(columns.ceiling), columns.ceiling)
    return np.flatnonzero(Loops.of(arcs).within(arcs) & (columns.ceiling > 0))


class _Search(pulp.HiGHS):  # type: ignore[misc]
    """HiGHS as PuLP calls it, and for a search that its node limit ended, which PuLP does not know, what it found."""

    def findSolutionValues(self, problem: pulp.LpProblem) -> tuple[int, int]:  # noqa: N802 - PuLP's name
        highs = problem.solverModel
        if highs.getModelStatus() != highspy.HighsModelStatus.kSolutionLimit:
            status: tuple[int, int] = super().findSolutionValues(problem)
            return status
        if highs.getInfo().primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
            return pulp.LpStatusNotSolved, pulp.LpSolutionNoSolutionFound
        values = highs.getSolution().col_value
        for variable in problem.variables():
            variable.varValue = values[variable.index]
        return pulp.LpStatusOptimal, pulp.LpSolutionIntegerFeasible


class _Programme:
    """The mixed integer programme over the obligations on loops."""

    def __init__(self, columns: Columns, rows: Ints, rules: Rules, face: Face) -> None:
        debtor, creditor = columns.debtor[rows].tolist(), columns.creditor[rows].tolist()
        self.rules = rules
        self.rows = rows
        self.size = len(columns.ceiling)
        self.unit = 2.0 ** max(0, int(columns.ceiling[rows].max()).bit_length() - _BITS)
        self.ceiling = self._scaled(columns.ceiling[rows])
        self.problem = pulp.LpProblem("choice", pulp.LpMinimize)
        self.flows = define_flows(self.problem, self._scaled(face.low[rows]), self._scaled(face.high[rows]))
        self.touched = define_touched(self.problem, self.flows, self.ceiling, self._least())
        if not rules.whole:
            define_order(self.problem, self.flows, self.touched, self.ceiling, debtor, creditor)
        define_conservation(self.problem, self.flows, debtor, creditor, [0] * columns.members)
        caps, floors = ({m: n / self.unit for m, n in bounds.items()} for bounds in (face.caps, face.floors))
        define_member_bounds(self.problem, self.flows, debtor, caps, floors)

    def _scaled(self, amounts: Ints) -> list[float]:
        """Give amounts in the programme's unit; exact, as doubles hold the amounts and the unit is a power of 2."""
        return [amount / self.unit for amount in amounts.tolist()]

    def _least(self) -> list[float]:
        if self.rules.whole:
            return self.ceiling
        return [min(ceiling, max(1, self.rules.smallest_set_off) / self.unit) for ceiling in self.ceiling]

    def maximise_total(self) -> None:
        """Maximise sum_o f_o."""
        self.problem += pulp.LpAffineExpression([(flow, -1) for flow in self.flows])

    def hold_total(self) -> None:
        """Hold what was found: sum_o f_o >= total - 1/2.

        For any choice of obligations the greatest total is an integer, so half a unit less asks for the same, and
        leaves the solver's doubles some room.
        """
        total = round(self.unit * sum(flow.varValue for flow in self.flows))
        self.problem += pulp.lpSum(self.flows) >= (total - 0.5) / self.unit, "total"

    def minimise_touched(self) -> None:
        """Minimise sum_o y_o."""
        self.problem.setObjective(pulp.lpSum(self.touched))

    def solve(self) -> Mask:
        """Tell which rows are touched.

        Raises:
            SolverError: there is no solution, or none was found.
        """
        limits = {"mip_rel_gap": self.rules.gap, "mip_max_nodes": self.rules.nodes}
        self.problem.solve(_Search(mip=True, msg=False, **_OPTIONS, **limits))
        if self.problem.sol_status == pulp.LpSolutionInfeasible:
            raise SolverError("HiGHS says that no choice of obligations keeps all rules together: do without one")
        if self.problem.sol_status not in (pulp.LpSolutionOptimal, pulp.LpSolutionIntegerFeasible):
            raise SolverError(
                f"HiGHS found no choice of obligations within {self.rules.nodes} nodes: allow more nodes or a gap"
            )
        touched = np.zeros(self.size, np.bool_)
        touched[self.rows] = [variable.varValue > 0.5 for variable in self.touched]
        return touched

    def bound(self) -> int:
        """Give what no solution of `maximise_total` exceeds, minor units; rounded as the solver's doubles are."""
        bound = -self.unit * float(self.problem.solverModel.getInfo().mip_dual_bound)
        return round(bound) if isfinite(bound) else LARGEST_IN_DOUBLES


def define_touched(
    problem: pulp.LpProblem, flows: Sequence[pulp.LpVariable], ceiling: Sequence[float], least: Sequence[float]
) -> list[pulp.LpVariable]:
    """Give each obligation a binary y_o that tells whether it is touched: l_o y_o <= f_o <= c_o y_o."""
    touched = []
    for i, (flow, most, little) in enumerate(zip(flows, ceiling, least, strict=True)):
        binary = problem.add_variable(f"y{i:07}", cat=pulp.LpBinary)
        problem += flow <= most * binary, f"most{i:07}"
        problem += flow >= little * binary, f"least{i:07}"
        touched.append(binary)
    return touched


def define_order(
    problem: pulp.LpProblem,
    flows: Sequence[pulp.LpVariable],
    touched: Sequence[pulp.LpVariable],
    ceiling: Sequence[float],
    debtor: Sequence[int],
    creditor: Sequence[int],
) -> None:
    """Keep the order of imputation: of two successive obligations of a pair, f_o >= c_o y_(o+1)."""
    for i in range(len(flows) - 1):
        if debtor[i] == debtor[i + 1] and creditor[i] == creditor[i + 1]:
            problem += flows[i] >= ceiling[i] * touched[i + 1], f"order{i:07}"


def define_member_bounds(
    problem: pulp.LpProblem,
    flows: Sequence[pulp.LpVariable],
    debtor: Sequence[int],
    caps: Mapping[int, float],
    floors: Mapping[int, float],
) -> None:
    """Hold each bounded member's cap and floor on what it owes: L_m <= sum_{o owed by m} f_o <= K_m."""
    paid: dict[int, list[pulp.LpVariable]] = defaultdict(list)
    for flow, member in zip(flows, debtor, strict=True):
        paid[member].append(flow)
    for member in sorted({*caps, *floors}):
        if member in caps and paid[member]:
            problem += pulp.lpSum(paid[member]) <= caps[member], f"cap{member:07}"
        if floors.get(member):
            problem += pulp.lpSum(paid[member]) >= floors[member], f"floor{member:07}"
