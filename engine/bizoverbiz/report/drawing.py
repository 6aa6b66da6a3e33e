"""The network as shapes: where nodes stand, how thick arrows are, before and after the set-off."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import hypot, sqrt

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from bizoverbiz.report.network import Network

WIDTH, HEIGHT = 520, 460
#: Room for names at the sides, for circles above and below.
MARGINS = (58, 32)
LARGEST_RADIUS, SMALLEST_RADIUS = 17.0, 3.0
THICKEST, THINNEST = 9.0, 0.7
#: So many members and groups may carry their names in the drawing; all carry them as titles.
NAMED, GROUPS_NAMED = 16, 8
#: Width of a letter and height of a line of those names.
LETTER, LINE = 7.5, 14


@dataclass(frozen=True, slots=True)
class Circle:
    """A node as drawn: its area grows with what its members owe and are owed."""

    #: Which node of the network.
    node: int
    x: float
    y: float
    radius: float
    #: Does its name stand beside it?
    named: bool


@dataclass(frozen=True, slots=True)
class Arrow:
    """A link as drawn, from debtor to creditor."""

    #: Which link of the network.
    link: int
    #: Commands of the SVG path along which the shaft runs.
    shaft: str
    #: Those of the head's triangle.
    head: str
    #: Of the shaft; its area per length grows with the square root of the amount.
    thickness: float
    #: Thickness of the part set off, in proportion; 0 after the set-off.
    cleared: float


@dataclass(frozen=True, slots=True)
class Drawing:
    """One side of before and after."""

    circles: tuple[Circle, ...]
    #: Thickest last, so that they lie on top.
    arrows: tuple[Arrow, ...]


def draw(network: Network, labels: Sequence[str]) -> tuple[Drawing, Drawing]:
    """Draw the network before and after the set-off, every node in the same place.

    Args:
        network: with at least one link.
        labels: what may be written beside each node.
    """
    radii = [_radius(node.volume, network) for node in network.nodes]
    places = _places(network, radii)
    named = _named(network, labels, radii, places)

    def side(*, after: bool) -> Drawing:
        left = [_radius(node.volume - node.set_off * after, network) for node in network.nodes]
        circles = [Circle(i, *places[i], left[i], i in named) for i in range(len(radii))]
        return Drawing(tuple(circles), tuple(_arrows(network, circles, after=after)))

    return side(after=False), side(after=True)


def _radius(volume: int, network: Network) -> float:
    largest = max(node.volume for node in network.nodes)
    return round(max(SMALLEST_RADIUS, LARGEST_RADIUS * sqrt(volume / largest)), 1)


def _places(network: Network, radii: list[float]) -> list[tuple[float, float]]:
    """Lay the nodes out so that those who deal with each other stand close, groups near their hub, nothing overlaps.

    Kamada & Kawai 1989, doi:10.1016/0020-0190(89)90102-6: distance on paper follows distance along the links.
    """
    graph = nx.Graph((link.debtor, link.creditor) for link in network.links)
    graph.add_nodes_from(range(len(network.nodes)))
    hubs = {node.name: i for i, node in enumerate(network.nodes) if not node.group}
    for i, node in enumerate(network.nodes):
        if node.group and node.name in hubs:  # a hub without a link among those drawn is not drawn itself
            graph.add_edge(hubs[node.name], i)
    for part in sorted(nx.connected_components(graph), key=min)[1:]:
        graph.add_edge(0, min(part))
    spread = nx.kamada_kawai_layout(graph, weight=None)
    points = np.array([spread[i] for i in range(len(radii))])
    points = _apart(_fit(points), np.array(radii))
    return [(round(float(x), 1), round(float(y), 1)) for x, y in points]


def _named(network: Network, labels: Sequence[str], radii: list[float], places: list[tuple[float, float]]) -> set[int]:
    """Choose whose names are written: members first, the largest first, none over another name or a larger circle."""
    named: dict[int, tuple[float, float, float]] = {}
    ranked = sorted(range(len(radii)), key=lambda i: (-radii[i], i))
    groups = [i for i in ranked if network.nodes[i].group]
    members = [i for i in ranked if not network.nodes[i].group]
    for i in members[:NAMED] + groups[:GROUPS_NAMED]:
        x, y, half = places[i][0], places[i][1] - radii[i] - LINE / 2, LETTER * len(labels[i]) / 2
        taken = any(abs(x - u) < half + w and abs(y - v) < LINE for u, v, w in named.values()) or any(
            abs(x - u) < half + radius and abs(y - v) < radius + LINE / 3
            for radius, (u, v) in zip(radii, places, strict=True)
            if radius > radii[i]
        )
        if not taken:
            named[i] = (x, y, half)
    return set(named)


def _fit(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Stretch a layout over the whole drawing, half by place and half by rank, so that a dense middle opens up."""
    low, high = points.min(axis=0), points.max(axis=0)
    size = np.array([WIDTH, HEIGHT]) - 2 * np.array(MARGINS)
    scaled = np.where(high > low, (points - low) / np.where(high > low, high - low, 1), 0.5)
    if len(points) > 3:
        rank = points.argsort(axis=0, kind="stable").argsort(axis=0) / (len(points) - 1)
        scaled = (scaled + rank) / 2
    fitted: NDArray[np.float64] = np.array(MARGINS) + scaled * size
    return fitted


