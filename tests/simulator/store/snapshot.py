"""The schema as PostgreSQL itself tells it once the migrations have run, kept beside so that it is asked once."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any

import psycopg2

from bizoverbiz.store import migrate

from ..postgres import Server

_COLUMNS = """
SELECT cls.relname, att.attname, format_type(att.atttypid, NULL), att.attnotnull, att.attidentity <> '',
    CASE WHEN att.attgenerated = '' THEN pg_get_expr(def.adbin, def.adrelid) END,
    CASE WHEN att.attgenerated <> '' THEN pg_get_expr(def.adbin, def.adrelid) END
FROM pg_attribute att JOIN pg_class cls ON cls.oid = att.attrelid AND cls.relkind = 'r'
JOIN pg_namespace nsp ON nsp.oid = cls.relnamespace AND nsp.nspname = 'public'
LEFT JOIN pg_attrdef def ON def.adrelid = att.attrelid AND def.adnum = att.attnum
WHERE att.attnum > 0 AND NOT att.attisdropped ORDER BY cls.relname, att.attnum
"""
_CONSTRAINTS = """
SELECT cls.relname, con.contype::text, pg_get_constraintdef(con.oid) FROM pg_constraint con
JOIN pg_class cls ON cls.oid = con.conrelid JOIN pg_namespace nsp ON nsp.oid = cls.relnamespace
WHERE nsp.nspname = 'public' AND con.contype IN ('p', 'u', 'c', 'f') ORDER BY cls.relname, con.contype, con.conname
"""
_INDEXES = """
SELECT idx.tablename, idx.indexdef FROM pg_indexes idx
WHERE idx.schemaname = 'public' AND NOT EXISTS (
    SELECT FROM pg_constraint con WHERE con.conname = idx.indexname AND con.contype IN ('p', 'u'))
ORDER BY idx.tablename, idx.indexname
"""
_POLICIES = """
SELECT tablename, array_to_string(roles, ','), cmd, qual, with_check FROM pg_policies
WHERE schemaname = 'public' ORDER BY tablename, policyname
"""
_GRANTS = """
SELECT grantee, table_name, privilege_type, column_name FROM information_schema.column_privileges
WHERE table_schema = 'public' AND grantee LIKE 'bizoverbiz\\_%'
UNION SELECT grantee, table_name, privilege_type, NULL FROM information_schema.role_table_grants
WHERE table_schema = 'public' AND grantee LIKE 'bizoverbiz\\_%' AND privilege_type = 'DELETE'
ORDER BY 1, 2, 3, 4
"""
_APPEND_ONLY = """
SELECT cls.relname FROM pg_trigger tgr JOIN pg_class cls ON cls.oid = tgr.tgrelid
JOIN pg_proc fun ON fun.oid = tgr.tgfoid WHERE fun.proname = 'refuse_change' ORDER BY 1
"""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Rows as the catalogue gives them."""

    #: table, column, type, not null, identity, default, generated
    columns: list[list[Any]]
    #: table, kind (p, u, c, f), definition
    constraints: list[list[str]]
    #: table, definition
    indexes: list[list[str]]
    #: table, roles, command, condition to see, condition to write
    policies: list[list[str]]
    #: role, table, privilege, column
    grants: list[list[str]]
    append_only: list[list[str]]


def take(url: str) -> Snapshot:
    """The schema of an upgraded database."""
    connection = psycopg2.connect(url)
    try:
        with connection.cursor() as cursor:
            parts = []
            for query in (_COLUMNS, _CONSTRAINTS, _INDEXES, _POLICIES, _GRANTS, _APPEND_ONLY):
                cursor.execute(query)
                parts.append([list(row) for row in cursor.fetchall()])
    finally:
        connection.close()
    return Snapshot(*parts)


def _digest() -> str:
    found = sha256(Path(__file__).read_bytes())
    versions = files("bizoverbiz.store").joinpath("migrations")
    for folder in (versions, versions.joinpath("versions")):
        for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
            if file.name.endswith(".py"):
                found.update(file.name.encode() + b"\0" + file.read_bytes())
    return found.hexdigest()[:16]


def load(folder: Path) -> Snapshot:
    """The snapshot kept in `folder` for these very migrations; without one, a server is started to take it."""
    file = folder / f"schema-{_digest()}.json"
    if not file.exists():
        with Server() as server:
            url = server.create("schema")
            migrate.upgrade(url)
            snapshot = take(url)
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = file.with_suffix(f".{os.getpid()}")
        unfinished.write_text(json.dumps({name: getattr(snapshot, name) for name in Snapshot.__slots__}))
        unfinished.replace(file)
    kept: Mapping[str, Any] = json.loads(file.read_text())
    return Snapshot(**kept)
