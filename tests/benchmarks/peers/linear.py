"""Netting as a linear programme in PuLP: greatest total, every firm's set-offs in balance."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import numpy.typing as npt
import pulp

from .network import Network


def set_off(network: Network, solver: pulp.LpSolver) -> npt.NDArray[np.int64]:
    problem = pulp.LpProblem("netting", pulp.LpMaximize)
    flows = [problem.add_variable(f"f{i}", 0, amount) for i, amount in enumerate(network.amount.tolist())]
    problem += pulp.LpAffineExpression([(flow, 1) for flow in flows])
    terms = defaultdict(list)
    for flow, debtor, creditor in zip(flows, network.debtor.tolist(), network.creditor.tolist(), strict=True):
        terms[debtor].append((flow, 1))
        terms[creditor].append((flow, -1))
    for firm, row in terms.items():
        problem += pulp.LpAffineExpression(row) == 0, f"balance{firm}"
    if problem.solve(solver) != pulp.LpStatusOptimal:
        raise SystemExit(f"{solver.name} ended with {pulp.LpStatus[problem.status]!r}")
    return np.rint([flow.varValue for flow in flows]).astype(np.int64)
