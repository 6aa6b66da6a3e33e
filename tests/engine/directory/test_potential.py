"""Bands are the maximum flow of debts, coarse, blurred, and silent where they would tell one firm's books."""

from __future__ import annotations

from itertools import combinations
from random import Random

import networkx as nx

from bizoverbiz.directory.potential import BLUR, EDGES, Debts, bands


def band(rows: list[tuple[str, str, int]], member: str, other: str, salt: str = "s") -> int:
    """Of a purchase by the member from the other firm; amounts in units."""
    debts = Debts.of([(debtor, creditor, 100 * amount) for debtor, creditor, amount in rows], 100)
    return bands(debts, member, [other], salt=salt).get(("suppliers", other), 0)


def test_a_debt_that_leads_on_to_the_buyer_could_be_set_off() -> None:
    chain = [("s", "x", 20_000), ("x", "y", 20_000), ("y", "a", 20_000)]
    assert band(chain, "a", "s") == 2
    assert band(chain, "s", "a") == 0, "not the other way round"
    assert band([("s", "x", 20_000), ("x", "y", 100), ("y", "a", 20_000)], "a", "s") == 0
    debts = Debts.of([(debtor, creditor, 100 * amount) for debtor, creditor, amount in chain], 100)
    assert bands(debts, "s", ["a"], salt="s") == {("customers", "a"): 2}


def test_what_would_tell_a_single_firms_debts_is_told_as_none() -> None:
    assert band([("s", "a", 90_000)], "a", "s") == 0
    assert band([("s", "x", 90_000), ("x", "a", 90_000)], "a", "s") == 0
    both = [("s", "x", 90_000), ("x", "a", 90_000), ("s", "y", 90_000), ("y", "a", 90_000)]
    assert band(both, "a", "s") == 3


def test_edges_are_blurred_by_pair_and_stay_where_they_are() -> None:
    def chain(amount: int) -> list[tuple[str, str, int]]:
        return [("s", "x", amount), ("x", "y", amount), ("y", "a", amount)]

    told = {band(chain(EDGES[1]), "a", "s", salt=str(salt)) for salt in range(20)}
    assert told == {1, 2}
    assert len({band(chain(EDGES[1]), "a", "s", salt="same") for _ in range(5)}) == 1
    sure = [round(edge * factor) for edge in EDGES for factor in (1 / BLUR / 1.1, BLUR * 1.1)]
    for salt in range(20):
        assert [band(chain(amount), "a", "s", salt=str(salt)) for amount in sure] == [0, 1, 1, 2, 2, 3]


def test_bands_follow_the_maximum_flow_of_random_networks() -> None:
    dice = Random(11)
    told = 0
    for _ in range(30):
        firms = [f"f{number}" for number in range(dice.randint(5, 9))]
        arcs = [
            (a, b, dice.choice([200, 3_000, 9_000, 30_000])) for a, b in combinations(firms, 2) if dice.random() < 0.5
        ]
        graph = nx.DiGraph()
        graph.add_nodes_from(firms)
        graph.add_weighted_edges_from(arcs, weight="capacity")
        debts = Debts.of([(a, b, 100 * amount) for a, b, amount in arcs], 100)
        found = bands(debts, firms[-1], firms[:-1], salt="s")
        for other in firms[:-1]:
            most = nx.maximum_flow_value(graph, other, firms[-1])
            got = found.get(("suppliers", other), 0)
            assert got <= sum(most >= edge / BLUR for edge in EDGES), (arcs, other)
            told += got > 0
    assert told > 20
