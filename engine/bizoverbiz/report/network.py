"""The network as it is drawn: at most some eighty nodes, each a member or a group of members."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

#: Up to so many members are drawn one by one.
MOST_MEMBERS = 60
#: Beyond, so many of the largest are drawn alone and the rest in groups around them.
HUBS = 30
#: No more debts than these are drawn, the largest.
MOST_LINKS = 160
#: The node of members outside the drawing.
NOT_DRAWN = -1


@dataclass(frozen=True, slots=True)
class Node:
    """A circle: a member, or the members whose largest partner among the hubs is the same."""

    #: Of the member, or of the hub the group belongs to; None for those that deal with no hub.
    name: str | None
    #: Is it a group?
    group: bool
    #: How many members it stands for.
    members: int
    #: Receivables and payables of its members, minor units.
    volume: int
    #: What of the volume was set off, minor units.
    set_off: int


@dataclass(frozen=True, slots=True)
class Link:
    """An arrow: all that one node owes another."""

    debtor: int
    creditor: int
    amount: int
    set_off: int


@dataclass(frozen=True, slots=True)
class Network:
    """The largest connected part of the network, made small enough to look at."""

    nodes: tuple[Node, ...]
    #: Largest amount first.
    links: tuple[Link, ...]
    #: Members in the part drawn.
    members: int
    #: What they owe each other, minor units.
    amount: int
    #: What of it is owed within groups, where no arrow shows it.
    within: int
    #: What of it is owed along the links.
    shown: int


def gather(setoffs: pl.DataFrame, members: pl.DataFrame) -> Network | None:
    """Make the drawing's network from obligations and members of one currency; None if nobody owes anything.

    A million members and five million obligations take two to three seconds, most of it to look up names.
    """
    names, debts = members["member"], setoffs.filter(pl.col("amount") > 0)
    if debts.is_empty():
        return None
    debtor, creditor = _places(debts["debtor"], names), _places(debts["creditor"], names)
    drawn = _largest_part(debtor, creditor, len(names))
    volume = np.where(drawn, (members["receivable"] + members["payable"]).to_numpy(), -1)
    order = np.argsort(-volume, kind="stable")
    grouped = int(drawn.sum()) > MOST_MEMBERS
    hubs = order[: HUBS if grouped else int(drawn.sum())]
    home = np.where(drawn, 2 * len(hubs), NOT_DRAWN).astype(np.int16)
    home[hubs] = np.arange(len(hubs))
    if grouped:
        _group(home, len(hubs), debtor, creditor, debts["amount"])
    links = (
        debts.lazy()
        .select(pl.Series("debtor", home[debtor]), pl.Series("creditor", home[creditor]), "amount", "set_off")
        .filter(pl.col("debtor") != NOT_DRAWN)
        .group_by("debtor", "creditor")
        .agg(pl.col("amount").sum(), pl.col("set_off").sum())
        .sort("amount", "debtor", "creditor", descending=[True, False, False])
        .collect()
    )
    inside = pl.col("debtor") == pl.col("creditor")
    between = links.filter(~inside).head(MOST_LINKS)
    linked = np.isin(home, np.unique(between.select("debtor", "creditor").to_numpy()))
    nodes, number = _nodes(members, np.where(linked, home, NOT_DRAWN), names.gather(hubs).to_list())
    return Network(
        nodes,
        tuple(Link(number[a], number[b], amount, cleared) for a, b, amount, cleared in between.iter_rows()),
        members=int(drawn.sum()),
        amount=int(links["amount"].sum()),
        within=int(links.filter(inside)["amount"].sum()),
        shown=int(between["amount"].sum()),
    )


def _places(column: pl.Series, names: pl.Series) -> NDArray[np.uint32]:
    """Look names up in the table of members: a sorted column in few steps, as equal names follow each other."""
    runs = column.rle().struct.unnest()
    places = pl.DataFrame({"value": names}).with_row_index("place")
    found = runs.join(places, on="value", how="left", maintain_order="left")["place"]
    column_places: NDArray[np.uint32] = np.repeat(found.to_numpy(), runs["len"].to_numpy())
    return column_places


def _largest_part(debtor: NDArray[np.uint32], creditor: NDArray[np.uint32], members: int) -> NDArray[np.bool_]:
    """Mark the members of the connected part that has the most of them; of equals, the one met first."""
    graph = coo_matrix((np.ones(len(debtor), np.bool_), (debtor, creditor)), shape=(members, members))
    part = connected_components(graph, directed=False)[1]
    marks: NDArray[np.bool_] = part == np.argmax(np.bincount(part))
    return marks


def _group(
    home: NDArray[np.int16],
    hubs: int,
    debtor: NDArray[np.uint32],
    creditor: NDArray[np.uint32],
    amount: pl.Series,
) -> None:
    """Move each member that deals with a hub from the rest to the group of the hub it deals most with.

    Args:
        home: each member's node, changed in place: i is the i-th hub, hubs + i its group, 2 * hubs the rest.
        hubs: how many hubs.
        debtor: the debtor's place of each obligation.
        creditor: the creditor's.
        amount: the obligation's amount.
    """
    ends = (debtor, home[debtor]), (creditor, home[creditor])
    touching = []
    for (firm, own), (_, partner) in (ends, ends[::-1]):
        rows = np.flatnonzero((own == 2 * hubs) & (partner >= 0) & (partner < hubs))
        pairs = firm[rows].astype(np.int64) * hubs + partner[rows]
        touching.append(pl.DataFrame({"pair": pairs, "amount": amount.gather(rows)}))
    partners = pl.concat(touching).group_by("pair").agg(pl.col("amount").sum())
    # of a member's hubs the last written stays: the one it deals most with, of equals the largest
    ranked = partners.sort("amount", "pair", descending=[False, True])["pair"].to_numpy()
    home[ranked // hubs] = hubs + ranked % hubs


def _nodes(members: pl.DataFrame, home: NDArray[np.int16], hubs: list[str]) -> tuple[tuple[Node, ...], dict[int, int]]:
    """Sum the members up by node; with it goes the place of each home's node."""
    sums = (
        members.lazy()
        .select(pl.Series("home", home), volume=pl.col("receivable") + pl.col("payable"), cleared=2 * pl.col("set_off"))
        .filter(pl.col("home") != NOT_DRAWN)
        .group_by("home")
        .agg(pl.len().alias("members"), pl.col("volume").sum(), pl.col("cleared").sum())
        .sort("home")
        .collect()
    )
    owners = [*hubs, *hubs, None]
    nodes = tuple(
        Node(owners[place], place >= len(hubs), count, volume, cleared)
        for place, count, volume, cleared in sums.iter_rows()
    )
    return nodes, {place: i for i, place in enumerate(sums["home"])}
