"""A member sees its own and nothing of anyone else's, even if a query forgets to say whose."""

from __future__ import annotations

from uuid import UUID, uuid4

import psycopg2
import pytest
from psycopg2.errors import InsufficientPrivilege

from bizoverbiz.store.database import API_ROLE, WORKER_ROLE

from .client import Member
from .conftest import Network
from .operating import cut, open_round

#: What concerns nobody in particular.
COMMON = {"network", "agreement", "engine_key", "round", "alembic_version", "worker_look"}


@pytest.fixture
def proposed(network: Network, two: tuple[Member, Member]) -> tuple[Member, Member]:
    a, b = two
    a.declare(a.line("payable", b, "B-1", 100), a.line("receivable", b, "A-1", 80))
    b.declare(b.line("receivable", a, "B-1", 100), b.line("payable", a, "A-1", 80))
    cut(network, open_round(network))
    return two


def rows(url: str, role: str | None, query: str, member: str = "") -> list[tuple[object, ...]]:
    connection = psycopg2.connect(url)
    try:
        with connection.cursor() as cursor:
            if role:
                cursor.execute(f"SET LOCAL ROLE {role}")
            cursor.execute("SELECT set_config('bizoverbiz.member', %s, true)", (member,))
            cursor.execute(query)
            return list(cursor.fetchall())
    finally:
        connection.close()


def tables(url: str) -> list[str]:
    query = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    return [str(name) for (name,) in rows(url, None, query)]


def test_row_level_security_is_forced_on_every_table_about_members(url: str) -> None:
    query = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relrowsecurity AND relforcerowsecurity"
    protected = {name for (name,) in rows(url, None, query)}
    assert set(tables(url)) - protected == COMMON


@pytest.mark.parametrize("role", [None, API_ROLE])
def test_a_query_without_a_member_sees_nothing(url: str, proposed: tuple[Member, Member], role: str | None) -> None:
    assert rows(url, WORKER_ROLE, "SELECT 1 FROM statement_line") != []
    for table in set(tables(url)) - COMMON:
        try:
            assert rows(url, role, f"SELECT 1 FROM {table}") == [], table
        except InsufficientPrivilege:
            assert role == API_ROLE


def test_a_query_of_another_member_sees_nothing(url: str, proposed: tuple[Member, Member]) -> None:
    for table in ("declaration", "statement", "statement_line", "round_line", "obligation", "member", "member_key"):
        assert rows(url, API_ROLE, f"SELECT 1 FROM {table}", str(uuid4())) == [], table


def test_both_parties_see_an_obligation_and_each_only_its_own_answer(url: str, proposed: tuple[Member, Member]) -> None:
    members = [str(member) for (member,) in rows(url, WORKER_ROLE, "SELECT id FROM member")]
    assert len(members) == 2
    for member in members:
        assert len(rows(url, API_ROLE, "SELECT 1 FROM round_line", member)) == 2
        owners = rows(url, API_ROLE, "SELECT DISTINCT member_id FROM statement_line", member)
        assert [str(owner) for (owner,) in owners] == [member]


@pytest.mark.parametrize("table", ["set_off", "round_problem"])
def test_the_api_has_no_access_to_what_only_the_operator_may_see(url: str, table: str) -> None:
    with pytest.raises(InsufficientPrivilege):
        rows(url, API_ROLE, f"SELECT 1 FROM {table}")


def test_a_member_reads_of_the_audit_log_what_concerns_it_and_what_is_said_to_all(
    url: str, proposed: tuple[Member, Member]
) -> None:
    assert rows(url, API_ROLE, "SELECT 1 FROM audit_entry") == []
    assert rows(url, API_ROLE, "SELECT 1 FROM audit_link") == []
    for (member,) in rows(url, WORKER_ROLE, "SELECT id FROM member"):
        seen = rows(url, API_ROLE, "SELECT kind, member_id FROM audit_entry ORDER BY seq", str(member))
        assert seen == [("opened", None), ("stated", member)]


@pytest.mark.parametrize(
    "change",
    [
        "notice SET jws = ''",
        "notice SET total = 1",
        "statement SET member_id = member_id",
        "statement_line SET amount_open = 0",
        "declaration SET state = 'matched'",
        "invitation SET expires_at = 'infinity'",
        "member SET insolvent_since = NULL",
        "member_key SET member_id = member_id",
        "membership_event SET content = '{}'",
    ],
)
def test_the_api_changes_only_what_its_calls_change(url: str, change: str) -> None:
    with pytest.raises(InsufficientPrivilege, match="permission denied"):
        rows(url, API_ROLE, f"UPDATE {change} RETURNING 1")


def test_no_call_of_a_member_takes_back_its_suspension(url: str, proposed: tuple[Member, Member]) -> None:
    ((one,), *_) = rows(url, WORKER_ROLE, "SELECT id FROM member ORDER BY identifier")
    assert rows(url, API_ROLE, "UPDATE member SET status = 'left' RETURNING status", str(one)) == [("left",)]
    with pytest.raises(InsufficientPrivilege, match="only the operator sets a member suspended"):
        rows(url, API_ROLE, "UPDATE member SET status = 'suspended' RETURNING 1", str(one))


def test_the_api_cannot_write_in_another_members_name(url: str, proposed: tuple[Member, Member]) -> None:
    ((one,), (other,)) = rows(url, WORKER_ROLE, "SELECT id FROM member ORDER BY identifier")
    with pytest.raises(InsufficientPrivilege, match="row-level security"):
        rows(url, API_ROLE, f"INSERT INTO declaration_change (member_id) VALUES ('{other}') RETURNING 1", str(one))


@pytest.mark.parametrize(
    "statement", ["DELETE FROM audit_entry", "UPDATE audit_entry SET body = ''", "TRUNCATE audit_entry"]
)
@pytest.mark.parametrize("role", [None, WORKER_ROLE])
def test_the_audit_log_cannot_be_changed_even_by_its_owner(
    url: str, proposed: tuple[Member, Member], statement: str, role: str | None
) -> None:
    with pytest.raises(InsufficientPrivilege):
        rows(url, role, statement)


def test_an_invitation_is_found_only_by_its_hash(url: str, network: Network) -> None:
    network.invite()
    assert rows(url, API_ROLE, "SELECT 1 FROM invitation") == []


def test_another_members_statement_and_notice_do_not_exist(proposed: tuple[Member, Member]) -> None:
    a, b = proposed
    foreign = b.statement()
    for answer in (a.approve(foreign), a.refuse(foreign), a.refuse({"id": UUID(int=0)}), a.refuse({"id": "nonsense"})):
        assert (answer.status_code, answer.json()["type"].rsplit("/")[-1]) == (404, "not-found")
    answer = a.call("PUT", "/v1/notices/1/acknowledgement", {"booked": []})
    assert (answer.status_code, answer.json()["type"].rsplit("/")[-1]) == (404, "not-found")


def test_a_statement_shows_neither_the_partners_mark_nor_its_answer(proposed: tuple[Member, Member]) -> None:
    a, b = proposed
    b.approve(b.statement())
    statement = a.statement()
    assert {line["approved"] for line in statement["lines"]} == {None}
    assert all(b.identifier + ":" not in str(line) for line in statement["lines"])
