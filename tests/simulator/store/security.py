"""Row-level security and column privileges, as the catalogue tells them."""

from __future__ import annotations

from collections import defaultdict

import sqlglot
from sqlglot import exp

from .snapshot import Snapshot


class Security:
    """What each role may see and write."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._secured = {table for table, *_ in snapshot.policies}
        self._policies = snapshot.policies
        self._columns: dict[tuple[str, str, str], set[str | None]] = defaultdict(set)
        for role, table, privilege, column in snapshot.grants:
            self._columns[role, table, privilege].add(column)

    def may(self, role: str, privilege: str, table: str, columns: set[str]) -> bool:
        granted = self._columns.get((role, table, privilege))
        return granted is not None and columns <= granted

    def condition(self, role: str, command: str, table: str, *, written: bool = False) -> exp.Expression | None:
        """What a row has to fulfil to be seen, or written, by `command`; None if every row may be."""
        if table not in self._secured:
            return None
        found: list[exp.Expression] = []
        for of_table, roles, of_command, seen, checked in self._policies:
            if of_table != table or role not in roles.split(",") or of_command not in ("ALL", command):
                continue
            text = (checked or seen) if written else seen
            if text == "true":
                return None
            if text:
                found.append(sqlglot.parse_one(text, dialect="postgres").transform(_asked_once))
        return exp.or_(*found) if found else exp.false()


def _asked_once(node: exp.Expression) -> exp.Expression:
    """Who acts is the same for every row: within a SELECT of its own SQLite asks once, not row by row."""
    asks = isinstance(node, exp.Anonymous) and node.name in ("acting", "acting_member")
    return exp.select(node.copy()).subquery() if asks else node
