"""A network from before goes on: its members take part, what they have published is found."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from uuid import uuid4

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

from bizoverbiz.store import migrate
from bizoverbiz.store.database import WORKER, Database, engine_for

from .conftest import SIRENS

JOINED = datetime(2026, 1, 2, tzinfo=UTC)


def upgrade_to(url: str, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", "bizoverbiz:store/migrations")
    config.set_main_option("path_separator", "os")
    engine = engine_for(url)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    engine.dispose()


def emptied(url: str) -> None:
    """Back to the beginning, with the roles that belong to the whole server."""
    migrate.upgrade(url)
    engine = engine_for(url)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
        connection.execute(text("GRANT USAGE ON SCHEMA public TO PUBLIC"))
    engine.dispose()


@contextmanager
def unguarded(connection: Connection, *tables: str) -> Iterator[None]:
    """Row-level security lets the tables' owner through; no other way leads around it."""
    for table in tables:
        connection.execute(text(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY"))
    yield
    for table in tables:
        connection.execute(text(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY"))


def test_members_from_before_go_on_taking_part_and_have_accepted_what_they_joined_with(empty_url: str) -> None:
    emptied(empty_url)
    upgrade_to(empty_url, "0001")
    engine = engine_for(empty_url)
    values = {"now": JOINED, "member": uuid4(), "database": uuid4(), "identifier": SIRENS[0]}
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO network VALUES (true, 'Old', '2026-01', :now)"), values)
        row = "INSERT INTO member VALUES (:member, :identifier, 'Firm', 'FR', '2026-01', :database, 'active', :now, 0)"
        with unguarded(connection, "member"):
            connection.execute(text(row), values)
    engine.dispose()
    migrate.upgrade(empty_url)
    store = Database(empty_url)
    with store.transaction(WORKER) as tx:
        member = tx.one("member_get", member=values["member"])
        (version,) = tx.all("acceptances_count")
    store.close()
    assert (member.status, member.takes_part, member.agreement) == ("active", True, "2026-01")
    assert (version.version, version.accepted, version.in_force_from) == ("2026-01", 1, JOINED.date())


#: As the directory kept a sawmill before its activity's name weighed less than its own words.
LISTED = """
INSERT INTO listing (id, identifier, name, hidden, shown, sells, buys, sold, bought, naf, serves, learnt)
VALUES (:id, :identifier, :name, :hidden, CAST(:shown AS json),
    'Planches de chêne Sciage et rabotage du bois', 'Gazole',
    setweight(to_tsvector('bizoverbiz_french', 'charpente'), 'A')
        || setweight(to_tsvector('bizoverbiz_french', 'Planches de chêne Sciage et rabotage du bois'), 'B'),
    setweight(to_tsvector('bizoverbiz_french', 'Gazole'), 'B'), '16.10A', '', true)
"""
LEARNT = "INSERT INTO lexicon (word, stem) VALUES ('planches', 'planch'), ('gazole', 'gazol'), ('rabotage', 'rabotag')"


def test_a_directory_from_before_finds_by_own_words_first_and_holds_nobody_hidden(empty_url: str) -> None:
    emptied(empty_url)
    upgrade_to(empty_url, "0010")
    engine = engine_for(empty_url)
    shown = json.dumps({"sells": "Planches de chêne", "buys": "Gazole"})
    with engine.begin() as connection, unguarded(connection, "listing", "lexicon"):
        for siren, hidden in ((SIRENS[0], False), (SIRENS[1], True)):
            values = {"id": uuid4(), "identifier": siren, "name": "Scierie", "hidden": hidden, "shown": shown}
            connection.execute(text(LISTED), values)
        connection.execute(text(LEARNT))
    migrate.upgrade(empty_url)
    with engine.begin() as connection, unguarded(connection, "listing", "lexicon"):
        (listed,) = connection.execute(text("SELECT identifier, sells, sold FROM listing")).all()
        words = set(connection.execute(text("SELECT word FROM lexicon")).scalars())
    engine.dispose()
    weights = {word.strip("'"): place[-1] for word, place in (one.split(":") for one in listed.sold.split())}
    assert (listed.identifier, listed.sells) == (SIRENS[0], "Planches de chêne")
    assert (weights["charpent"], weights["planch"], weights["rabotag"]) == ("A", "B", "C")
    assert words == {"planches", "gazole"}
