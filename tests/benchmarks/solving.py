"""Solve a reduced network with one solver, timed from arrays to flow, the building of its own graph included."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np

from .measuring import PACKAGE
from .peers.network import Network


def _kernel(network: Network) -> Any:
    from bizoverbiz.netting.flow import Arcs, maximise

    low, weight = np.zeros_like(network.amount), np.ones(len(network.amount), np.int8)
    return maximise(Arcs(network.firms, network.debtor, network.creditor, low, network.amount), weight).flow


def _load(solver: str) -> Callable[[Network], Any]:
    """Give a solver, loaded by itself: some cannot be loaded into the same process as others."""
    if solver == "kernel":
        import_module("bizoverbiz.netting.flow")
        return _kernel
    set_off: Callable[[Network], Any] = import_module(f"{PACKAGE}.peers.{solver}").set_off
    return set_off


def main() -> None:
    solver, path = sys.argv[1:]
    solve = _load(solver)
    with np.load(path) as stored:
        network = Network(int(stored["nodes"]), stored["tail"], stored["head"], stored["high"])
    began = time.perf_counter()
    flow = solve(network)
    seconds = time.perf_counter() - began
    if np.any(flow < 0) or np.any(flow > network.amount) or np.any(network.leaving(flow)):
        raise SystemExit(f"{solver} gave no circulation within the bounds")
    answer = {"total": int(flow.sum()), "nodes": network.firms, "arcs": len(network.amount)}
    print(json.dumps(answer | {"solve": round(seconds, 3)}))


if __name__ == "__main__":
    main()
