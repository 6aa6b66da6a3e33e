"""OR-Tools' SimpleMinCostFlow (push-relabel with cost scaling).

Everything is set off first; what then is out of balance is removed again along paths of fewest debts.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from ortools.graph.python.min_cost_flow import SimpleMinCostFlow

from .network import Network, run


def set_off(network: Network) -> npt.NDArray[np.int64]:
    flow = SimpleMinCostFlow()
    one = np.ones(len(network.amount), np.int64)
    arcs = flow.add_arcs_with_capacity_and_unit_cost(network.debtor, network.creditor, network.amount, one)
    flow.set_nodes_supplies(np.arange(network.firms, dtype=np.int32), network.leaving(network.amount))
    status = flow.solve()
    if status != flow.OPTIMAL:
        raise SystemExit(f"SimpleMinCostFlow ended with {status.name}")
    return network.amount - flow.flows(arcs)


if __name__ == "__main__":
    run(set_off)
