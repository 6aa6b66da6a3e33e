"""PostgreSQL's expressions in SQLite's words, where sqlglot's own translation is not enough."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sqlglot import exp

from .values import MARKS

_Node = TypeVar("_Node", bound=exp.Expression)


def rewrite(tree: _Node) -> _Node:
    """The same tree, changed in place where needed; what it cannot change it leaves for SQLite to refuse."""
    holder = exp.Paren(this=tree)
    for kind, change in _CHANGES:
        for node in list(holder.find_all(kind)):
            if node is not holder and (changed := change(node)) is not node:
                node.replace(changed)
    result: _Node = holder.this
    result.pop()
    return result


def _any(node: exp.Expression) -> exp.Expression:
    """`x = ANY (list)`, where a list is JSON here."""
    wanted, array = node.this, node.expression
    negated = isinstance(node, exp.NEQ)
    if not isinstance(array, exp.All if negated else exp.Any):
        return node
    array = array.this.unnest()
    if isinstance(array, exp.Cast):
        array = array.this
    if isinstance(array, exp.Array):
        found: exp.Expression = exp.In(this=wanted, expressions=array.expressions)
    else:
        found = exp.In(this=wanted, query=exp.Subquery(this=elements(array)))
    return exp.Not(this=found) if negated else found


def elements(array: exp.Expression, name: str | None = None) -> exp.Select:
    """The elements of a JSON list as rows."""
    value: exp.Expression = exp.column("value")
    if name:
        value = exp.alias_(value, name)
    return exp.select(value).from_(exp.Table(this=exp.Anonymous(this="json_each", expressions=[array.copy()])))


def _cast(node: exp.Cast) -> exp.Expression:
    kind = node.to.sql(dialect="postgres").lower()
    inner = node.this
    if kind in ("text", "varchar") and not isinstance(inner, exp.Literal):
        return exp.Anonymous(this="pg_text", expressions=[inner])
    if kind in MARKS:
        return exp.Anonymous(this=MARKS[kind], expressions=[inner])
    if kind in ("bigint", "int", "integer", "smallint"):
        return node
    assert kind in ("text", "varchar", "json", "jsonb", "boolean", "bool") or kind.endswith("[]"), f"a cast to {kind}"
    return inner


def _exists(node: exp.Exists) -> exp.Expression:
    if isinstance(node.this, exp.Select) and not node.this.expressions:
        node.this.select(exp.Literal.number(1), copy=False)
    return node


def _interval(node: exp.Expression) -> exp.Expression:
    interval = node.expression
    if not isinstance(interval, exp.Interval):
        return node
    unit = interval.args.get("unit")
    text = f"{interval.this.name} {unit.name.lower()}" if unit else interval.this.name
    sign = exp.Literal.number(1) if isinstance(node, exp.Add) else exp.Neg(this=exp.Literal.number(1))
    return exp.Anonymous(this="pg_shifted", expressions=[node.this, exp.Literal.string(text), sign])


def _array_aggregate(node: exp.Expression) -> exp.Expression:
    return exp.Anonymous(this="json_group_array", expressions=[node.this])


def _collate(node: exp.Collate) -> exp.Expression:
    return node.this


_CHANGES: list[tuple[type[exp.Expression], Callable[..., exp.Expression]]] = [
    (exp.Collate, _collate),
    (exp.EQ, _any),
    (exp.NEQ, _any),
    (exp.Cast, _cast),
    (exp.Exists, _exists),
    (exp.Add, _interval),
    (exp.Sub, _interval),
    (exp.ArrayAgg, _array_aggregate),
]
