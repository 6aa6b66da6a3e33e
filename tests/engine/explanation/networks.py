"""The smallest network for each reason, and random ones."""

from __future__ import annotations

from pathlib import Path

from hypothesis import strategies as st

from bizoverbiz.explanation.graph import Graph
from bizoverbiz.verification import read_result
from bizoverbiz.verification.rows import networks

from ..verification.writing import Line, Solved

RING = [Line("ab", "A", "B", 100), Line("bc", "B", "C", 100), Line("ca", "C", "A", 100)]
SIXTY = dict.fromkeys(("ab", "bc", "ca"), 60)
CAPPED = {"EUR": Solved(SIXTY, {"B": 1, "C": -1}, {"B": 3}, {"B": 60}, {})}
UNPROVEN = {"EUR": Solved(SIXTY, {}, {}, {}, {})}
CHAIN = [Line("ca", "C", "A", 9), Line("ab", "A", "B", 9), Line("bd", "B", "D", 9)]
UNEVEN = [Line("ab", "A", "B", 100), Line("ba", "B", "A", 30)]
NARROW = [Line("ab", "A", "B", 100), Line("bc", "B", "C", 100), Line("cd", "C", "D", 30), Line("da", "D", "A", 100)]
TWO_WAYS = [
    Line("ba", "B", "A", 10),
    Line("ax", "A", "X", 10),
    Line("ay", "A", "Y", 10),
    Line("xb", "X", "B", 10),
    Line("yb", "Y", "B", 10),
]
LONG_AND_SHORT = [
    Line("ab", "A", "B", 10),
    Line("bc", "B", "C", 10),
    Line("cd", "C", "D", 10),
    Line("da", "D", "A", 10),
    Line("be", "B", "E", 10),
    Line("ea", "E", "A", 10),
]
FIRMS = ("Alder", "Birch", "Cedar", "Douglas", "Elm", "Fir")


@st.composite
def random_networks(draw: st.DrawFn, most: int = 30) -> list[Line]:
    """Up to six firms; a few obligations are left out or lowered by a rule."""
    pairs = st.permutations(FIRMS).map(lambda order: order[:2])
    drawn = draw(st.lists(st.tuples(pairs, st.integers(1, 20), st.integers(0, 9)), min_size=1, max_size=most))
    lines = []
    for i, ((debtor, creditor), amount, rule) in enumerate(drawn):
        if rule == 0:
            lines.append(Line(f"{i:03}", debtor, creditor, amount, rule="horizon"))
        elif rule == 1 and amount > 1:
            lines.append(Line(f"{i:03}", debtor, creditor, amount, rule="pair-cap", lowered=amount // 2))
        else:
            lines.append(Line(f"{i:03}", debtor, creditor, amount))
    return lines


def graph_of(directory: Path) -> Graph:
    """The one currency of a result as a graph."""
    result = read_result(directory)
    (network,) = networks(result)
    return Graph(network, result.certificate[network.currency])
