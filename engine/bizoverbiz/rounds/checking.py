"""Checking one currency of a stored round by its certificate and by the rules the round was opened with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from bizoverbiz.errors import BizoverbizError
from bizoverbiz.netting import Certificate, NettingError
from bizoverbiz.netting.certificate import verify_columns
from bizoverbiz.netting.columns import Ints
from bizoverbiz.netting.rules import Rules, caps, ceilings
from bizoverbiz.netting.stages import earlier, remaining
from bizoverbiz.rounds.options import NetworkOptions
from bizoverbiz.rounds.problem import LINE, Problem, amounts_by_key, commitments, imbalance, pose

#: A line with everything that was decided on it.
VERIFIABLE = LINE | {"final_ceiling": pl.Int64, "set_off": pl.Int64}


def in_columns(lines: Iterable[Any]) -> pl.DataFrame:
    """Rows with the fields of `VERIFIABLE`, as columns."""
    rows = [tuple(str(line.id) if name == "id" else getattr(line, name) for name in VERIFIABLE) for line in lines]
    return pl.DataFrame(rows, schema=VERIFIABLE, orient="row")


class ViolationError(BizoverbizError):
    """A stored round breaks one of the rules it was made by."""


def check_problem(
    problem: Any, lines: pl.DataFrame, options: NetworkOptions, *, on: date, staged: bool = True
) -> list[str]:
    """Bounds, conservation, rules and certificates of a currency's proposal and decision. Raises `ViolationError`.

    Rounds that were cut off before there were stages are not `staged`: their commitments may have been netted together
    with what was posted.
    """
    stages = (
        ("proposal", "ceiling", "proposed", problem.proposed, problem.proposal_certificate),
        ("decision", "final_ceiling", "set_off", problem.set_off, problem.decision_certificate),
    )
    checked = []
    for stage, ceiling, amount, total, document in stages:
        if total is None:
            continue
        what = f"{problem.currency} {stage}"
        _bounds(what, lines, ceiling, amount, total)
        try:
            posed = pose(problem.currency, lines, options, on=on, ceiling=ceiling)
            said = _check_stages(posed, posed.lines[amount].to_numpy(), document, staged=staged)
        except NettingError as error:
            raise ViolationError(f"{what}: the certificate does not hold: {error}") from None
        except _RuleBrokenError as error:
            raise ViolationError(f"{what}: {error}") from None
        checked.append(f"{what}: bounds, balance of every member, and the {said}")
    return checked


def _check_stages(posed: Problem, set_off: Ints, document: Mapping[str, Any], *, staged: bool) -> str:
    """What was checked. Raises `_RuleBrokenError`, or `NettingError` if a certificate does not hold."""
    after = document.get("commitments")
    if after is None:
        if staged and posed.later.any():
            raise _RuleBrokenError("its commitments were not netted after what is posted")
        _rules(posed, set_off, document)
        return "certificate of optimality"
    second = _second_stage(posed, set_off, after)
    first = set_off - second
    columns, rules = remaining(posed.columns, posed.members, posed.rules, first)
    _rules(replace(posed, columns=earlier(posed.columns, posed.later)), first, document)
    if "left_out" in after:
        return "certificate of optimality; commitments left out because they could not be netted"
    _rules(replace(posed, columns=columns, rules=rules), second, after)
    return "certificates of optimality: of what is posted alone, and of what is left of it with commitments"


def _second_stage(posed: Problem, set_off: Ints, after: Mapping[str, Any]) -> Ints:
    """What of the set-offs the second stage says it adds, row by row. Raises `_RuleBrokenError`."""
    said = after.get("set_off", {})
    unknown = said.keys() - set(posed.lines["key"].to_list())
    if unknown or any(type(amount) is not int or amount <= 0 for amount in said.values()):
        raise _RuleBrokenError("the second stage names lines or amounts that there are not")
    second = amounts_by_key(posed.lines, said)
    for row in np.flatnonzero((second > set_off) | (posed.later & (second != set_off)))[:1]:
        raise _RuleBrokenError(f"{posed.lines['key'][int(row)]} is not set off in its own stage")
    return second


def check_reversal(problem: Any, lines: pl.DataFrame) -> list[str]:
    """Balance of every member, and that it is reversed wholly or not at all. Raises `ViolationError`."""
    checked = []
    for stage, ceiling, amount, total in (
        ("proposal", "ceiling", "proposed", problem.proposed),
        ("decision", "final_ceiling", "set_off", problem.set_off),
    ):
        if total is None:
            continue
        what = f"{problem.currency} {stage}"
        _bounds(what, lines, ceiling, amount, total)
        if total != problem.matched:
            raise ViolationError(f"{what}: a reversal is whole or nothing")
        checked.append(f"{what}: balance of every member, wholly reversed")
    return checked


def _bounds(what: str, lines: pl.DataFrame, ceiling: str, amount: str, total: int) -> None:
    within = pl.col(amount).is_between(0, pl.col(ceiling)) & (pl.col(ceiling) <= pl.col("ceiling"))
    outside = lines.filter(~within.fill_null(False))["key"]
    if len(outside):
        raise ViolationError(f"{what}: {outside.to_list()[0]} lies outside 0 to its ceiling")
    if (unbalanced := imbalance(lines, amount)) is not None:
        raise ViolationError(f"{what}: {unbalanced}")
    if lines[amount].sum() != total:
        raise ViolationError(f"{what}: the total is not the sum of its set-offs")


class _RuleBrokenError(BizoverbizError):
    """A set-off that one of the network's options forbids."""


