"""LATERAL, which SQLite has not: replaced by subqueries in the places where its columns are used."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlglot import exp


class UnsupportedError(Exception):
    """A query of a form that the store in memory cannot run: say it in another form, or teach `laterals` this one."""


#: Tells whether some table named in the select has a column of this name.
IsColumn = Callable[[str], bool]


def inline(select: exp.Select, is_column: IsColumn) -> None:
    """Take each LATERAL out of `select`, in order, so that later ones may use earlier ones."""
    for join in list(select.args.get("joins") or []):
        lateral = join.this
        if not isinstance(lateral, exp.Lateral):
            continue
        body = lateral.this.this if isinstance(lateral.this, exp.Subquery) else lateral.this
        alias = lateral.args["alias"]
        names = [column.name for column in alias.columns]
        if isinstance(body, exp.Values):
            _inline_values(join, body, alias.name, names, select, is_column)
            continue
        if not isinstance(body, exp.Select):
            raise UnsupportedError(f"LATERAL {alias.name} is no select")
        inline(body, is_column)
        if _look_up(join, body, alias.name):
            continue
        names = names or [projection.alias_or_name for projection in body.expressions]
        _check_one_row(join, body, alias.name)
        parts = {name: _scalar(body, projection) for name, projection in zip(names, body.expressions, strict=True)}
        join.pop()
        _replace(select, alias.name, parts, is_column)


def _look_up(join: exp.Join, body: exp.Select, name: str) -> bool:
    """`(SELECT … FROM a WHERE … LIMIT 1) x` without an order looks up a row by its whole key: a join does the same."""
    source = body.args.get("from_")
    if join.side == "LEFT" and not body.is_star:
        # Each column can be looked up by itself.
        return False
    if source is None or not body.args.get("limit") or body.args.get("order") or body.args.get("joins"):
        return False
    table = source.this.copy()
    known = table.alias_or_name
    condition = body.args["where"].this.copy()
    for column in condition.find_all(exp.Column):
        if column.table == known:
            column.set("table", exp.to_identifier(name))
    table.set("alias", exp.TableAlias(this=exp.to_identifier(name)))
    join.set("this", table)
    join.set("on", condition)
    join.set("kind", None)
    return True


def _check_one_row(join: exp.Join, body: exp.Select, name: str) -> None:
    aggregated = not body.args.get("group") and all(one.find(exp.AggFunc) for one in body.expressions)
    constant = not body.args.get("from_")
    first = join.side == "LEFT" and body.args.get("limit") is not None
    if not (aggregated or constant or first):
        raise UnsupportedError(f"LATERAL {name} may give no row or several")


def _scalar(body: exp.Select, projection: exp.Expression) -> exp.Expression:
    value = projection.unalias()
    if not body.args.get("from_"):
        return exp.Paren(this=value.copy())
    copy = body.copy()
    copy.set("expressions", [value.copy()])
    return exp.Subquery(this=copy)


def _inline_values(
    join: exp.Join, body: exp.Values, alias: str, names: list[str], select: exp.Select, is_column: IsColumn
) -> None:
    """`(VALUES (a), (b)) AS x (y)`: as many numbers, and y is a or b by the number."""
    rows = [row.expressions if isinstance(row, exp.Tuple) else [row.unnest()] for row in body.expressions]
    numbers: exp.Query = exp.select(exp.alias_(exp.Literal.number(0), "i"))
    for number in range(1, len(rows)):
        numbers = exp.union(numbers, exp.select(exp.Literal.number(number)), distinct=False)
    assert isinstance(numbers, (exp.Select, exp.Union))
    join.set("this", numbers.subquery(alias))
    parts: dict[str, exp.Expression] = {}
    for position, name in enumerate(names):
        case = exp.Case(this=exp.column("i", alias))
        for number, row in enumerate(rows):
            case = case.when(exp.Literal.number(number), row[position].copy())
        parts[name] = case
    _replace(select, alias, parts, is_column)


def _replace(select: exp.Select, alias: str, parts: Mapping[str, exp.Expression], is_column: IsColumn) -> None:
    for column in list(select.find_all(exp.Column)):
        part = parts.get(column.name)
        if part is None or not (column.table == alias or (not column.table and not is_column(column.name))):
            continue
        new = part.copy()
        if column.parent is select and column.arg_key == "expressions":
            new = exp.alias_(new, column.name)
        column.replace(new)
