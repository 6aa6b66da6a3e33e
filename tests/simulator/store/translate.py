"""A named query for SQLite: sqlglot's translation, with roles, types and forms of PostgreSQL that SQLite has not.

A new query needs nothing here as a rule. If `test_store.py` says that one cannot be run, say it in a form that both
databases know; or teach its form to `expressions` (operators) or its function to `functions`; or say the query once
more in `portable.sql`, in SQLite's functions.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import sqlglot
from sqlglot import exp

from bizoverbiz.store.queries import QUERIES

from .expressions import elements, rewrite
from .forms import as_query, scratch_tables
from .laterals import UnsupportedError, inline
from .security import Security
from .snapshot import Snapshot
from .values import MARKS, out, out_array, out_bool, out_json

_WRITES: Mapping[type[exp.Expression], str] = {exp.Insert: "INSERT", exp.Update: "UPDATE", exp.Delete: "DELETE"}
#: The temporary tables that named queries make.
SCRATCH = scratch_tables(query.text for query in QUERIES.values())
_CHECK = "written_row_is_allowed"


@cache
def tables_written(name: str) -> frozenset[str]:
    """Which tables a named query may change."""
    tree = sqlglot.parse_one(as_query(QUERIES[name].text, SCRATCH).text, dialect="postgres")
    return frozenset(_target(node).name for node in tree.find_all(*_WRITES)) - SCRATCH.keys()


@dataclass(frozen=True, slots=True)
class Prepared:
    """One query for one role. `before` are its data-modifying CTEs, whose rows come in as JSON under their names."""

    name: str
    text: str
    row: Any
    decoders: tuple[Callable[[Any], Any], ...]
    #: The last column only says whether the row written is allowed.
    checked: bool
    returns: bool
    before: tuple[tuple[str, Prepared], ...] = ()
    #: Why the role may not run it at all.
    denied: str | None = None
    writes: bool = False
    #: Temporary tables that are made, or dropped.
    empties: tuple[str, ...] = ()


class Translator:
    def __init__(self, snapshot: Snapshot) -> None:
        self._types: dict[str, dict[str, str]] = {}
        for table, column, kind, *_ in snapshot.columns:
            self._types.setdefault(table, {})[column] = kind
        self._types |= {
            table: {name: kind or "" for name, kind in columns.items()} for table, columns in SCRATCH.items()
        }
        self._security = Security(snapshot)

    def prepare(self, name: str, text: str, role: str) -> Prepared:
        form = as_query(text, SCRATCH)
        prepared = self._prepare(name, sqlglot.parse_one(form.text, dialect="postgres"), role)
        return replace(prepared, empties=form.empties, writes=prepared.writes or bool(form.empties))

    def _prepare(self, name: str, tree: exp.Expression, role: str) -> Prepared:
        before = []
        ctes = list(tree.args["with_"].expressions) if tree.args.get("with_") else []
        for place, cte in enumerate(ctes):
            if isinstance(cte.this, tuple(_WRITES)):
                write = cte.this.copy()
                if place:
                    write.set("with_", exp.With(expressions=[earlier.copy() for earlier in ctes[:place]]))
                before.append((cte.alias, self._prepare(f"{name}.{cte.alias}", write, role)))
                cte.set("this", _returned(cte))
        writes = bool(before) or isinstance(tree, tuple(_WRITES))
        denied = self._denied(tree, role)
        self._secure_reads(tree, role)
        for select in list(tree.find_all(exp.Select)):
            select.set("locks", None)
            if self._laterals(select):
                inline(select, lambda column: any(column in self._types[one] for one in self._tables(select)))  # noqa: B023
        _functions_as_tables(tree)
        _delete_using(tree)
        _limits(tree)
        checked = self._secure_writes(tree, role)
        self._mark_written(tree)
        _conflict(tree)
        projections = _projections(tree)
        columns = [one.alias_or_name for one in projections]
        decoders = tuple(self._decoder(tree, one) for one in projections)
        sql = rewrite(tree).sql(dialect="sqlite", unsupported_level=sqlglot.ErrorLevel.IGNORE)
        row = namedtuple("Row", columns[:-1] if checked else columns, rename=True) if columns else None
        return Prepared(name, sql, row, decoders, checked, bool(columns), tuple(before), denied, writes)

    def _tables(self, tree: exp.Expression) -> set[str]:
        return {table.name for table in tree.find_all(exp.Table) if table.name in self._types}

    @staticmethod
    def _laterals(select: exp.Select) -> bool:
        return any(isinstance(join.this, exp.Lateral) for join in select.args.get("joins") or [])

    def _denied(self, tree: exp.Expression, role: str) -> str | None:
        for node in tree.find_all(*_WRITES):
            table, columns = _target(node).name, _written(node)
            if table not in SCRATCH and not self._security.may(role, _WRITES[type(node)], table, columns):
                wanted = f"{_WRITES[type(node)]} {sorted(columns, key=str)}"
                return f"permission denied for table {table}: {role} may not {wanted}"
        targets = {id(_target(node)) for node in tree.find_all(*_WRITES)}
        for table in tree.find_all(exp.Table):
            if table.name not in self._types or table.name in SCRATCH or id(table) in targets:
                continue
            if not self._security.may(role, "SELECT", table.name, self._columns_read(tree, table)):
                return f"permission denied for table {table.name}: {role} may not SELECT"
        return None

    def _columns_read(self, tree: exp.Expression, table: exp.Table) -> set[str]:
        """Those that name the table; which of the others are its own is not looked into."""
        named = {column.name for column in tree.find_all(exp.Column) if column.table == table.alias_or_name}
        return named & set(self._types[table.name])

    def _secure_reads(self, tree: exp.Expression, role: str) -> None:
        targets = {id(_target(node)) for node in tree.find_all(*_WRITES)}
        hidden = {cte.alias for cte in tree.find_all(exp.CTE)}
        for table in list(tree.find_all(exp.Table)):
            if table.name not in self._types or table.name in hidden or id(table) in targets:
                continue
            condition = self._security.condition(role, "SELECT", table.name)
            if condition is not None:
                seen = exp.select("*").from_(exp.to_table(table.name)).where(condition)
                table.replace(seen.subquery(table.alias_or_name))

    def _secure_writes(self, tree: exp.Expression, role: str) -> bool:
        command = _WRITES.get(type(tree))
        if command is None:
            return False
        target = _target(tree)
        if command != "INSERT" and (seen := self._security.condition(role, command, target.name)) is not None:
            tree.where(_of(seen, target, self._types), copy=False)  # type: ignore[attr-defined]
        allowed = self._security.condition(role, command, target.name, written=True) if command != "DELETE" else None
        if allowed is None:
            return False
        returning = tree.args.get("returning") or exp.Returning(expressions=[])
        returning.append("expressions", exp.alias_(exp.Paren(this=allowed), _CHECK))
        tree.set("returning", returning)
        return True

    def _mark_written(self, tree: exp.Expression) -> None:
        """A plain text written to a column of a marked type gets its mark."""
        if isinstance(tree, exp.Update):
            types = self._types.get(_target(tree).name, {})
            for pair in tree.expressions:
                self._mark(pair.expression, types.get(pair.this.name))
        if isinstance(tree, exp.Insert) and isinstance(tree.this, exp.Schema):
            types = self._types.get(_target(tree).name, {})
            names = [column.name for column in tree.this.expressions]
            body = tree.expression
            rows = (
                [one.expressions for one in body.expressions]
                if isinstance(body, exp.Values)
                else [select.expressions for select in body.find_all(exp.Select) if select.parent_select is None]
            )
            for row in rows:
                # Fewer where the row is `*`, whose values are marked already.
                for name, value in zip(names, row, strict=False):
                    self._mark(value.unalias(), types.get(name))

    @staticmethod
    def _mark(value: exp.Expression, kind: str | None) -> None:
        if kind in MARKS and isinstance(value, (exp.Placeholder, exp.Parameter, exp.Literal)):
            value.replace(exp.Anonymous(this=MARKS[kind], expressions=[value.copy()]))

    def _decoder(self, tree: exp.Expression, projection: exp.Expression) -> Callable[[Any], Any]:
        kind = self._kind(tree, projection.unalias())
        if kind == "boolean":
            return out_bool
        if kind in ("json", "jsonb"):
            return out_json
        return out_array if kind and kind.endswith("[]") else out

    def _kind(self, tree: exp.Expression, value: exp.Expression) -> str | None:
        """boolean, json, a list, or anything else, as far as the form of the expression tells."""
        value = value.unnest()
        if isinstance(value, (exp.Predicate, exp.Not, exp.And, exp.Or, exp.Boolean)):
            return "boolean"
        if isinstance(value, exp.ArrayAgg):
            return "[]"
        if isinstance(value, exp.JSONObject):
            return "json"
        if isinstance(value, exp.Anonymous) and value.name.startswith("pg_try_"):
            return "boolean"
        if isinstance(value, (exp.Coalesce, exp.Max, exp.Min, exp.LogicalOr, exp.LogicalAnd)):
            return "boolean" if isinstance(value, (exp.LogicalOr, exp.LogicalAnd)) else self._kind(tree, value.this)
        if isinstance(value, exp.Cast):
            return value.to.sql(dialect="postgres").lower()
        if isinstance(value, exp.Case):
            return self._kind(tree, value.args["ifs"][0].args["true"])
        if isinstance(value, exp.Subquery) and isinstance(value.this, exp.Select):
            return self._kind(tree, value.this.expressions[0].unalias())
        if isinstance(value, exp.Column):
            kinds = {self._types[one].get(value.name) for one in self._named(tree, value.table)} - {None}
            special = kinds & {"boolean", "json", "jsonb"} | {kind for kind in kinds if kind and kind.endswith("[]")}
            if special and len(kinds) > 1:
                raise UnsupportedError(f"{value.sql()} may be {kinds}: say of which table it is")
            return next(iter(special), None) or self._kind_below(tree, value)
        return None

    def _kind_below(self, tree: exp.Expression, column: exp.Column) -> str | None:
        """The same of a column that a subquery has named."""
        for subquery in tree.find_all(exp.Subquery):
            if isinstance(subquery.this, exp.Select) and column.table in ("", subquery.alias):
                for projection in subquery.this.expressions:
                    if isinstance(projection, exp.Alias) and projection.alias == column.name:
                        return self._kind(subquery.this, projection.this)
        return None

    def _named(self, tree: exp.Expression, alias: str) -> set[str]:
        tables = [table for table in tree.find_all(exp.Table) if table.name in self._types]
        own = {table.name for table in tables if alias and table.alias_or_name == alias}
        own |= {
            table.name
            for subquery in tree.find_all(exp.Subquery)
            if alias and subquery.alias == alias
            for table in subquery.find_all(exp.Table)
            if table.name in self._types
        }
        return own or {table.name for table in tables}


def _target(node: exp.Expression) -> exp.Table:
    found = node.this.this if isinstance(node.this, exp.Schema) else node.this
    assert isinstance(found, exp.Table), node.sql()
    return found


def _written(node: exp.Expression) -> set[str]:
    """The columns named; for a DELETE the privilege is the table's (None)."""
    if isinstance(node, exp.Delete):
        return {None}  # type: ignore[arg-type]
    if isinstance(node, exp.Update):
        return {pair.this.name for pair in node.expressions}
    return {column.name for column in node.this.expressions} if isinstance(node.this, exp.Schema) else set()


