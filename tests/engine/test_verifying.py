"""A stored round can be checked from its data alone; whatever is changed in it is found."""

from __future__ import annotations

import psycopg2
import pytest

from bizoverbiz.rounds.verifying import ViolationError

from .client import Member
from .conftest import Network
from .operating import cut, open_round, report, verify


@pytest.fixture
def decided(network: Network, two: tuple[Member, Member]) -> int:
    a, b = two
    a.declare(a.line("payable", b, "B-1", 100), a.line("receivable", b, "A-1", 80))
    b.declare(b.line("receivable", a, "B-1", 100), b.line("payable", a, "A-1", 80))
    number = open_round(network)
    cut(network, number)
    for member in two:
        member.approve(member.statement())
    network.work()
    return number


def tamper(url: str, statement: str) -> None:
    """As somebody with full power over the database would."""
    owner = psycopg2.connect(url.replace("bizoverbiz@", "postgres@"))
    try:
        with owner, owner.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute(statement)
            assert cursor.rowcount, statement
    finally:
        owner.close()


def test_an_untouched_round_holds(network: Network, decided: int) -> None:
    assert len(verify(network, decided)) == 8


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE round_line SET set_off = set_off - 1 WHERE number = 'A-1'", "off balance"),
        ("UPDATE round_line SET set_off = set_off - 1", "total is not the sum"),
        ("UPDATE round_line SET ceiling = 101 WHERE number = 'B-1'; UPDATE round_problem SET matched = 181", "frozen"),
        ("UPDATE round_line SET proposed = 79; UPDATE round_problem SET proposed = 158", "certificate"),
        ("UPDATE round_problem SET matched = matched + 1", "matched total"),
        ("UPDATE round_line SET salt = repeat('0', 64)", "published hash"),
        ("UPDATE statement_line SET approved = 79", "above what the receivable side approved"),
        ("DELETE FROM notice WHERE ctid = (SELECT min(ctid) FROM notice)", "do not tell exactly"),
        ("UPDATE notice SET jws = (SELECT jws FROM notice ORDER BY jws LIMIT 1)", "speaks of another"),
        ("UPDATE notice SET jws = substr(jws, 1, length(jws) - 2) || 'AA'", "signature"),
        ("UPDATE notice SET round = round, jws = 'nonsense'", "not a compact JWS"),
        ("UPDATE audit_entry SET body = '{}' WHERE seq = 2", "audit entry 2 .* was changed"),
        ("DELETE FROM audit_entry WHERE seq = 2", "audit entry 2 is missing"),
        ("UPDATE statement_line SET amount_open = amount_open + 1", "the EUR statement of 100000009"),
        ("UPDATE audit_link SET entry = repeat('0', 64) WHERE seq = 3", "members are shown is another"),
        ("DELETE FROM audit_link WHERE seq = 3", "members are shown is another"),
        ("UPDATE round_line SET set_off = NULL", "outside 0 to its ceiling"),
        ("UPDATE engine_key SET keyid = 'other'", "not in the key set"),
    ],
)
def test_a_changed_round_is_found_out(network: Network, url: str, decided: int, statement: str, found: str) -> None:
    tamper(url, statement)
    with pytest.raises(ViolationError, match=found):
        verify(network, decided)


def test_a_round_whose_proof_does_not_hold_is_not_shown_as_verified(network: Network, url: str, decided: int) -> None:
    tamper(url, "UPDATE round_line SET proposed = proposed - 1")
    assert report(network, decided)["currencies"][0]["optimum_verified"] is False


def test_the_audit_log_tells_the_whole_story(network: Network, url: str, decided: int) -> None:
    connection = psycopg2.connect(url.replace("bizoverbiz@", "postgres@"))
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT kind FROM audit_entry ORDER BY seq")
            kinds = [kind for (kind,) in cursor.fetchall()]
    finally:
        connection.close()
    assert kinds == ["opened", "frozen", "stated", "stated", "proposed", "answered", "answered", "decided", "notices"]
