"""Row-level security keeps no index from a member's search."""

from __future__ import annotations

from uuid import uuid4

import pytest

from bizoverbiz.store.database import API_ROLE, WORKER_ROLE
from engine.client import Member
from engine.conftest import Network
from engine.test_directory import publish
from engine.test_isolation import rows


@pytest.mark.parametrize(
    ("query", "index"),
    [
        ("SELECT id FROM listing WHERE sold @@ to_tsquery('bizoverbiz_french', 'vis')", "listing_sold"),
        ("SELECT id FROM listing WHERE bought @@ to_tsquery('bizoverbiz_french', 'vis')", "listing_bought"),
    ],
)
def test_a_members_search_reads_the_index(url: str, query: str, index: str) -> None:
    said = "SELECT set_config('enable_seqscan', 'off', true), set_config('enable_indexscan', 'off', true)"
    plan = rows(url, API_ROLE, f"{said}; EXPLAIN {query}", str(uuid4()))
    assert index in str(plan)


def test_words_that_nobody_says_any_more_are_forgotten(url: str, network: Network, two: tuple[Member, Member]) -> None:
    def known() -> set[object]:
        return {word for (word,) in rows(url, WORKER_ROLE, "SELECT word FROM lexicon")}

    for sells in ("Poteries", "Tuiles"):
        publish(two[1], sells=sells)
        assert network.work()
    assert known() == {"tuiles"}
