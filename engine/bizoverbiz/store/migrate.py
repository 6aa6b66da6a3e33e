"""Bringing a database to the schema of this release."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from bizoverbiz.errors import EngineUnavailableError
from bizoverbiz.store.database import API_ROLE, WORKER_ROLE, engine_for

#: Two upgrades of one database wait for each other on this advisory lock.
_LOCK = 8_070_001

#: Between the login role and the two inner ones where a membership itself cannot be kept from inheriting.
_GATE = "bizoverbiz_gate"

# Roles belong to the whole cluster while advisory locks belong to one database: two databases may be upgraded at
# once, so that a role created meanwhile, or a grant made meanwhile (an internal error, "tuple concurrently updated"),
# is tried again. The login role must not pass the policies meant for the worker without taking its role: its membership
# is WITHOUT INHERIT. Before PostgreSQL 16 that is no property of a membership, and taking it from the login role would
# also take away what it has as the database's owner; there it is a member of a role that inherits nothing.
_ROLES = """
DO $do$
DECLARE
    gated boolean := current_setting('server_version_num')::int < 160000;
    options text := CASE WHEN gated THEN '' ELSE ' WITH INHERIT FALSE, SET TRUE' END;
    holder text;
    name text;
BEGIN
    FOREACH name IN ARRAY CASE WHEN gated THEN ARRAY['{gate}'] ELSE '{{}}' END || ARRAY['{api}', '{worker}'] LOOP
        holder := CASE WHEN gated AND name <> '{gate}' THEN '{gate}' ELSE current_user END;
        FOR attempt IN 1..20 LOOP
            BEGIN
                IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
                    EXECUTE format('CREATE ROLE %I NOLOGIN NOINHERIT NOBYPASSRLS', name);
                END IF;
                IF NOT EXISTS (
                    SELECT FROM pg_auth_members
                    WHERE roleid = name::regrole AND member = holder::regrole AND {settable}
                ) THEN
                    EXECUTE format('GRANT %I TO %I', name, holder) || options;
                END IF;
                EXIT;
            EXCEPTION WHEN duplicate_object OR unique_violation OR internal_error THEN
                IF attempt = 20 THEN RAISE; END IF;
                PERFORM pg_sleep(0.02 * attempt);
            END;
        END LOOP;
    END LOOP;
END
$do$
"""


def _roles_sql(server_version: int) -> str:
    # pg_auth_members has had set_option since PostgreSQL 16; before, every membership may be set.
    settable = "set_option" if server_version >= 160000 else "true"
    return _ROLES.format(gate=_GATE, api=API_ROLE, worker=WORKER_ROLE, settable=settable)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "bizoverbiz:store/migrations")
    config.set_main_option("path_separator", "os")
    return config


@cache
def head() -> str:
    """The schema of this release, as `alembic_version` names it."""
    found = ScriptDirectory.from_config(_config()).get_current_head()
    assert found is not None
    return found


def upgrade(url: str) -> None:
    """Create what is missing. Safe to call again, and by several at once."""
    config = _config()
    with _connected(url) as connection:
        _create_roles(connection)
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()


def create_roles(url: str) -> None:
    """Create only the two inner roles, which a dump names but does not hold: for a restore into an empty database."""
    with _connected(url) as connection:
        _create_roles(connection)


def _create_roles(connection: Connection) -> None:
    version = int(connection.execute(text("SELECT current_setting('server_version_num')")).scalar_one())
    connection.execute(text(_roles_sql(version)))
    connection.commit()


@contextmanager
def _connected(url: str) -> Iterator[Connection]:
    engine = engine_for(url)
    try:
        with engine.connect() as connection:
            yield connection
    except DBAPIError as error:
        raise EngineUnavailableError(f"the database cannot be upgraded: {str(error.orig).splitlines()[0]}") from error
    except CommandError as error:
        raise EngineUnavailableError(f"the database cannot be upgraded: {error}") from error
    finally:
        engine.dispose()
