"""From a question to its explanation: who is meant, and who asks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from bizoverbiz.errors import BizoverbizError
from bizoverbiz.explanation.graph import Graph
from bizoverbiz.explanation.judging import judge
from bizoverbiz.explanation.reasons import Currency, Explanation, Frontier, Group, Help, MemberView, Obligation, Reason
from bizoverbiz.explanation.remedies import Remedies
from bizoverbiz.verification import Result, read_result
from bizoverbiz.verification.rows import Int64s, check_rows, find, networks

#: Names and pairs that are told at most where there may be many.
MOST_NAMES = 5
_LEFT_OUT = {True: Reason.EXCLUDED, False: Reason.LOWERED}


class UnknownError(BizoverbizError):
    """A member, an obligation or a currency that the result does not have, or does not show to the one who asks."""


def explain_member(directory: Path, member: str, *, currency: str | None = None) -> MemberView:
    """Explain a member's result to that member: figures, and its obligations by reason.

    Args:
        directory: a result directory; what is wrong in it is the business of `verify_directory`.
        member: who asks.
        currency: only this one.

    Raises:
        UnknownError: no such member or currency.
        VerificationError: the directory cannot be read.
    """
    result = _read(directory)
    _check_member(result, member)
    parts = [
        _explain_currency(graph, member)
        for graph in _graphs(result, currency)
        if graph.names.index_of(member) is not None
    ]
    if not parts:
        raise UnknownError(f"member {member!r} has no obligation in {currency}: leave out --currency")
    return MemberView(member, parts, result.summary.decimals)


def explain_obligation(
    directory: Path, obligation: str, *, asker: str | None = None, currency: str | None = None
) -> Explanation:
    """Explain one obligation, to one of its parties or to the operator.

    Args:
        directory: a result directory.
        obligation: its id.
        asker: the member who asks, who is told of its own obligations only; None is the operator.
        currency: needed where the id is there in several.

    Raises:
        UnknownError: no such obligation, or the asker is no party of it.
        VerificationError: the directory cannot be read.
    """
    result = _read(directory)
    if asker is not None:
        _check_member(result, asker)
    rows = _find_rows(result, obligation, asker, currency)
    (graph,) = _graphs(result, rows["currency"][0])
    row = graph.network.setoffs["id"].index_of(obligation)
    assert row is not None, "found above"
    return _explain_row(graph, row, asker, result.summary.decimals)


def _read(directory: Path) -> Result:
    result = read_result(directory)
    check_rows(result.setoffs)
    return result


def _graphs(result: Result, currency: str | None) -> Iterator[Graph]:
    if currency is not None and currency not in result.summary.currency:
        known = ", ".join(result.summary.currency)
        raise UnknownError(f"nothing was netted in {currency!r}; currencies of this result: {known}")
    for network in networks(result):
        if currency in (None, network.currency):
            yield Graph(network, result.certificate[network.currency])


def _check_member(result: Result, member: str) -> None:
    names = result.members["member"]
    if names.index_of(member) is None:
        raise UnknownError(f"no member {member!r} in this result{_near(member, names)}")


def _find_rows(result: Result, obligation: str, asker: str | None, currency: str | None) -> pl.DataFrame:
    rows = result.setoffs
    if currency is not None:
        rows = rows.filter(pl.col("currency") == currency)
    if asker is not None:
        rows = rows.filter((pl.col("debtor") == asker) | (pl.col("creditor") == asker))
    found = rows.filter(pl.col("id") == obligation)
    whose = f" of {asker!r}" if asker is not None else ""
    where = f" in {currency}" if currency is not None else ""
    if found.is_empty():
        raise UnknownError(f"no obligation {obligation!r}{whose}{where} in this result{_near(obligation, rows['id'])}")
    if found.height > 1:
        codes = ", ".join(found["currency"])
        raise UnknownError(f"obligation {obligation!r} is there in {codes}: choose one with --currency")
    return found


def _near(word: str, words: pl.Series) -> str:
    """Say which names resemble one; among millions, only those that begin alike are compared."""
    for length in (0, 3, 6):
        alike = words.filter(words.str.starts_with(word[:length])) if length else words
        if len(alike) <= 50_000:
            near = get_close_matches(word, alike.unique().to_list(), n=3)
            return f"; did you mean {' or '.join(map(repr, near))}?" if near else ""
    return ""


def _explain_currency(graph: Graph, member: str) -> Currency:
    at = _number(graph, member)
    remedies = Remedies(graph, at, all_seen=False)
    groups: dict[tuple[bool, Reason, str], list[dict[str, Any]]] = defaultdict(list)
    for receivable, pairs, side in (
        (True, remedies.receivable, graph.network.creditor),
        (False, remedies.payable, graph.network.debtor),
    ):
        open_ = pairs[graph.ceiling[pairs] > graph.flow[pairs]]
        verdicts = judge(graph, open_, at, receivable=receivable, asker=at)
        reasons = {pair: reason for pair, (reason, _) in zip(open_.tolist(), verdicts, strict=True)}
        for row in np.flatnonzero(side == at).tolist():
            line = graph.network.setoffs.row(row, named=True)
            reason = _own_reason(line) or reasons[int(graph.pair[row])]
            rule = line["rule"] if reason in _LEFT_OUT.values() else ""
            groups[receivable, reason, rule].append(line)
    mine = graph.network.members.row(at, named=True)
    rows = np.flatnonzero((graph.network.debtor == at) | (graph.network.creditor == at))
    told = [_group(key, lines) for key, lines in groups.items()]
    told.sort(key=lambda group: (-group.remaining, -group.amount, group.reason, group.rule, group.receivable))
    return Currency(
        graph.network.currency, mine["receivable"], mine["payable"], mine["set_off"], told, remedies.all(rows)
    )


def _own_reason(line: dict[str, Any]) -> Reason | None:
    """Give the reason that lies in the obligation itself, None where its pair could have been set off further."""
    if line["set_off"] < line["ceiling"]:
        return None
    return Reason.IN_FULL if line["ceiling"] == line["amount"] else _LEFT_OUT[line["ceiling"] == 0]


def _group(key: tuple[bool, Reason, str], lines: list[dict[str, Any]]) -> Group:
    receivable, reason, rule = key
    shares: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for line in lines:
        share = shares[line["debtor" if receivable else "creditor"]]
        share[0] -= line["remaining"]
        share[1] -= line["amount"]
    return Group(
        receivable,
        reason,
        rule,
        len(lines),
        sum(line["amount"] for line in lines),
        sum(line["set_off"] for line in lines),
        sorted(shares, key=lambda name: (shares[name], name))[:MOST_NAMES],
        len(shares) > MOST_NAMES,
    )


def _explain_row(graph: Graph, row: int, asker: str | None, decimals: int) -> Explanation:
    line = graph.network.setoffs.row(row, named=True)
    obligation = Obligation(**{name: line[name] for name in Obligation.__dataclass_fields__})
    pair = int(graph.pair[row])
    debtor, creditor = int(graph.debtor[pair]), int(graph.creditor[pair])
    me = None if asker is None else _number(graph, asker)
    own = _own_reason(line)
    about = None
    blocked: list[Frontier] = []
    capped: list[str] = []
    if own is None:
        ((reason, number),) = judge(graph, np.array([pair]), debtor, receivable=False, asker=me)
        about = None if number is None else graph.names[number]
        if graph.looped[pair]:
            blocked, capped = _bottleneck(graph, creditor, me)
    else:
        reason = own
    remedies = Remedies(graph, creditor if me == creditor else debtor, all_seen=me is None)
    told = [*remedies.without_rule(np.array([row]))]
    if own is None:
        told += remedies.against(np.array([pair]))
        for party in (debtor, creditor) if reason is Reason.CAP else ():
            if me in (None, party):
                told += Remedies(graph, party, all_seen=me is None).more_cap()
        if me is not None:
            wanted = Help.CUSTOMERS_JOIN if me == debtor else Help.SUPPLIERS_JOIN
            told += [remedy for remedy in remedies.joining() if remedy.help is wanted]
    return Explanation(obligation, asker, reason, about, blocked, capped, told, decimals)


def _bottleneck(graph: Graph, creditor: int, me: int | None) -> tuple[list[Frontier], list[str]]:
    """Give the pairs and the members at their cap that stand in the way, as far as the asker may know them."""
    pairs, capped = graph.frontier(creditor)
    if me is not None:
        pairs = pairs[(graph.debtor[pairs] == me) | (graph.creditor[pairs] == me)]
        capped = capped[capped == me]
    names = graph.names
    return [
        Frontier(names[int(graph.debtor[pair])], names[int(graph.creditor[pair])], int(graph.ceiling[pair]))
        for pair in pairs[:MOST_NAMES].tolist()
    ], [names[member] for member in capped[:MOST_NAMES].tolist()]


def _number(graph: Graph, member: str) -> int:
    at: Int64s = find(pl.Series([member]), graph.names)
    return int(at[0])
