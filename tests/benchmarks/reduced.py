"""Write the network that is left to solve of a file: firms on loops, parallel obligations as one arc."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from bizoverbiz.files import read
from bizoverbiz.netting.flow import Arcs, Loops
from bizoverbiz.results.ordering import in_canonical_order


def main() -> None:
    source, target = sys.argv[1:]
    columns = in_canonical_order(read(Path(source), decimals=0, currency="EUR").frame).columns
    arcs = Arcs.between_pairs(columns)
    inner = arcs[np.flatnonzero(Loops.of(arcs).within(arcs))].compact()
    with Path(target).open("wb") as file:
        np.savez(file, nodes=inner.nodes, tail=inner.tail, head=inner.head, high=inner.high)


if __name__ == "__main__":
    main()
