"""Rows as they stand in a file, brought into the canonical order in which they are netted."""

from __future__ import annotations

from itertools import count
from typing import NamedTuple

import numpy as np
import polars as pl

from bizoverbiz.netting.columns import NO_DUE_DATE, Columns, Ints, Nodes
from bizoverbiz.netting.flow import distinct


class Ordered(NamedTuple):
    """The obligations of one currency in canonical order."""

    #: The members' names, ascending by code point.
    members: pl.Series
    columns: Columns
    #: Where each row stands in the file, and the ids there if it has any.
    row: Ints
    ids: pl.Series | None

    def labels(self) -> pl.DataFrame:
        """Give the id, debtor and creditor of each row, as text: what is slow, and what netting can do without."""
        debtor, creditor = (self.members.gather(party) for party in (self.columns.debtor, self.columns.creditor))
        parties = pl.DataFrame({"debtor": debtor, "creditor": creditor})
        if self.ids is not None:
            return parties.insert_column(0, self.ids.gather(self.row).alias("id"))
        first = self.columns.pairs()
        within = np.arange(1, len(self.row) + 1) - np.repeat(first, np.diff(first, append=len(self.row)))
        numbered = parties.with_columns(number=within)
        return numbered.select(pl.format("{}>{}#{}", "debtor", "creditor", "number").alias("id"), "debtor", "creditor")


def in_canonical_order(frame: pl.DataFrame) -> Ordered:
    """Sort by debtor, creditor, due date (none last), id; without ids by amount, and number them within the pair.

    Args:
        frame: debtor, creditor, amount; maybe id and due_date. As `files.read` gives it, of one currency.

    Raises:
        InvalidObligationError: the amounts are too large in sum.
    """
    members, debtor, creditor = _number(frame["debtor"], frame["creditor"])
    due = _due(frame)
    tie_break = frame["id"] if "id" in frame.columns else frame["amount"]
    row = _order(debtor, creditor, due, tie_break, len(members))
    columns = Columns(
        members=len(members),
        debtor=debtor[row],
        creditor=creditor[row],
        ceiling=frame["amount"].to_numpy()[row],
        due=due[row],
    )
    return Ordered(members, columns, row, frame["id"] if "id" in frame.columns else None)


def _number(debtor: pl.Series, creditor: pl.Series) -> tuple[pl.Series, Nodes, Nodes]:
    """Give the names in order, and each row's two positions among them."""
    both = pl.concat([debtor.rename("member"), creditor.rename("member")])
    for seed in count():
        first, codes = distinct(both.hash(seed).to_numpy(writable=True).view(np.int64))
        names = both.gather(first)
        if (names.gather(codes) == both).all():  # else two names have the same hash
            break
    by_name = names.arg_sort()
    position = np.zeros(len(names), np.int32)
    position[by_name.to_numpy()] = np.arange(len(names), dtype=np.int32)
    numbers = position[codes]
    return names.gather(by_name), numbers[: len(debtor)], numbers[len(debtor) :]


def _due(frame: pl.DataFrame) -> Nodes:
    if "due_date" not in frame.columns:
        return np.full(frame.height, NO_DUE_DATE, np.int32)
    return frame["due_date"].to_physical().fill_null(NO_DUE_DATE).to_numpy()


def _order(debtor: Nodes, creditor: Nodes, due: Nodes, tie_break: pl.Series, members: int) -> Ints:
    """Sort by one number made of debtor, creditor and due date, and only what ties by the rest, which is slower."""
    days = np.where(due == NO_DUE_DATE, due[due != NO_DUE_DATE].max(initial=0) + 1, due).astype(np.int64)
    days -= days.min(initial=0)
    span = int(days.max(initial=0)) + 1
    if members * members * span < 2**63:
        key = (debtor.astype(np.int64) * members + creditor) * span + days
        order = pl.Series(key).arg_sort().to_numpy().astype(np.int64)  # on all cores
        key = key[order]
        equal = key[1:] == key[:-1]
    else:
        order = np.lexsort((days, creditor, debtor))
        rows = [column[order] for column in (debtor, creditor, days)]
        equal = np.logical_and.reduce([row[1:] == row[:-1] for row in rows])
    tied = np.flatnonzero(np.append(equal, False) | np.insert(equal, 0, False))
    group = np.cumsum(~np.insert(equal, 0, False)[tied])
    ties = pl.DataFrame({"group": group, "tie": tie_break.gather(order[tied]), "row": order[tied]})
    order[tied] = ties.sort("group", "tie", "row")["row"].to_numpy()
    return order
