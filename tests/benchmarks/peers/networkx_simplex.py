"""networkx.network_simplex, written in Python.

Everything is set off first; what then is out of balance is removed again along paths of fewest debts.
"""

from __future__ import annotations

import networkx as nx
import numpy as np
import numpy.typing as npt

from .network import Network, run


def set_off(network: Network) -> npt.NDArray[np.int64]:
    graph = nx.DiGraph()
    demands = enumerate((-network.leaving(network.amount)).tolist())
    graph.add_nodes_from((firm, {"demand": demand}) for firm, demand in demands)
    pairs = list(zip(network.debtor.tolist(), network.creditor.tolist(), strict=True))
    graph.add_edges_from(
        (*pair, {"capacity": amount, "weight": 1}) for pair, amount in zip(pairs, network.amount.tolist(), strict=True)
    )
    _, removed = nx.network_simplex(graph)
    return network.amount - np.array([removed[debtor][creditor] for debtor, creditor in pairs])


if __name__ == "__main__":
    run(set_off)
