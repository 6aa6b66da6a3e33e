"""Cutting the network into the parts that can be solved by themselves, and joining their proofs again."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import networkx as nx

from bizoverbiz.netting.obligations import Edge


def components(edges: Sequence[Edge]) -> list[list[Edge]]:
    """Give the edges of each strongly connected component, in canonical order.

    A set-off moves around loops, and a loop never leaves its component: edges between components carry nothing and
    are left out (this contains the peeling of members without receivables or without payables).
    """
    graph = nx.DiGraph((edge.debtor, edge.creditor) for edge in edges)
    home = {member: i for i, part in enumerate(nx.strongly_connected_components(graph)) for member in part}
    parts: dict[int, list[Edge]] = defaultdict(list)
    for edge in edges:
        if home[edge.debtor] == home[edge.creditor]:
            parts[home[edge.debtor]].append(edge)
    return sorted(parts.values(), key=lambda part: (part[0].debtor, part[0].creditor))


def join_potentials(edges: Sequence[Edge], parts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """Shift each component's potentials so that they prove the whole network.

    An edge between components carries nothing, which is optimal when 1 + p_debtor - p_creditor <= 0. The components
    form no loop, so lifting each above those that owe it something satisfies every such edge; the same shift for a
    whole component changes nothing inside it.
    """
    graph = nx.DiGraph((edge.debtor, edge.creditor) for edge in edges)
    raw = {member: potential for part in parts for member, potential in part.items()}
    condensed = nx.condensation(graph)
    joined: dict[str, int] = {}
    for part in nx.topological_sort(condensed):
        members = condensed.nodes[part]["members"]
        shift = max(
            (
                joined[debtor] + 1 - raw.get(member, 0)
                for member in members
                for debtor in graph.predecessors(member)
                if debtor not in members
            ),
            default=-min(raw.get(member, 0) for member in members),
        )
        joined |= {member: raw.get(member, 0) + shift for member in members}
    return joined