def _apart(points: NDArray[np.float64], radii: NDArray[np.float64]) -> NDArray[np.float64]:
    """Push circles off each other, a little at a time."""
    room = radii[:, None] + radii[None, :] + 14
    np.fill_diagonal(room, 0)
    low = np.array(MARGINS)
    high = np.array([WIDTH, HEIGHT]) - low
    for _ in range(80):
        apart = points[:, None, :] - points[None, :, :]
        distance = np.maximum(np.hypot(apart[..., 0], apart[..., 1]), 0.1)
        push = np.maximum(0, room - distance) / distance / 4
        points = (points + (apart * push[..., None]).sum(axis=1)).clip(low, high)
    return points


def _arrows(network: Network, circles: list[Circle], *, after: bool) -> Iterator[Arrow]:
    for i, link in reversed(list(enumerate(network.links))):
        share = link.set_off / link.amount
        if after and link.set_off == link.amount:
            continue
        full = max(THINNEST, THICKEST * sqrt(link.amount / network.links[0].amount))
        thickness = max(THINNEST, full * (1 - share)) if after else full
        shaft, head = _shape(circles[link.debtor], circles[link.creditor], thickness)
        yield Arrow(i, shaft, head, round(thickness, 1), 0 if after else round(full * share, 1))


def _shape(start: Circle, end: Circle, thickness: float) -> tuple[str, str]:
    """Give shaft and head of an arrow that leaves to the right, so that the one back runs beside it."""
    dx, dy = end.x - start.x, end.y - start.y
    length = hypot(dx, dy) or 1.0
    bend_x, bend_y = start.x + dx / 2 - dy * 0.12, start.y + dy / 2 + dx * 0.12
    out = hypot(bend_x - start.x, bend_y - start.y) or 1.0
    leave_x = start.x + (bend_x - start.x) / out * start.radius
    leave_y = start.y + (bend_y - start.y) / out * start.radius
    along_x, along_y = (end.x - bend_x) / out, (end.y - bend_y) / out
    tip_x, tip_y = end.x - along_x * (end.radius + 1), end.y - along_y * (end.radius + 1)
    gap = max(2.0, length - start.radius - end.radius)
    long = min(3.5 + 1.1 * thickness, 0.6 * gap)
    wide = min(1.6 + 0.75 * thickness, 0.5 * gap)
    neck_x, neck_y = tip_x - along_x * long, tip_y - along_y * long
    shaft = f"M{leave_x:.1f} {leave_y:.1f}Q{bend_x:.1f} {bend_y:.1f} {neck_x:.1f} {neck_y:.1f}"
    left = f"{neck_x - along_y * wide:.1f} {neck_y + along_x * wide:.1f}"
    right = f"{neck_x + along_y * wide:.1f} {neck_y - along_x * wide:.1f}"
    return shaft, f"M{tip_x:.1f} {tip_y:.1f}L{left} {right}Z"
