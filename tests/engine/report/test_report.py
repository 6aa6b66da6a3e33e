import re
from html import unescape
from html.parser import HTMLParser
from random import Random

import polars as pl
import pytest

from bizoverbiz.report import UnknownLanguageError, render
from bizoverbiz.report.network import HUBS, MOST_LINKS, Node, gather
from bizoverbiz.report.wording import SENTENCES
from tests.engine.report.tables import result

TRIANGLE = [
    ("EUR", "Ada", "Bob", 120_000, 100_000),
    ("EUR", "Bob", "Cid", 100_000, 100_000),
    ("EUR", "Cid", "Ada", 1_234_567, 100_000),
]


class Reader(HTMLParser):
    """What a browser would make of a page: elements, attributes and text."""

    VOID = {"meta", "link", "img", "br"}

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.text += data + "\n"

    def count(self, tag: str) -> int:
        return sum(name == tag for name, _ in self.tags)


def table(page: str, caption_or_head: str) -> list[list[str]]:
    """The cells of the first table that contains a text, header first."""
    found = next(t for t in re.findall(r"<table.*?</table>", page, re.DOTALL) if caption_or_head in t)
    rows = re.findall(r"<tr>(.*?)</tr>", found, re.DOTALL)
    return [
        [unescape(re.sub(r"<[^>]*>", "", c)) for c in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", r, re.DOTALL)]
        for r in rows
    ]


def test_the_headline_shows_the_figures_of_the_summary():
    text = Reader(render(**result(TRIANGLE))).text
    assert "Multilateral set-off of 1\u00a0November\u00a02026" in text
    assert "20.6%" in text
    assert "€3,000.00 of €14,545.67" in text
    assert "Remaining\n11,545.67" in re.sub(r"\n+", "\n", text)
    assert "3,000.00 set off = 3,000.00 upper bound" in text


def test_french_is_written_with_narrow_spaces_and_decimal_commas():
    text = Reader(render(**result(TRIANGLE), language="fr")).text
    assert "Compensation multilatérale du 1er\u00a0novembre\u00a02026" in text
    assert "20,6\u202f%" in text
    assert "3\u202f000,00\u00a0€ sur 14\u202f545,67\u00a0€" in text
    assert not re.search(r"(?<![\u00a0\u202f])[;:?!](?!\w)", re.sub(r"SHA.*", "", text)), "a mark without its space"


def test_both_languages_say_everything_with_the_same_values():
    for key, sentence in SENTENCES.items():
        assert set(sentence) == {"en", "fr"}, key
        values = [sorted(set(re.findall(r"{\w+}", text))) for text in sentence.values()]
        assert values[0] == values[1], key
        assert sentence["en"].count("|") == sentence["fr"].count("|"), key


def test_another_language_is_refused():
    with pytest.raises(UnknownLanguageError, match="'de': choose one of en, fr"):
        render(**result(TRIANGLE), language="de")


def test_obligations_are_counted_by_what_became_of_them():
    rows = table(render(**result(TRIANGLE)), ">Wholly<")
    assert [row[:5] for row in rows[1:]] == [
        ["Wholly", "1", "1,000.00", "1,000.00", "100.0%"],
        ["Partly", "2", "13,545.67", "2,000.00", "14.8%"],
        ["Not", "0", "0.00", "0.00", "–"],
    ]


def test_members_stand_with_what_they_owe_and_are_owed_the_largest_first():
    rows = table(render(**result(TRIANGLE)), "Left to pay")
    assert rows[1:] == [
        ["Ada", "12,345.67", "1,200.00", "1,000.00", "11,345.67", "200.00"],
        ["Cid", "1,000.00", "12,345.67", "1,000.00", "0.00", "11,345.67"],
        ["Bob", "1,200.00", "1,000.00", "1,000.00", "200.00", "0.00"],
    ]


def test_members_are_counted_by_the_share_of_their_debts_set_off():
    rows = table(render(**result(TRIANGLE)), "Members by the share")
    assert {row[0]: row[3] for row in rows[1:] if row[3] != "0"} == {
        "0 to 10%": "1",
        "80 to 90%": "1",
        "Everything": "1",
    }


def test_concentration_is_told_for_fewer_than_all_members():
    ring = [("EUR", f"F{i:02}", f"F{(i + 1) % 10:02}", 919 if i == 3 else 9, 9) for i in range(10)]
    assert table(render(**result(ring)), "of all debts")[1:] == [["1 member", "91.9%", "10.0%"]]
    eleven = [*ring, ("EUR", "F10", "F00", 1, 0)]
    assert table(render(**result(eleven)), "of all debts")[1:] == [
        ["1 member", "91.8%", "10.0%"],
        ["10 members", "99.9%", "100.0%"],
    ]


@pytest.mark.parametrize(
    ("part", "says"), [(0, "0.0%"), (1, "<\u202f0.1%"), (9_999, ">\u202f99.9%"), (10_000, "100.0%")]
)
def test_only_nothing_reads_as_nothing_and_only_all_as_all(part, says):
    rows = table(render(**result([("EUR", "A", "B", 10_000, part), ("EUR", "B", "A", 10_000, part)])), "Not yet due")
    assert rows[-1][3] == says


def test_ages_stand_oldest_first_and_a_missing_one_is_empty():
    tables = result(TRIANGLE)
    tables["ages"] = pl.DataFrame(
        [("EUR", "not_yet_due", 1_000_000, 0), ("EUR", "over_90_days", 454_567, 300_000)],
        schema=tables["ages"].schema,
        orient="row",
    )
    rows = table(render(**tables), "More than 90 days late")
    assert [row[:3] for row in rows[1:]] == [
        ["More than 90 days late", "4,545.67", "3,000.00"],
        ["61 to 90 days late", "0.00", "0.00"],
        ["31 to 60 days late", "0.00", "0.00"],
        ["1 to 30 days late", "0.00", "0.00"],
        ["Not yet due", "10,000.00", "0.00"],
    ]


def test_a_size_starts_at_its_power_of_ten():
    rows = table(render(**result([("EUR", "A", "B", n, 0) for n in (9_999, 10_000, 999_999)])), "Below 100")
    assert [row[:3] for row in rows[1:]] == [
        ["Below 100", "1", "99.99"],
        ["100 to below 1,000", "1", "100.00"],
        ["1,000 to below 10,000", "1", "9,999.99"],
    ]


def test_a_rule_stands_with_its_value_and_what_it_excluded():
    tables = result(TRIANGLE, smallest_obligation=5_000, horizon=30, whole=True, pair_cap=None)
    lowered = pl.col("id") == "I2"
    tables["setoffs"] = tables["setoffs"].with_columns(
        ceiling=pl.when(lowered).then(200_000).otherwise("ceiling"), rule=pl.when(lowered).then(pl.lit("horizon"))
    )
    assert table(render(**tables), "Kept out")[1:] == [
        ["Smallest obligation", "€50.00", "–", "–"],
        ["Horizon before the due date", "30 days", "1", "10,345.67"],
        ["Whole obligations only", "yes", "–", "–"],
    ]


@pytest.mark.parametrize(("optimal", "says"), [(True, "Yes, under the rules"), (False, "Not proven: up to €5.00 more")])
def test_a_gap_to_the_bound_is_told(optimal, says):
    tables = result(TRIANGLE)
    tables["summary"]["currency"]["EUR"]["upper_bound"] += 500
    tables["summary"]["optimal"] = optimal
    text = Reader(render(**tables)).text
    assert says in text
    assert "the total set off equals" not in text


def test_the_page_fetches_nothing_and_runs_nothing():
    page = render(**result(TRIANGLE))
    reader = Reader(page)
    assert not {"script", "link", "img", "iframe", "object", "base"} & {tag for tag, _ in reader.tags}
    assert not re.search(r"https?:|//|url\(|@import|\bon\w+=", page.replace("default-src 'none'", ""))
    assert all((attrs.get("href") or "#").startswith("#") for _, attrs in reader.tags)
    assert "default-src 'none'" in page


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7*7 }}", "A&B 'Co'"]
)
def test_names_are_text_wherever_they_stand(name):
    tables = result([(f"<b>{name}", name, "Bob", 500, 100), (f"<b>{name}", "Bob", name, 100, 100)], **{name: name})
    tables["summary"]["input"]["name"] = name
    reader = Reader(render(**tables))
    assert not {"script", "img", "b"} & {tag for tag, _ in reader.tags}
    assert reader.text.count(name) > 4
    assert not reader.open


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_same_tables_give_the_same_page_whatever_the_order_of_rows(language):
    tables = result([("EUR", f"F{i * 7 % 90}", f"F{i * 11 % 90}", 100 + i % 3, 0) for i in range(1, 400) if i % 45])
    page = render(**tables, language=language)
    tables["setoffs"] = tables["setoffs"].reverse()
    tables["summary"]["seconds"] = {"read": 9.9}
    assert render(**tables, language=language) == page


