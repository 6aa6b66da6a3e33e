"""LEMON's CostScaling, through pylmcf.

Everything is set off first; what then is out of balance is removed again along paths of fewest debts.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from pylmcf import pylmcf_cpp

from .network import Network, run


def set_off(network: Network) -> npt.NDArray[np.int64]:
    supply, one = network.leaving(network.amount), np.ones(len(network.amount), np.int64)
    ends = network.debtor.astype(np.int64), network.creditor.astype(np.int64)
    return network.amount - pylmcf_cpp.lmcf_cost_scaling(supply, *ends, network.amount, one)


if __name__ == "__main__":
    run(set_off)