def _rules(problem: Problem, set_off: Ints, document: Mapping[str, Any]) -> None:
    rules, columns = problem.rules, problem.columns
    allowed, _ = ceilings(columns, rules, problem.on)
    certificate = Certificate.from_json(document)
    limited = replace(columns, ceiling=allowed)
    most = {problem.members[number]: cap for number, cap in caps(limited, problem.members, rules).items()}
    if dict(certificate.caps) != most:
        raise _RuleBrokenError("the certificate's caps are not those of the options")
    bound = verify_columns(
        problem.members,
        debtor=columns.debtor,
        creditor=columns.creditor,
        ceiling=allowed,
        set_off=set_off,
        certificate=certificate,
    )
    if not rules.integers:
        if certificate.total != bound:
            raise _RuleBrokenError(
                f"the certificate does not hold: {certificate.total} is set off, the bound is {bound}"
            )
        return
    if document.get("bound") != bound or not certificate.total <= document.get("solver_bound", -1) <= bound:
        raise _RuleBrokenError(f"the bounds that were reported are not within {certificate.total} to {bound}")
    _touched(problem, rules, allowed, set_off)


def _touched(problem: Problem, rules: Rules, allowed: Ints, set_off: Ints) -> None:
    least = allowed if rules.whole else np.minimum(allowed, rules.smallest_set_off)
    for row in np.flatnonzero((set_off > 0) & (set_off < least))[:1]:
        raise _RuleBrokenError(f"{problem.lines['key'][int(row)]} is set off by less than the options allow")


def check_admitted(currency: str, lines: pl.DataFrame, options: NetworkOptions, *, on: date) -> None:
    """The round's options let every line in. Raises `ViolationError`."""
    smallest = {row["currency"]: row["smallest"] for row in options.smallest_obligations()}.get(currency, 0)
    outside = pl.col("ceiling") < smallest
    if options.horizon is not None:
        outside |= ((pl.col("due_date") - pl.lit(on)).dt.total_days() > options.horizon).fill_null(False)
    if not options.commitments:
        outside |= commitments(lines)
    left_out = lines.filter(outside)["key"]
    if len(left_out):
        raise ViolationError(f"{left_out.to_list()[0]}: the round's options do not let it in")
