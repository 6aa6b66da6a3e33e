"""Row-level security keeps no index from a member's search, and no profile open that is not to be found."""

from __future__ import annotations

from uuid import uuid4

import pytest

from bizoverbiz.members import standing
from bizoverbiz.store.database import API_ROLE, WORKER, WORKER_ROLE
from engine.client import Member
from engine.conftest import SIRENS, Network
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


def test_of_a_profile_that_is_not_to_be_found_no_other_member_can_read_a_row(url: str, network: Network) -> None:
    asker, *others = (network.member(siren) for siren in SIRENS)
    unpublished, withdrawn, suspended, insolvent = others
    for member in others:
        publish(member, sells="Poteries", commune="35238", serves=[{"kind": "commune", "code": "35238"}])
    shown = set(readable(url, asker))
    assert {("listing", member.identifier) for member in others} <= shown
    publish(unpublished, sells="Poteries", published=False)
    withdrawn.call("DELETE", "/v1/profile?edited_by=claire")
    with network.store.transaction(WORKER) as tx:
        standing.set_standing(tx, suspended.identifier, status="suspended", now=network.clock())
        standing.set_insolvent(tx, insolvent.identifier, network.clock().date(), now=network.clock())
    assert readable(url, asker) == []
    publish(insolvent, sells="Poteries et tuiles")
    assert readable(url, asker) == [], "nor if it changes its profile"
    with network.store.transaction(WORKER) as tx:
        standing.set_standing(tx, suspended.identifier, status="active", now=network.clock())
        standing.set_insolvent(tx, insolvent.identifier, None, now=network.clock())
    assert {name for _, name in readable(url, asker)} == {suspended.identifier, insolvent.identifier, None}


def readable(url: str, member: Member) -> list[tuple[object, ...]]:
    """Whatever of profiles a member's own SQL could read, whichever columns its queries ask for."""
    own = rows(url, WORKER_ROLE, f"SELECT id FROM member WHERE identifier = '{member.identifier}'")[0][0]
    query = """SELECT 'listing', identifier FROM listing UNION ALL SELECT 'reach', null FROM listing_reach
        UNION ALL SELECT 'profile', member_id::text FROM profile ORDER BY 1, 2"""
    return rows(url, API_ROLE, query, str(own))
