"""A network in which something of everything has happened, and what each member must not see of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg2
from engine.client import Member
from engine.conftest import SIRENS, Network
from engine.operating import acknowledge, decide, propose
from engine.test_isolation import COMMON
from psycopg2.errors import InsufficientPrivilege

from bizoverbiz.store.database import API_ROLE, Database

_HIDDEN: dict[str, dict[str, str]] = {}
#: Everybody is told when a round was decided.
_TIME = re.compile(r"\d{4}-\d\d-\d\d(T|$)")


@dataclass(frozen=True, slots=True)
class Scenario:
    """A, B and C owe each other around a ring; D has joined and knows nobody. B and C share what A must not see."""

    a: Member
    b: Member
    c: Member
    d: Member


class Copy:
    """The scenario in a database of its own, behind the network's API."""

    def __init__(self, url: str, network: Network, scenario: Scenario) -> None:
        self.url, self.http = url, network.http
        self.a, self.b, self.c, self.d = scenario.a, scenario.b, scenario.c, scenario.d
        self.store = network.app.state.store = Database(url)

    def hidden(self, member: Member) -> dict[str, str]:
        """What this member must not see; the same in every copy, and slow to gather."""
        if member.keyid not in _HIDDEN:
            _HIDDEN[member.keyid] = hidden_values(self.url, member)
        return _HIDDEN[member.keyid]

    def set_status(self, member: Member, status: str) -> None:
        query = f"UPDATE member SET status = '{status}' WHERE identifier = '{member.identifier}' RETURNING 1"
        rows(self.url, query, keep=True)


def build(network: Network) -> Scenario:
    """A decided and booked round, a decided one that is not booked, a proposed one; and every kind of open question."""
    a, b, c, d = (network.member(siren) for siren in SIRENS[:4])
    found = Scenario(a, b, c, d)
    for round_number, last_notice in ((1, 0), (2, 1), (3, 2)):
        _declare(found, round_number, last_notice)
        number = propose(network)
        for member in (a, b, c):
            answer = member.approve(member.statement())
            assert answer.status_code == 200 or round_number == 3, answer.text
            if round_number == 3:
                break
        if round_number < 3:
            decide(network, number)
        if round_number == 1:
            for member in (a, b, c):
                acknowledge(network, member)
    _promise(found)
    assert network.work()
    return found


def _promise(found: Scenario) -> None:
    """What B and C agree on beside their invoices, what B lets be approved in advance, and whom it puts forward."""
    agreed: dict[str, Any] = {"currency": "EUR", "amount": 7_555_555, "agreed_on": "2026-11-01"}
    agreed |= {"due_date": "2026-12-31", "description": "BC pallets on order", "nettable": True}
    for member, side, other in ((found.b, "receivable", found.c), (found.c, "payable", found.b)):
        answer = member.call("POST", "/v1/commitments", agreed | {"side": side, "counterpart": other.identifier})
        assert answer.status_code == 201, answer.text
        agreed["reference"] = answer.json()["reference"]
    rules = {"currencies": [{"currency": "EUR", "per_round": 7_666_666}], "counterparts": []}
    mandate = {"given_by": "bea@example.com", "valid_until": "2027-12-31", "rules": rules}
    answer = found.b.call("PUT", "/v1/member/mandate", mandate)
    assert answer.is_success, answer.text
    contact = {"contact_name": "BC friend", "contact_email": "bc-friend@example.com", "language": None}
    firm = {"identifier": SIRENS[4], "name": "BC candidate", "country": "FR"}
    assert found.b.call("POST", "/v1/candidates", firm | contact).is_success
    _get_to_know(found)


def _get_to_know(found: Scenario) -> None:
    """B has a profile that nobody finds yet, C one that everybody does; B asks C for a contact, which gives it."""
    said = {"sells": "BC sells 7 kinds of pallets", "naf": "16.24Z", "edited_by": "bea@example.com"}
    contact = {"name": "BC person 7", "email": "bc-person-7@example.com"}
    for member, published in ((found.b, False), (found.c, True)):
        body = said | {"published": published, "contact": contact}
        assert member.call("PUT", "/v1/profile", body).is_success
    asked = {"identifier": found.c.identifier, "message": "BC would like 7 pallets", "asked_by": "bea@example.com"}
    answer = found.b.call("POST", "/v1/contact-requests", asked)
    assert answer.is_success, answer.text
    answered = {"answer": "accept", "answered_by": "carl@example.com"}
    assert found.c.call("PUT", f"/v1/contact-requests/{answer.json()['id']}/answer", answered).is_success


