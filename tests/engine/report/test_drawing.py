"""The drawing takes whatever is left of a network once the thinnest links are left out."""

from bizoverbiz.report.drawing import draw
from bizoverbiz.report.network import Link, Network, Node


def test_a_group_whose_hub_has_no_link_thick_enough_is_drawn_without_it() -> None:
    nodes = (Node("A", False, 1, 900, 0), Node("B", False, 1, 800, 100), Node("H", True, 7, 300, 0))
    links = (Link(0, 1, 500, 50), Link(2, 0, 300, 0))
    before, after = draw(Network(nodes, links, members=10, amount=900, within=0, shown=800), ["A", "B", "+7"])
    assert len(before.circles) == len(after.circles) == 3
    places = {(circle.x, circle.y) for circle in before.circles}
    assert len(places) == 3, "nobody lies on somebody else"
