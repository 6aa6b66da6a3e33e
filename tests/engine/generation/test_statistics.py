"""The figures of a network small enough to be worked out by hand."""

from datetime import date

import numpy as np

from bizoverbiz.generation import Statistics, maximum_set_off, measure

DAY = date(2026, 11, 22)
# 0 -> 1 -> 2 -> 0 can clear 40 around; 3 only owes, in two invoices; firm 4 does not exist in the books
DEBTOR = np.array([0, 1, 2, 3, 3])
CREDITOR = np.array([1, 2, 0, 5, 5])
AMOUNT = np.array([100, 40, 60, 7, 3])
DUE = np.array(["2026-11-21", "2026-11-22", "2026-12-31", "2026-01-31", "2027-01-31"], dtype="datetime64[D]")


def test_each_figure_is_the_one_worked_out_by_hand() -> None:
    spread = float(np.std([np.log(a) for a in (100, 40, 60, 7, 3)]))
    found = measure(DEBTOR, CREDITOR, AMOUNT, DUE, on=DAY, clearing=maximum_set_off)
    assert found == Statistics(
        firms=5,
        obligations=5,
        pairs=4,
        total=210,
        spread=spread,
        overdue=2 / 5,
        net_internal_debt=60 + 10,
        clearable=120,
        connected=3 / 5,
        hub=2,
    )


def test_a_debt_in_both_directions_is_one_partner() -> None:
    found = measure(DEBTOR[:2], DEBTOR[1::-1], AMOUNT[:2], DUE[:2], on=DAY, clearing=maximum_set_off)
    assert (found.pairs, found.hub, found.clearable) == (2, 1, 80)


def test_what_was_not_computed_is_said_so() -> None:
    lines = measure(DEBTOR, CREDITOR, AMOUNT, DUE, on=DAY, clearing=None).lines()
    assert [line.split()[-2:] for line in lines if line.startswith("clearable")] == [["not", "computed"]]
    assert any(line.startswith("net internal debt") and line.endswith("33.3 %") for line in lines)
