"""LEMON's NetworkSimplex, with block search, through pylmcf.Graph.

Everything is set off first; what then is out of balance is removed again along paths of fewest debts.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pylmcf

from .network import Network, run


def set_off(network: Network) -> npt.NDArray[np.int64]:
    graph = pylmcf.Graph(network.firms, network.debtor, network.creditor)
    graph.set_edge_capacities(network.amount)
    graph.set_edge_costs(np.ones(len(network.amount), np.int64))
    graph.set_node_supply(network.leaving(network.amount))
    graph.solve()
    return network.amount - graph.result()


if __name__ == "__main__":
    run(set_off)