def _of(condition: exp.Expression, target: exp.Table, types: Mapping[str, Mapping[str, str]]) -> exp.Expression:
    copy = condition.copy()
    for column in copy.find_all(exp.Column):
        if not column.table and column.name in types[target.name]:
            column.set("table", exp.to_identifier(target.alias_or_name))
    return copy


def _returned(cte: exp.CTE) -> exp.Select:
    """The rows that a data-modifying CTE has returned, come in as JSON."""
    returning = cte.this.args.get("returning")
    names = [one.alias_or_name for one in returning.expressions] if returning else []
    picked = [exp.alias_(_extract(name), name) for name in names] or [exp.Literal.number(1)]
    source = exp.Anonymous(this="json_each", expressions=[exp.Placeholder(this=cte.alias)])
    return exp.select(*picked).from_(exp.Table(this=source))


def _extract(name: str) -> exp.Expression:
    return exp.Anonymous(this="json_extract", expressions=[exp.column("value"), exp.Literal.string(f"$.{name}")])


def _functions_as_tables(tree: exp.Expression) -> None:
    for table in list(tree.find_all(exp.Table)):
        function = table.this
        if isinstance(function, exp.Anonymous) and function.name.lower() in ("json_to_recordset", "jsonb_to_recordset"):
            picked = []
            for column in table.args["alias"].columns:
                kind = column.args["kind"].sql(dialect="postgres").lower()
                value = _extract(column.name)
                if kind in MARKS:
                    value = exp.Anonymous(this=MARKS[kind], expressions=[value])
                picked.append(exp.alias_(value, column.name))
            rows = exp.select(*picked).from_(
                exp.Table(this=exp.Anonymous(this="json_each", expressions=[function.expressions[0].copy()]))
            )
            table.replace(rows.subquery(table.alias))
    for unnest in list(tree.find_all(exp.Unnest)):
        (array,) = unnest.expressions
        alias = unnest.args["alias"]
        name = alias.columns[0].name if alias.columns else alias.name
        unnest.replace(elements(array.this if isinstance(array, exp.Cast) else array, name).subquery(alias.name))


