"""LEMON's NetworkSimplex, with block search, through pylmcf.Graph, on the obligations as they are.

Everything is set off first; what then is out of balance is removed again along paths of fewest obligations.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pylmcf

from .network import Network, run


def set_off(network: Network) -> npt.NDArray[np.int64]:
    order = np.argsort(network.debtor.astype(np.int64) * network.firms + network.creditor)
    graph = pylmcf.Graph(network.firms, network.debtor[order], network.creditor[order])
    graph.set_edge_capacities(network.amount[order])
    graph.set_edge_costs(np.ones(len(order), np.int64))
    graph.set_node_supply(network.leaving(network.amount))
    graph.solve()
    amount = np.empty_like(network.amount)
    amount[order] = network.amount[order] - graph.result()
    return amount


if __name__ == "__main__":
    run(set_off)
