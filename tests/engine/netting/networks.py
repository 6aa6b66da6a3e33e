"""Small networks, all the set-offs they allow, and the way from obligations to columns."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from itertools import pairwise, product

import numpy as np
from hypothesis import strategies as st

from bizoverbiz.generation import draw_network
from bizoverbiz.netting import Columns, Obligation
from bizoverbiz.netting.columns import EPOCH, NO_DUE_DATE

TODAY = date(2026, 11, 22)
DUE = [None, date(2026, 12, 15), date(2026, 11, 10), date(2026, 10, 10), date(2026, 9, 1), date(2026, 1, 1)]

SetOffs = Mapping[str, int]


@st.composite
def networks(draw: st.DrawFn, firms: int, most: int, ceiling: int) -> list[Obligation]:
    pairs = st.permutations(range(firms)).map(lambda order: order[:2])
    lines = draw(st.lists(st.tuples(pairs, st.integers(0, ceiling), st.sampled_from(DUE)), max_size=most))
    return [Obligation(f"{i:03}", f"F{a}", f"F{b}", amount, due) for i, ((a, b), amount, due) in enumerate(lines)]


def random_network(seed: int, obligations: int, firms: int, largest: int) -> list[Obligation]:
    chance = random.Random(seed)
    lines = []
    for i in range(obligations):
        debtor, creditor = (f"F{number:03}" for number in chance.sample(range(firms), 2))
        lines.append(Obligation(f"{i:04}", debtor, creditor, chance.randint(1, largest), chance.choice(DUE)))
    return lines


def generated(firms: int, obligations: int, seed: int) -> list[Obligation]:
    rows = draw_network(firms, obligations, seed, on=TODAY).frame().iter_rows(named=True)
    return [Obligation(row["id"], row["debtor"], row["creditor"], row["amount"], row["due_date"]) for row in rows]


def canonical(obligations: Iterable[Obligation]) -> list[Obligation]:
    return sorted(obligations, key=lambda o: (o.debtor, o.creditor, o.due_date or date.max, o.id))


def as_columns(obligations: Iterable[Obligation]) -> tuple[Columns, list[str]]:
    rows = canonical(obligations)
    members = sorted({name for o in rows for name in (o.debtor, o.creditor)})
    number = {member: i for i, member in enumerate(members)}
    columns = Columns(
        len(members),
        np.array([number[o.debtor] for o in rows], np.int32),
        np.array([number[o.creditor] for o in rows], np.int32),
        np.array([o.ceiling for o in rows], np.int64),
        np.array([o.due_date.toordinal() - EPOCH if o.due_date else NO_DUE_DATE for o in rows], np.int32),
    )
    return columns, members


def received(obligations: Iterable[Obligation], set_offs: SetOffs) -> dict[str, int]:
    amounts: dict[str, int] = defaultdict(int)
    for o in obligations:
        amounts[o.creditor] += set_offs[o.id]
        amounts[o.debtor] += 0
    return amounts


def by_pair(obligations: Iterable[Obligation]) -> dict[tuple[str, str], list[Obligation]]:
    pairs = defaultdict(list)
    for o in canonical(obligations):
        pairs[o.debtor, o.creditor].append(o)
    return pairs


def in_order(obligations: Iterable[Obligation], set_offs: SetOffs) -> bool:
    """Whether within each pair an obligation is touched only when the ones before it are set off wholly."""
    return all(
        not set_offs[later.id] or set_offs[earlier.id] == earlier.ceiling
        for pair in by_pair(obligations).values()
        for earlier, later in pairwise(pair)
    )


def possible(
    obligations: list[Obligation], allowed: Callable[[SetOffs], bool] = lambda set_offs: True
) -> list[SetOffs]:
    """All set-offs within ceilings in which everybody receives what it pays, of those allowed."""
    found = []
    for amounts in product(*(range(o.ceiling + 1) for o in obligations)):
        set_offs = {o.id: amount for o, amount in zip(obligations, amounts, strict=True)}
        paid = {o.debtor: 0 for o in obligations}
        for o in obligations:
            paid[o.debtor] += set_offs[o.id]
        arrived = received(obligations, set_offs)
        if all(arrived[name] == paid.get(name, 0) for name in arrived) and allowed(set_offs):
            found.append(set_offs)
    return found


def greatest(choices: Iterable[SetOffs]) -> int:
    return max(sum(set_offs.values()) for set_offs in choices)