def _declare(found: Scenario, round_number: int, last_notice: int) -> None:
    a, b, c = found.a, found.b, found.c
    mark = f"{round_number:02d}"
    ab, bc, ca = (f"{pair}-SECRET-{mark}" for pair in ("AB", "BC", "CA"))
    disputed = {"amount_disputed": 1_234_567, "dispute_reason": "BC quarrel about pallets"}
    a.declare(
        a.line("payable", b, ab, 7_000_100 + round_number),
        a.line("receivable", c, ca, 7_000_300 + round_number),
        a.line("receivable", b, f"A-MISSING-{mark}", 7_100_000),
        last_notice=last_notice,
    )
    b.declare(
        b.line("receivable", a, ab, 7_000_100 + round_number),
        b.line("payable", c, bc, 7_000_200 + round_number),
        b.line("receivable", c, f"BC-DISPUTED-{mark}", 7_222_222, **disputed),
        b.line("receivable", c, f"BC-MISSING-{mark}", 7_333_333),
        b.line("receivable", c, f"BC-TYPED-{mark}-4711", 7_444_400 + round_number),
        last_notice=last_notice,
    )
    c.declare(
        c.line("receivable", b, bc, 7_000_200 + round_number),
        c.line("payable", a, ca, 7_000_300 + round_number),
        c.line("payable", b, f"BC-DISPUTED-{mark}", 7_222_000),
        c.line("payable", b, f"BC-TYPED-{mark}-4771", 7_444_400 + round_number),
        last_notice=last_notice,
    )


def rows(
    url: str, query: str, *, role: str | None = None, member: str = "", keyid: str = "", keep: bool = False
) -> list[tuple[Any, ...]]:
    """As the superuser, or as `role` with a tenant set; what the query changes is gone afterwards, or kept."""
    with (
        closing(psycopg2.connect(url.replace("bizoverbiz@", "postgres@"))) as connection,
        connection.cursor() as cursor,
    ):
        if role:
            cursor.execute(f"SET LOCAL ROLE {role}")
            cursor.execute(
                "SELECT set_config('bizoverbiz.member', %s, true), set_config('bizoverbiz.keyid', %s, true)",
                (member, keyid),
            )
        cursor.execute(query)
        found = list(cursor.fetchall())
        if keep:
            connection.commit()
        return found


def tables(url: str) -> list[str]:
    query = "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace"
    return sorted(str(name) for (name,) in rows(url, query))


def member_id(url: str, member: Member) -> str:
    ((found,),) = rows(url, f"SELECT id FROM member WHERE identifier = '{member.identifier}'")
    return str(found)


def hidden_values(url: str, member: Member) -> dict[str, str]:
    """Every telling value that stands only where the API may not read for this member, and its table and column."""
    whole: dict[str, str] = {}
    seen: set[str] = set()
    own = member_id(url, member)
    for table in tables(url):
        for (row,) in rows(url, f"SELECT row_to_json(t) FROM {table} t"):
            for column, value in row.items():
                if table in COMMON:
                    seen.update(_telling(value))
                # An answer kept repeats what stands elsewhere, in sentences of the engine's own.
                elif (table, column) != ("stored_answer", "body"):
                    whole.update(dict.fromkeys(_telling(value), f"{table}.{column}"))
        if table not in COMMON:
            seen.update(_seen(url, table, own, member.keyid))
    return {value: where for value, where in whole.items() if value not in seen}


def _seen(url: str, table: str, own: str, keyid: str) -> Iterator[str]:
    columns = rows(
        url,
        "SELECT attname FROM pg_attribute WHERE attrelid = "
        f"'{table}'::regclass AND attnum > 0 AND NOT attisdropped"
        f" AND has_column_privilege('{API_ROLE}', attrelid, attnum, 'SELECT')",
    )
    if columns:
        names = ", ".join(f'"{name}"' for (name,) in columns)
        for row in rows(url, f"SELECT {names} FROM {table}", role=API_ROLE, member=own, keyid=keyid):
            yield from _telling(row)


#: Columns that say whose a row is.
_OWNERS = ("member_id", "creditor_id", "debtor_id", "asker_id", "asked_id")


def seen_owners(url: str, table: str, own: str) -> list[set[str]]:
    """Whose the rows are that the API sees in a table for a tenant; a row nobody is named in is nobody's."""
    query = f"SELECT attname FROM pg_attribute WHERE attrelid = '{table}'::regclass AND attnum > 0"
    names = [str(name) for (name,) in rows(url, query)]
    columns = ["id"] if table == "member" else [name for name in _OWNERS if name in names] or ["NULL"]
    try:
        found = rows(url, f"SELECT {', '.join(columns)} FROM {table}", role=API_ROLE, member=own)
    except InsufficientPrivilege:
        return []
    return [{str(value) for value in row} for row in found]


def _telling(value: Any) -> Iterator[str]:
    """Ids, texts that are not just a word of the protocol, and amounts of seven digits: nothing there by chance."""
    if isinstance(value, (list, tuple)):
        for part in value:
            yield from _telling(part)
    elif isinstance(value, dict):
        for part in value.values():
            yield from _telling(part)
    elif isinstance(value, UUID):
        yield str(value)
    elif isinstance(value, int):
        if abs(value) >= 1_000_000:
            yield str(value)
    elif isinstance(value, str) and value[:1] in "{[":
        with suppress(ValueError):
            yield from _telling(json.loads(value))
    elif isinstance(value, str) and len(value) >= 6 and re.search(r"[0-9 ]", value) and not _TIME.match(value):
        yield value
