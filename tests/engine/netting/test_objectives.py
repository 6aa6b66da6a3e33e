"""On generated networks: no later objective costs an earlier one, and each is the best by linear programming."""

import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.sparse import coo_array, vstack

from bizoverbiz.netting import Age, Columns, net_columns

from .networks import TODAY, as_columns, generated


def best_by_age(columns: Columns) -> list[int]:
    """Total, then the value in each age bucket, oldest first: a linear programme a stage, the ones before held."""
    rows = len(columns.ceiling)
    age, row = columns.ages(TODAY), np.arange(rows)
    ends = np.concatenate([columns.creditor, columns.debtor]), np.concatenate([row, row])
    balance = coo_array((np.repeat([1.0, -1.0], rows), ends), shape=(columns.members, rows))
    held, values = [balance], [0.0] * columns.members
    best = []
    for objective in (np.ones(rows), *((age == bucket).astype(float) for bucket in Age)):
        bounds = np.column_stack([np.zeros(rows), columns.ceiling])
        solved = linprog(-objective, A_eq=vstack(held), b_eq=values, bounds=bounds, method="highs")
        assert solved.status == 0, solved.message
        best.append(round(-solved.fun))
        held, values = [*held, coo_array(objective[None, :])], [*values, best[-1]]
    return best


@pytest.mark.parametrize("seed", range(3))
def test_the_oldest_debts_get_as_much_as_any_greatest_total_leaves_them(seed: int) -> None:
    exact, members = as_columns(generated(300, 1500, seed))
    columns = Columns(exact.members, exact.debtor, exact.creditor, exact.ceiling // 1000 + 1, exact.due)
    set_off = net_columns(columns, members, on=TODAY).set_off
    age = columns.ages(TODAY)
    assert [int(set_off.sum()), *(int(set_off[age == bucket].sum()) for bucket in Age)] == best_by_age(columns)


@pytest.mark.parametrize("seed", range(3))
def test_ages_and_a_proposal_cost_the_total_not_a_cent(seed: int) -> None:
    columns, members = as_columns(generated(500, 2500, seed))
    ageless = Columns(columns.members, columns.debtor, columns.creditor, columns.ceiling, np.zeros_like(columns.due))
    near = np.random.default_rng(seed).integers(0, columns.ceiling + 1)
    total = net_columns(ageless, members, on=TODAY).certificate.total
    assert net_columns(columns, members, on=TODAY).certificate.total == total
    assert net_columns(columns, members, on=TODAY, proposal=near).certificate.total == total
