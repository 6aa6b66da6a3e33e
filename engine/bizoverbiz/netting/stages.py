"""Netting in two stages: some obligations first and alone, then what is left of them together with the others.

What the first stage sets off is kept to the last cent, whatever the second could do with it: the later obligations
take nothing from what the earlier ones get without them. Each stage is a netting of its own with its own certificate.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import NamedTuple

import numpy as np

from bizoverbiz.netting.columns import Columns, Ints, Mask, sums, totals
from bizoverbiz.netting.errors import NettingError
from bizoverbiz.netting.flow import pour
from bizoverbiz.netting.rules import Rules
from bizoverbiz.netting.solve import ColumnsNetting, net_columns


class Staged(NamedTuple):
    """Both stages' results, row by row as their columns; they add up."""

    first: ColumnsNetting
    #: Or the reason why nothing more is set off: the first stage stands all the same.
    second: ColumnsNetting | NettingError


def net_in_stages(
    columns: Columns,
    members: list[str],
    *,
    later: Mask,
    on: date,
    rules: Rules,
    proposals: tuple[Ints, Ints] | None = None,
) -> Staged:
    """Net the rows that are not `later`, then all of them with what that has left.

    Args:
        columns: the obligations, with their whole amounts as ceilings.
        members: the names of the members, in their order.
        later: the rows of the second stage.
        on: the day at which ages are counted.
        rules: as `net_columns` takes them; caps hold for both stages together, the other rules for each by itself.
        proposals: what either stage proposed, minor units a row.

    Raises:
        NettingError: what `net_columns` raises of the first stage.
    """
    near = proposals or (None, None)
    first = net_columns(earlier(columns, later), members, on=on, rules=rules, proposal=near[0])
    left, room = remaining(columns, members, rules, first.set_off)
    try:
        return Staged(first, net_columns(left, members, on=on, rules=room, proposal=near[1]))
    except NettingError as error:
        return Staged(first, error)


def earlier(columns: Columns, later: Mask) -> Columns:
    """Give the first stage's problem: what is later has no part in it."""
    return replace(columns, ceiling=np.where(later, 0, columns.ceiling))


def remaining(columns: Columns, members: list[str], rules: Rules, set_off: Ints) -> tuple[Columns, Rules]:
    """Give the second stage's problem: the amounts that a first one has left, and the room it has left under the caps.

    What is left of an obligation is an obligation of its own: the smallest set-off is asked of it anew.

    Args:
        columns: the obligations, with their whole amounts as ceilings.
        members: the names of the members, in their order.
        rules: of both stages; what is too small or due too late was not let in, and is no rule here.
        set_off: by the first stage, minor units a row.
    """
    assert not rules.smallest_obligation, "a rest would be left out for being small"
    assert rules.horizon is None, "what is due too late was not let in"
    rest = columns.ceiling - set_off
    if rules.pair_cap is not None:
        first = columns.pairs()
        within = pour(rest, first, np.maximum(rules.pair_cap - sums(set_off, first), 0))
        rest = np.where(within < rest, 0, rest) if rules.whole else within
    received = totals(columns.creditor, set_off, columns.members).tolist()
    most = {name: rules.member_caps.get(name, rules.member_cap) for name in members}
    room = {
        name: max(0, cap - done) for (name, cap), done in zip(most.items(), received, strict=True) if cap is not None
    }
    return replace(columns, ceiling=rest), replace(rules, pair_cap=None, member_cap=None, member_caps=room)
