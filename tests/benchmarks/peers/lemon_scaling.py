"""LEMON's CostScaling, through pylmcf, on the obligations as they are.

Everything is set off first; what then is out of balance is removed again along paths of fewest obligations.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from pylmcf import pylmcf_cpp

from .network import Network, run


def set_off(network: Network) -> npt.NDArray[np.int64]:
    order = np.argsort(network.debtor.astype(np.int64) * network.firms + network.creditor)
    removed = pylmcf_cpp.lmcf_cost_scaling(
        network.leaving(network.amount),
        network.debtor[order].astype(np.int64),
        network.creditor[order].astype(np.int64),
        network.amount[order],
        np.ones(len(order), np.int64),
    )
    amount = np.empty_like(network.amount)
    amount[order] = network.amount[order] - removed
    return amount


if __name__ == "__main__":
    run(set_off)
