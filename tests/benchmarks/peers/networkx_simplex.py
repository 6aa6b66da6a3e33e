"""networkx.network_simplex, written in Python, on the obligations as they are.

Everything is set off first; what then is out of balance is removed again along paths of fewest obligations.
"""

from __future__ import annotations

import networkx as nx
import numpy as np
import numpy.typing as npt

from .network import Network, run


def set_off(network: Network) -> npt.NDArray[np.int64]:
    graph = nx.MultiDiGraph()
    demands = enumerate((-network.leaving(network.amount)).tolist())
    graph.add_nodes_from((firm, {"demand": demand}) for firm, demand in demands)
    debtor, creditor, amount = network.debtor.tolist(), network.creditor.tolist(), network.amount.tolist()
    graph.add_edges_from(
        (debtor[row], creditor[row], row, {"capacity": amount[row], "weight": 1}) for row in range(len(amount))
    )
    _, removed = nx.network_simplex(graph)
    return network.amount - np.array([removed[debtor[row]][creditor[row]][row] for row in range(len(amount))])


if __name__ == "__main__":
    run(set_off)