def test_a_network_without_obligations_has_a_page():
    page = render(**result([]))
    assert "there is nothing to set off" in page
    assert Reader(page).count("svg") == 0


def test_one_pair_of_members_is_drawn():
    reader = Reader(render(**result([("EUR", "Ada", "Bob", 500, 0)])))
    assert reader.count("circle") == 4
    assert "Ada owes Bob €5.00; set off: €0.00" in reader.text
    assert "0.0%" in reader.text


def test_debts_of_zero_are_listed_but_not_drawn():
    page = render(**result([("EUR", "Ada", "Bob", 0, 0), ("EUR", "Bob", "Cid", 0, 0), ("CHF", "Bob", "Cid", 1, 0)]))
    assert Reader(page).count("circle") == 4


def test_each_currency_has_its_own_part_and_a_line_in_the_overview():
    debts = [*TRIANGLE, ("CHF", "Ada", "Bob", 700, 700), ("CHF", "Bob", "Ada", 700, 700)]
    page = render(**result(debts))
    assert [row[:3] for row in table(page, "Currency")[1:]] == [
        ["CHF", "14.00", "14.00"],
        ["EUR", "14,545.67", "3,000.00"],
    ]
    swiss, euro = page.split("<section")[1:]
    assert "CHF\u00a014.00 of CHF\u00a014.00" in swiss
    assert "Cid" not in swiss
    assert "Cid" in euro


