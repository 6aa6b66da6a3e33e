"""A network that was there before keys, agreements and copies were kept keeps its members, who go on taking part."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

from alembic import command
from alembic.config import Config
from sqlalchemy import text

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


def test_members_from_before_go_on_taking_part_and_have_accepted_what_they_joined_with(empty_url: str) -> None:
    migrate.upgrade(empty_url)  # for the roles; then back to the beginning
    engine = engine_for(empty_url)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
        connection.execute(text("GRANT USAGE ON SCHEMA public TO PUBLIC"))
    upgrade_to(empty_url, "0001")
    values = {"now": JOINED, "member": uuid4(), "database": uuid4(), "identifier": SIRENS[0]}
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO network VALUES (true, 'Old', '2026-01', :now)"), values)
        connection.execute(text("ALTER TABLE member NO FORCE ROW LEVEL SECURITY"))
        row = "INSERT INTO member VALUES (:member, :identifier, 'Firm', 'FR', '2026-01', :database, 'active', :now, 0)"
        connection.execute(text(row), values)
        connection.execute(text("ALTER TABLE member FORCE ROW LEVEL SECURITY"))
    engine.dispose()
    migrate.upgrade(empty_url)
    store = Database(empty_url)
    with store.transaction(WORKER) as tx:
        member = tx.one("member_get", member=values["member"])
        (version,) = tx.all("acceptances_count")
    store.close()
    assert (member.status, member.takes_part, member.agreement) == ("active", True, "2026-01")
    assert (version.version, version.accepted, version.in_force_from) == ("2026-01", 1, JOINED.date())
