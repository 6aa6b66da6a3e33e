"""The largest possible set-off, computed by another method than the engine's: the network simplex of networkx."""

from collections.abc import Iterable

import networkx

from demo.ledger import Key


def largest_total(ceilings: Iterable[tuple[Key, int]]) -> int:
    """Cents: the value of a maximum circulation, each obligation an arc from debtor to creditor of cost -1.

    Integer capacities keep the network simplex in exact integers (Ahuja, Magnanti, Orlin, 1993, chapter 11).
    """
    graph = networkx.MultiDiGraph()
    for key, ceiling in ceilings:
        graph.add_edge(key.debtor, key.creditor, capacity=ceiling, weight=-1)
    if not graph:
        return 0
    cost, _ = networkx.network_simplex(graph)
    return -int(cost)


def longest_loop(amounts: Iterable[tuple[Key, int]]) -> int:
    """The number of distinct firms on the longest simple cycle of what was set off."""
    graph = networkx.DiGraph((key.debtor, key.creditor) for key, amount in amounts if amount)
    return max((len(cycle) for cycle in networkx.simple_cycles(graph)), default=0)