def test_a_debt_set_off_wholly_is_gone_from_the_drawing_after():
    page = render(**result(TRIANGLE))
    before, after = re.findall(r'<svg class="net".*?</svg>', page, re.DOTALL)
    assert len(re.findall(r"<title>\w+ owes ", before)) == 3
    assert len(re.findall(r"<title>\w+ owes ", after)) == 2
    assert "Bob owes Cid" not in after
    assert 'class="cleared"' in before
    assert 'class="cleared"' not in after
    bob = re.compile(r'r="([0-9.]+)"><title>Bob:')
    assert float(bob.search(after)[1]) < float(bob.search(before)[1])


def test_only_the_largest_connected_part_is_drawn():
    page = render(**result([*TRIANGLE, ("EUR", "Xan", "Yva", 10**9, 0)]))
    assert "Xan" not in "".join(re.findall(r'<svg class="net".*?</svg>', page, re.DOTALL))
    assert "network: 3 members" in page


def test_a_hundred_thousand_obligations_are_drawn_within_bounds():
    random = Random(1)
    pairs = [(int(30_000 * random.random() ** 4), random.randrange(30_000, 60_000)) for _ in range(100_000)]
    reader = Reader(render(**result([("EUR", f"F{a}", f"F{b}", 1 + a * b % 10**6, 0) for a, b in pairs])))
    assert HUBS < reader.count("circle") / 2 <= 2 * HUBS + 1
    assert reader.count("g") == 2 * MOST_LINKS
    assert "of the largest stand alone" in reader.text


def test_many_members_are_drawn_around_the_hub_they_deal_with_most():
    hubs = [("EUR", f"H{i:02}", f"H{(i + 1) % HUBS:02}", 10**6, 10**6) for i in range(HUBS)]
    small = [("EUR", f"S{i:02}", f"H{i % HUBS:02}", 5, 0) for i in range(2 * HUBS)]
    more = [("EUR", f"H{(i + 1) % HUBS:02}", f"S{i:02}", 7, 0) for i in range(2 * HUBS)]
    tables = result([*hubs, *small, *more, ("EUR", "Far", "S00", 3, 0), ("EUR", "S01", "S31", 2, 0)])
    network = gather(tables["setoffs"], tables["members"])
    assert [node.name for node in network.nodes] == [f"H{i:02}" for i in range(HUBS)] * 2 + [None]
    assert network.nodes[HUBS + 1] == Node("H01", group=True, members=2, volume=2 * 12 + 3, set_off=0)
    assert network.nodes[-1] == Node(None, group=True, members=1, volume=3, set_off=0)
    assert sum(node.members for node in network.nodes) == network.members == 3 * HUBS + 1
    assert network.amount == network.shown + network.within == HUBS * 10**6 + 2 * HUBS * 12 + 5
    assert network.within == 2
