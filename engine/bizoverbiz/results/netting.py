"""Netting everything in a file, each currency by itself, into tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from bizoverbiz.files import ObligationFile
from bizoverbiz.netting import Age, Rules, net_columns
from bizoverbiz.netting.columns import Columns, Ints, Nodes, exact_sum, totals
from bizoverbiz.netting.rules import Rule
from bizoverbiz.netting.solve import ColumnsNetting
from bizoverbiz.results.directory import read_certificate
from bizoverbiz.results.ordering import Ordered, in_canonical_order

#: Of certificate.json and summary.json.
_FORMAT = 1


class FileNetting(NamedTuple):
    """The result of netting a file, as it is written; amounts in minor units."""

    setoffs: pl.DataFrame
    members: pl.DataFrame
    #: currency, age, amount, set_off: for the report.
    ages: pl.DataFrame
    certificate: dict[str, Any]
    summary: dict[str, Any]


def net_file(
    file: ObligationFile,
    *,
    on: date,
    decimals: int = 0,
    rules: Rules,
    previous: Mapping[str, Mapping[str, int]] | None = None,
    backend: str = "kernel",
    on_step: Callable[[str], None] = lambda step: None,
) -> FileNetting:
    """Net the obligations of a file.

    Args:
        file: what was read.
        on: the day at which ages and the horizon are counted.
        decimals: how the amounts were written; only told in the summary.
        rules: what is asked for beyond the largest total.
        previous: potentials by member by currency to start from, of `previous_potentials`.
        backend: what solves.
        on_step: told each step when it begins.

    Raises:
        NettingError: see `net_columns`.
    """
    setoffs, members, ages = [], [], []
    certificate: dict[str, Any] = {"format": _FORMAT, "currency": {}}
    currencies: dict[str, Any] = {}
    fairness: dict[str, str] = {}
    optimal = True
    parts = _by_currency(file.frame)
    for currency, frame in sorted(parts.items()):
        on_step("reduce")
        ordered = in_canonical_order(frame)
        names = ordered.members.to_list()
        start = _start(names, (previous or {}).get(currency))
        with ThreadPoolExecutor(1) as beside:
            labels = beside.submit(ordered.labels)
            result = net_columns(
                ordered.columns, names, on=on, rules=rules, previous=start, backend=backend, on_step=on_step
            )
        on_step("write")
        setoffs.append(_setoffs(labels.result(), ordered.columns, result, currency))
        table = _members(ordered, result.set_off, currency)
        members.append(table)
        ages.append(_ages(ordered, result.set_off, on, currency))
        certificate["currency"][currency] = _certificate(result, rules)
        total = exact_sum(ordered.columns.ceiling)
        currencies[currency] = {
            "total": total,
            "set_off": result.certificate.total,
            "percent": float(round(Decimal(100 * result.certificate.total) / total, 3)),
            "net_internal_debt": exact_sum(table["net_before"].clip(0).to_numpy()),
            "upper_bound": result.solver_bound,
        }
        fairness[currency] = str(result.fairness)
        optimal = optimal and result.optimal
    tables = pl.concat(setoffs), pl.concat(members)
    summary = {
        "format": _FORMAT,
        "input": {"name": file.name, "sha256": file.sha256, "rows": file.rows},
        "firms": tables[1].height if len(parts) == 1 else tables[1]["member"].n_unique(),
        "obligations": file.rows,
        "on": on.isoformat(),
        "decimals": decimals,
        "options": _options(rules, fairness),
        "currency": currencies,
        "optimal": optimal,
    }
    return FileNetting(*tables, pl.concat(ages), certificate, summary)


def _by_currency(frame: pl.DataFrame) -> dict[str, pl.DataFrame]:
    currencies = frame["currency"].unique().cast(pl.String).to_list()
    if len(currencies) == 1:
        return {currencies[0]: frame}
    return {currency: frame.filter(pl.col("currency") == currency) for currency in currencies}


def previous_potentials(directory: Path) -> dict[str, dict[str, int]]:
    """Read the potentials of an earlier result, by currency and member.

    Raises:
        ResultError: the directory holds no certificate.
    """
    return {currency: part["potentials"] for currency, part in read_certificate(directory)["currency"].items()}


def _start(members: list[str], potentials: Mapping[str, int] | None) -> Nodes | None:
    if potentials is None:
        return None
    return np.array([potentials.get(member, 0) for member in members], np.int32)


def _setoffs(labels: pl.DataFrame, columns: Columns, result: ColumnsNetting, currency: str) -> pl.DataFrame:
    rules = pl.Series([rule.label for rule in Rule])
    return labels.with_columns(
        currency=pl.lit(currency),
        amount=columns.ceiling,
        ceiling=result.ceiling,
        set_off=result.set_off,
        remaining=columns.ceiling - result.set_off,
        rule=rules.gather(result.reason),
    )


def _members(ordered: Ordered, set_off: Ints, currency: str) -> pl.DataFrame:
    columns = ordered.columns

    def by(member: Nodes, amounts: Ints) -> Ints:
        return totals(member, amounts, columns.members)

    receivable, payable = by(columns.creditor, columns.ceiling), by(columns.debtor, columns.ceiling)
    cleared = by(columns.creditor, set_off)
    net = receivable - payable
    return pl.DataFrame(
        {
            "member": ordered.members,
            "currency": pl.repeat(currency, columns.members, eager=True),
            "receivable": receivable,
            "payable": payable,
            "net_before": net,
            "net_after": (receivable - cleared) - (payable - by(columns.debtor, set_off)),
            "set_off": cleared,
        }
    )


def _ages(ordered: Ordered, set_off: Ints, on: date, currency: str) -> pl.DataFrame:
    age = ordered.columns.ages(on)
    return pl.DataFrame(
        {
            "currency": [currency] * len(Age),
            "age": [bucket.name.lower() for bucket in Age],
            "amount": totals(age, ordered.columns.ceiling, len(Age)),
            "set_off": totals(age, set_off, len(Age)),
        }
    )


def _certificate(result: ColumnsNetting, rules: Rules) -> dict[str, Any]:
    proof = result.certificate
    document: dict[str, Any] = {
        "total": proof.total,
        "bound": result.bound,
        "potentials": proof.potentials,
        "multipliers": proof.multipliers,
        "caps": proof.caps,
        "floors": proof.floors,
    }
    if rules.integers:
        gap = (result.solver_bound - proof.total) / max(proof.total, 1)
        document["solver"] = {"bound": result.solver_bound, "gap": gap, "reproducible": True}
    return document


def _options(rules: Rules, fairness: Mapping[str, str]) -> dict[str, Any]:
    """Give the rules that were asked for; the fairness floor as it could be kept, by currency."""
    options: dict[str, Any] = {}
    for name in ("smallest_obligation", "smallest_set_off"):
        if getattr(rules, name):
            options[name] = getattr(rules, name)
    for name in ("horizon", "pair_cap", "member_cap"):
        if getattr(rules, name) is not None:
            options[name] = getattr(rules, name)
    if rules.member_caps:
        options["member_caps"] = len(rules.member_caps)
    if rules.fairness:
        options["fairness"] = {"wanted": str(rules.fairness), "kept": dict(fairness)}
    for name in ("whole", "fewest"):
        if getattr(rules, name):
            options[name] = True
    if rules.integers:
        options |= {"gap": rules.gap, "nodes": rules.nodes}
    return options
