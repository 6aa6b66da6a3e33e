"""Lists a page at a time, and changes that name the version they mean."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bizoverbiz.api.pages import Paging, cursor, paging
from bizoverbiz.api.routers import notices
from bizoverbiz.api.versions import check_unchanged, etag
from bizoverbiz.errors import ChangedMeanwhileError, MalformedError

from .conftest import SIRENS, Network, Ring
from .operating import acknowledge, decide, propose


class Row(NamedTuple):
    name: str
    number: int


def read(rows: list[Row], page: Paging) -> list[Row]:
    """What a query does with a page's parameters."""
    asked = page.parameters()
    if asked["after_name"] is not None:
        rows = [row for row in rows if row > (asked["after_name"], asked["after_number"])]
    return rows[: asked["size"]]


@given(
    st.sets(
        st.tuples(
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=5), st.integers(-5, 5)
        ),
        max_size=12,
    ),
    st.integers(1, 5),
)
def test_page_by_page_every_row_comes_once_and_in_order(found: set[tuple[str, int]], limit: int) -> None:
    rows = [Row(*row) for row in sorted(found)]
    pages, after = [], None
    ask = paging(name=str, number=int)
    while True:
        page = ask(limit=limit, after=after)
        given_, after = page.cut(read(rows, page))
        pages.extend(given_)
        assert len(given_) <= limit
        if after is None:
            break
        assert len(given_) == limit
    assert pages == rows


def test_without_a_limit_the_list_is_whole() -> None:
    page = paging(default=None, name=str, number=int)(limit=None, after=None)
    rows = [Row("a", number) for number in range(2000)]
    assert page.parameters() == {"after_name": None, "after_number": None, "size": None}
    assert page.cut(rows) == (rows, None)


@pytest.mark.parametrize(
    "after",
    [
        "",
        "x",
        "é",
        "[]",
        cursor(1, "a"),
        cursor("a"),
        cursor("a", True),
        cursor("a", 2**63),
        cursor("\0", 1),
        urlsafe_b64encode(b'["\\ud800", 1]').decode(),
        urlsafe_b64encode(b"[" * 1400).decode(),
    ],
)
def test_a_cursor_of_another_list_is_malformed(after: str) -> None:
    with pytest.raises(MalformedError, match="give one back unchanged"):
        paging(name=str, number=int)(limit=1, after=after)


def test_a_change_of_the_version_that_was_read_goes_through() -> None:
    body = {"name": "Atelier", "lines": [1, 2], "none": None}
    check_unchanged(None, body, what="it")
    check_unchanged("*", body, what="it")
    check_unchanged(etag(body), dict(reversed(body.items())), what="it")
    check_unchanged(f'"other", {etag(body)}', body, what="it")


def test_a_change_of_an_older_version_is_refused_and_told_what_to_do() -> None:
    old = etag({"name": "Atelier"})
    with pytest.raises(ChangedMeanwhileError, match=r"this firm was changed after you read it: read it again"):
        check_unchanged(old, {"name": "Workshop"}, what="this firm")


def test_an_if_match_that_is_no_entity_tag_is_malformed() -> None:
    with pytest.raises(MalformedError, match="in quotes"):
        check_unchanged("abc", {}, what="it")


def test_if_match_has_to_be_signed(network: Network) -> None:
    member = network.member(SIRENS[0])
    outgoing, content = member.prepare("GET", "/v1/member")
    outgoing.headers["If-Match"] = '"abc"'
    answer = member.send(outgoing, content)
    assert (answer.status_code, answer.json()["type"].rsplit("/")[-1]) == (401, "signature-invalid")
    assert '"if-match"' in answer.json()["detail"]
    assert member.call("GET", "/v1/member", headers={"If-Match": '"abc"'}).status_code == 200


def test_notices_come_one_at_a_time_when_they_are_long(
    network: Network, ring: Ring, monkeypatch: pytest.MonkeyPatch
) -> None:
    for most in (200, 100):
        number = propose(network)
        for member in ring:
            statement = member.statement()
            member.approve(statement, [min(line["proposed"], most) for line in statement["lines"]])
        decide(network, number)
        acknowledge(network, ring[0])
    whole = ring[0].get("/v1/notices")
    assert ([one["number"] for one in whole["notices"]], whole["next"]) == ([1, 2], None)
    monkeypatch.setattr(notices, "_PAGE_SIZE", 1)
    assert ring[0].get("/v1/notices") == {"notices": whole["notices"][:1], "next": 1}
    assert ring[0].get("/v1/notices?after=1") == {"notices": whole["notices"][1:], "next": None}
    assert ring[0].get("/v1/notices?after=2") == {"notices": [], "next": None}
