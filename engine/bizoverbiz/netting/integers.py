"""Rules that need integer variables: which obligations are touched at all, chosen by a mixed integer programme.

The programme (PuLP, solved by HiGHS) only chooses; the amounts on what it chose are then found as a pure flow, in exact
integers. What it proves is a bound in floating point, reported beside the exact bound of the pure flow.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pulp

from bizoverbiz.netting.columns import Columns, Ints, Mask, exact_sum
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


@dataclass(frozen=True, slots=True)
class Choice:
    """Which obligations are touched."""

    touched: Mask
    #: No choice allows a greater total, by the solver's account; minor units.
    bound: int


def choose(columns: Columns, rules: Rules, caps: Mapping[int, int], floors: Mapping[int, int], most: int) -> Choice:
    """Choose the obligations to touch: for the greatest total, and then, if asked for, the fewest.

    Args:
        columns: with the ceilings that the other rules leave.
        rules: the smallest set-off, whole obligations, fewest obligations, gap and nodes.
        caps: minor units by member.
        floors: likewise.
        most: the greatest total without these rules.

    Raises:
        InvalidRuleError: too many obligations, or amounts too large for such a programme.
        SolverError: HiGHS found no choice within the nodes allowed.
    """
    rows = _on_loops(columns)
    if len(rows) > LARGEST:
        raise InvalidRuleError(
            f"{len(rows)} obligations on loops are too many for rules with integer variables (at most {LARGEST}):"
            " leave small obligations out or do without these rules"
        )
    if exact_sum(columns.ceiling[rows]) > LARGEST_IN_DOUBLES:
        raise InvalidRuleError(f"rules with integer variables need ceilings of {LARGEST_IN_DOUBLES} together at most")
    touched = np.zeros(len(columns.ceiling), np.bool_)
    bound = most
    if rules.whole or rules.smallest_set_off > 1:
        programme = _Programme(columns, rows, rules, caps, floors)
        programme.maximise_total()
        touched[rows] = programme.solve()
        bound = min(most, programme.bound())
        most = programme.total()
    if rules.fewest:
        programme = _Programme(columns, rows, rules, caps, floors)
        programme.minimise_touched(most)
        touched[rows] = programme.solve()
    return Choice(touched, bound)


def _on_loops(columns: Columns) -> Ints:
    arcs = Arcs(columns.members, columns.debtor, columns.creditor, np.zeros_like(columns.ceiling), columns.ceiling)
    return np.flatnonzero(Loops.of(arcs).within(arcs) & (columns.ceiling > 0))


class _Programme:
    """The mixed integer programme over the obligations on loops."""

    def __init__(
        self, columns: Columns, rows: Ints, rules: Rules, caps: Mapping[int, int], floors: Mapping[int, int]
    ) -> None:
        debtor, creditor = columns.debtor[rows].tolist(), columns.creditor[rows].tolist()
        self.rules = rules
        self.ceiling = columns.ceiling[rows].tolist()
        self.problem = pulp.LpProblem("choice", pulp.LpMinimize)
        self.flows = define_flows(self.problem, [0] * len(rows), self.ceiling)
        self.touched = define_touched(self.problem, self.flows, self.ceiling, self._least())
        if not rules.whole:
            define_order(self.problem, self.flows, self.touched, self.ceiling, debtor, creditor)
        define_conservation(self.problem, self.flows, debtor, creditor, [0] * columns.members)
        define_member_bounds(self.problem, self.flows, debtor, caps, floors)

    def _least(self) -> list[int]:
        if self.rules.whole:
            return list(self.ceiling)
        return [min(ceiling, max(1, self.rules.smallest_set_off)) for ceiling in self.ceiling]

    def maximise_total(self) -> None:
        """Maximise sum_o f_o."""
        self.problem += pulp.LpAffineExpression([(flow, -1) for flow in self.flows])

    def minimise_touched(self, total: int) -> None:
        """Minimise sum_o y_o where sum_o f_o >= total."""
        self.problem += pulp.lpSum(self.touched)
        self.problem += pulp.lpSum(self.flows) >= total, "total"

    def solve(self) -> Mask:
        """Give the obligations touched.

        Raises:
            SolverError: there is no solution, or none was found.
        """
        limits = {"mip_rel_gap": self.rules.gap, "mip_abs_gap": 0.5, "mip_max_nodes": self.rules.nodes}
        self.problem.solve(pulp.HiGHS(mip=True, msg=False, **_OPTIONS, **limits))
        if any(variable.varValue is None for variable in self.touched):
            raise SolverError(
                f"HiGHS found no choice of obligations within {self.rules.nodes} nodes: allow more nodes or a gap"
            )
        return np.array([variable.varValue > 0.5 for variable in self.touched], np.bool_)

    def total(self) -> int:
        """Give the total of the solution found, minor units."""
        return sum(round(flow.varValue) for flow in self.flows)

    def bound(self) -> int:
        """Give what no solution of `maximise_total` exceeds, minor units; rounded as the solver's doubles are."""
        return round(-float(self.problem.solverModel.getInfo().mip_dual_bound))


def define_touched(
    problem: pulp.LpProblem, flows: Sequence[pulp.LpVariable], ceiling: Sequence[int], least: Sequence[int]
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
    ceiling: Sequence[int],
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
    caps: Mapping[int, int],
    floors: Mapping[int, int],
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
