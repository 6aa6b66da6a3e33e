"""OR-Tools' SimpleMinCostFlow as in `or_tools`, one arc an obligation: the problem as it is, nothing added up."""

from __future__ import annotations

from .network import run
from .or_tools import set_off

if __name__ == "__main__":
    run(set_off, apart=True)
