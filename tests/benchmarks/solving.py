"""Solve a reduced network with one solver, timed from arrays to flow, the building of its own graph included."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Nodes = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Reduced:
    """Arcs from who owes to who is owed, sorted by both; amounts in minor units."""

    nodes: int
    tail: Nodes
    head: Nodes
    high: Ints

    def leaving(self, flow: Ints) -> Ints:
        balance = np.zeros(self.nodes, np.int64)
        np.add.at(balance, self.tail, flow)
        np.subtract.at(balance, self.head, flow)
        return balance


# Each solver is imported by its own function: some cannot be loaded into the same process.
def _kernel() -> Callable[[Reduced], Ints]:
    from bizoverbiz.netting.flow import Arcs, maximise

    def solve(network: Reduced) -> Ints:
        low, weight = np.zeros_like(network.high), np.ones(len(network.high), np.int8)
        return maximise(Arcs(network.nodes, network.tail, network.head, low, network.high), weight).flow

    return solve


def _or_tools() -> Callable[[Reduced], Ints]:
    from ortools.graph.python.min_cost_flow import SimpleMinCostFlow

    def solve(network: Reduced) -> Ints:
        flow = SimpleMinCostFlow()
        one = np.ones(len(network.high), np.int64)
        arcs = flow.add_arcs_with_capacity_and_unit_cost(network.tail, network.head, network.high, one)
        flow.set_nodes_supplies(np.arange(network.nodes, dtype=np.int32), network.leaving(network.high))
        status = flow.solve()
        if status != flow.OPTIMAL:
            raise SystemExit(f"SimpleMinCostFlow ended with {status.name}")
        return network.high - flow.flows(arcs)

    return solve


def _lemon_simplex() -> Callable[[Reduced], Ints]:
    import pylmcf

    def solve(network: Reduced) -> Ints:
        graph = pylmcf.Graph(network.nodes, network.tail, network.head)
        graph.set_edge_capacities(network.high)
        graph.set_edge_costs(np.ones(len(network.high), np.int64))
        graph.set_node_supply(network.leaving(network.high))
        graph.solve()
        return network.high - graph.result()

    return solve


def _lemon_scaling() -> Callable[[Reduced], Ints]:
    from pylmcf import pylmcf_cpp

    def solve(network: Reduced) -> Ints:
        supply, one = network.leaving(network.high), np.ones(len(network.high), np.int64)
        ends = network.tail.astype(np.int64), network.head.astype(np.int64)
        return network.high - pylmcf_cpp.lmcf_cost_scaling(supply, *ends, network.high, one)

    return solve


SOLVERS = {"kernel": _kernel, "or_tools": _or_tools, "lemon_simplex": _lemon_simplex, "lemon_scaling": _lemon_scaling}


def main() -> None:
    solver, path = sys.argv[1:]
    solve = SOLVERS[solver]()
    with np.load(path) as stored:
        network = Reduced(int(stored["nodes"]), stored["tail"], stored["head"], stored["high"])
    began = time.perf_counter()
    flow = solve(network)
    seconds = time.perf_counter() - began
    if np.any(flow < 0) or np.any(flow > network.high) or np.any(network.leaving(flow)):
        raise SystemExit(f"{solver} gave no circulation within the bounds")
    answer = {"total": int(flow.sum()), "nodes": network.nodes, "arcs": len(network.high)}
    print(json.dumps(answer | {"solve": round(seconds, 3)}))


if __name__ == "__main__":
    main()