def _delete_using(tree: exp.Expression) -> None:
    """`DELETE FROM a USING b WHERE …`: those rows of a for which the join has one."""
    using = tree.args.get("using") if isinstance(tree, exp.Delete) else None
    if not using:
        return
    target = _target(tree)
    row = exp.column("rowid", target.alias_or_name)
    found = exp.select(row).from_(target.copy())
    for table in using:
        found = found.join(table.copy(), join_type="cross")
    found = found.where(tree.args["where"].this.copy())
    tree.set("using", None)
    tree.set("where", exp.Where(this=exp.In(this=exp.column("rowid"), query=exp.Subquery(this=found))))


def _limits(tree: exp.Expression) -> None:
    """Without a limit (NULL) SQLite wants a number below 0."""
    for limit in tree.find_all(exp.Limit):
        if isinstance(limit.expression, exp.Placeholder):
            none = exp.Neg(this=exp.Literal.number(1))
            limit.set("expression", exp.Coalesce(this=limit.expression.copy(), expressions=[none]))


def _conflict(tree: exp.Expression) -> None:
    """SQLite reads `SELECT … ON CONFLICT` as a join without a WHERE between, and takes no order in its key."""
    conflict = tree.args.get("conflict") if isinstance(tree, exp.Insert) else None
    if conflict is None:
        return
    conflict.set(
        "conflict_keys",
        [one.this if isinstance(one, exp.Ordered) else one for one in conflict.args.get("conflict_keys") or []],
    )
    if isinstance(tree.expression, exp.Select) and not tree.expression.args.get("where"):
        tree.expression.where(exp.true(), copy=False)


def _projections(tree: exp.Expression) -> list[exp.Expression]:
    if isinstance(tree, exp.Query):
        return list(tree.selects)
    returning = tree.args.get("returning")
    return list(returning.expressions) if returning else []
