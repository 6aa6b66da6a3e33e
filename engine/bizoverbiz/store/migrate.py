"""Bringing a database to the schema of this release."""

from __future__ import annotations

from functools import cache

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from bizoverbiz.errors import EngineUnavailableError
from bizoverbiz.store.database import API_ROLE, WORKER_ROLE, engine_for

#: Two upgrades of one database wait for each other on this advisory lock.
_LOCK = 8_070_001

# Roles belong to the whole cluster while advisory locks belong to one database: two databases may be upgraded at
# once, so that a role created meanwhile, or a grant made meanwhile (an internal error, "tuple concurrently updated"),
# is tried again. Membership without INHERIT: the login role must not pass the policies meant for the worker.
_ROLES = """
DO $do$
DECLARE
    name text;
    options text := CASE WHEN current_setting('server_version_num')::int >= 160000
                    THEN ' WITH INHERIT FALSE, SET TRUE' ELSE '' END;
BEGIN
    FOREACH name IN ARRAY ARRAY['{api}', '{worker}'] LOOP
        FOR attempt IN 1..20 LOOP
            BEGIN
                IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
                    EXECUTE format('CREATE ROLE %I NOLOGIN NOBYPASSRLS', name);
                END IF;
                IF NOT EXISTS (
                    SELECT FROM pg_auth_members
                    WHERE roleid = name::regrole AND member = current_user::regrole AND {set_option}
                ) THEN
                    EXECUTE format('GRANT %I TO CURRENT_USER', name) || options;
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
    return _ROLES.format(
        api=API_ROLE, worker=WORKER_ROLE, set_option="set_option" if server_version >= 160000 else "true"
    )


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
    engine = engine_for(url)
    try:
        with engine.connect() as connection:
            version = int(connection.execute(text("SELECT current_setting('server_version_num')")).scalar_one())
            connection.execute(text(_roles_sql(version)))
            connection.commit()
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()
    except DBAPIError as error:
        raise EngineUnavailableError(f"the database cannot be upgraded: {str(error.orig).splitlines()[0]}") from error
    except CommandError as error:
        raise EngineUnavailableError(f"the database cannot be upgraded: {error}") from error
    finally:
        engine.dispose()
