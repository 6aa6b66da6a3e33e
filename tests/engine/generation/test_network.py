"""What a drawn network is like, and that it is the same wherever it is drawn."""

import hashlib
from datetime import date

import numpy as np
import polars as pl
import pytest
from scipy.optimize import linprog
from scipy.sparse import csr_array

from bizoverbiz.generation import (
    DEFAULT_ON,
    GenerationError,
    Network,
    Statistics,
    draw_network,
    maximum_set_off,
    measure,
)
from bizoverbiz.generation.economy import SECTIONS, Integers

SIZES = [(200, 1_000), (1_000, 5_000)]


@pytest.fixture(scope="module")
def large() -> Network:
    return draw_network(20_000, 100_000, 3)


def described(network: Network, *, exactly: bool) -> Statistics:
    return measure(
        network.debtor,
        network.creditor,
        network.amount,
        network.due,
        on=DEFAULT_ON,
        clearing=maximum_set_off if exactly else None,
    )


def by_linear_programme(debtor: Integers, creditor: Integers, amount: Integers) -> int:
    """An independent way to the most that can be set off."""
    count, firms = len(amount), int(max(debtor.max(), creditor.max())) + 1
    entries = np.concatenate([np.ones(count), -np.ones(count)])
    places = (np.concatenate([debtor, creditor]), np.tile(np.arange(count), 2))
    balances = csr_array((entries, places), shape=(firms, count))
    bounds = np.column_stack([np.zeros(count), amount])
    return round(-linprog(-np.ones(count), A_eq=balances, b_eq=np.zeros(firms), bounds=bounds, method="highs-ds").fun)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("firms", "obligations"), SIZES)
def test_it_nets_as_published_rounds_do(firms: int, obligations: int, seed: int) -> None:
    found = described(draw_network(firms, obligations, seed), exactly=True)
    assert found.clearable is not None
    assert 0.45 <= found.net_internal_debt / found.total <= 0.55
    assert 0.08 <= found.clearable / found.total <= 0.21


@pytest.mark.parametrize("seed", range(3))
def test_it_nets_so_too_where_nothing_is_measured_while_drawing(seed: int) -> None:
    found = described(draw_network(3_000, 15_000, seed), exactly=True)
    assert found.clearable is not None
    assert 0.45 <= found.net_internal_debt / found.total <= 0.55
    assert 0.08 <= found.clearable / found.total <= 0.21


@pytest.mark.parametrize(
    ("firms", "obligations"), [(2, 1), (2, 60), (3, 2), (10, 7), (11, 11), (40, 5_000), (5_000, 5_001), (90_000, 9)]
)
def test_every_row_is_an_obligation_that_can_be_netted(firms: int, obligations: int) -> None:
    rows = draw_network(firms, obligations, 0).frame()
    assert rows.columns == ["id", "debtor", "creditor", "amount", "currency", "issue_date", "due_date"]
    assert len(rows) == obligations
    assert rows["id"].is_unique().all()
    assert (rows["debtor"] != rows["creditor"]).all()
    assert rows["amount"].dtype == pl.Int64
    assert rows["amount"].min() >= 1  # type: ignore[operator]
    assert set(rows["currency"]) == {"EUR"}
    assert pl.concat([rows["debtor"], rows["creditor"]]).str.contains(r"^F\d{7}$").all()


@pytest.mark.parametrize("obligations", [500, 501, 750, 3_000])
def test_with_obligations_enough_every_firm_has_one(obligations: int) -> None:
    network = draw_network(500, obligations, 8)
    assert set(network.debtor) | set(network.creditor) == set(range(500))


def test_amounts_are_lognormal_and_grow_with_both_firms(large: Network) -> None:
    logs = np.log(large.amount)
    deviations = (logs - logs.mean()) / logs.std()
    assert 1.7 <= logs.std() <= 2.3
    assert abs((deviations**3).mean()) < 0.25, "skewed"
    assert abs((deviations**4).mean() - 3) < 0.5, "tails are not a normal law's"
    for firm in (large.debtor, large.creditor):
        assert np.corrcoef(logs, np.log(large.firms.size[firm]))[0, 1] > 0.2


def test_a_few_hubs_trade_with_thousands(large: Network) -> None:
    found = described(large, exactly=False)
    ends = np.sort(np.bincount(np.concatenate([large.debtor, large.creditor]), minlength=20_000))[::-1]
    assert found.hub > 1_000
    assert ends[:200].sum() > 0.25 * ends.sum(), "the largest hundredth of the firms"
    assert np.median(ends) <= 4
    assert 0.2 <= found.connected <= 0.5


def test_customers_come_back(large: Network) -> None:
    pairs = large.debtor * 20_000 + large.creditor
    _, times = np.unique(pairs, return_counts=True)
    assert 0.5 * len(pairs) < len(times) < 0.75 * len(pairs)
    assert times.max() >= 5


def test_trade_is_local_but_for_hubs(large: Network) -> None:
    at_home = large.firms.region[large.debtor] == large.firms.region[large.creditor]
    small = np.maximum(large.firms.size[large.debtor], large.firms.size[large.creditor]) < 10
    big = np.minimum(large.firms.size[large.debtor], large.firms.size[large.creditor]) > 100
    assert at_home.mean() > 0.5
    assert at_home[small].mean() > 0.7
    assert at_home[big].mean() < 0.5


def test_sectors_buy_from_those_that_supply_them(large: Network) -> None:
    buyer, seller = large.firms.section[large.debtor], large.firms.section[large.creditor]

    def bought(one: str, other: str) -> int:
        return int(((buyer == SECTIONS.index(one)) & (seller == SECTIONS.index(other))).sum())

    builders, manufacturers = "F", "C"
    assert bought(builders, manufacturers) > 5 * bought(manufacturers, builders)
    assert bought("G", "A") > 5 * bought("A", "G"), "trade buys the farms' produce"
    upwards = large.firms.stage[large.debtor] <= large.firms.stage[large.creditor]
    assert 0 < large.amount[upwards].sum() / large.amount.sum() < 0.1


def test_due_dates_follow_the_terms_of_french_trade(large: Network) -> None:
    day = np.datetime64(DEFAULT_ON)
    terms = (large.due - large.issue).astype(int)
    following_day = large.due + 1
    ends_month = following_day.astype("datetime64[M]").astype("datetime64[D]") == following_day
    assert (large.issue < day).all()
    assert (ends_month | (terms == 30) | (terms == 60)).all()
    assert terms.min() >= 30
    assert terms.max() <= 45 + 30
    assert 0.25 < (large.due < day).mean() < 0.45
    assert (np.diff(large.issue.astype(int)) >= 0).all(), "numbered as they were issued"


def test_one_seller_has_one_term_of_payment(large: Network) -> None:
    for seller in np.argsort(np.bincount(large.creditor))[-20:]:
        mine = large.creditor == seller
        due, terms = large.due[mine], (large.due[mine] - large.issue[mine]).astype(int)
        always_month_end = ((due + 1).astype("datetime64[M]").astype("datetime64[D]") == due + 1).all()
        assert np.ptp(terms) <= 30 if always_month_end else np.ptp(terms) == 0


def test_the_same_arguments_give_the_same_bytes_for_ever() -> None:
    text = draw_network(300, 1_500, 7).frame().write_csv()
    assert (
        hashlib.sha256(text.encode()).hexdigest() == "ab5a7964d54150a56950bef95b0366a6ca0d194f9c7c42876f9223c17bc5cf27"
    )


def test_another_seed_or_day_gives_another_network() -> None:
    first = draw_network(50, 200, 1).frame()
    assert first.equals(draw_network(50, 200, 1).frame())
    assert not first["amount"].equals(draw_network(50, 200, 2).frame()["amount"])
    later = draw_network(50, 200, 1, on=date(2027, 1, 31)).frame()
    assert later["issue_date"].max() < date(2027, 1, 31)  # type: ignore[operator]
    assert sorted(later["amount"]) == sorted(first["amount"])


@pytest.mark.parametrize("seed", range(4))
def test_any_exact_way_of_clearing_gives_the_same_network(seed: int) -> None:
    mine, other = (draw_network(80, 400, seed, clearing=way) for way in (maximum_set_off, by_linear_programme))
    assert mine.frame().equals(other.frame())


@pytest.mark.parametrize(
    ("firms", "obligations", "seed", "on", "reason"),
    [
        (1, 5, 0, DEFAULT_ON, "1 firms cannot be drawn: ask for 2 to 10,000,000"),
        (10_000_001, 5, 0, DEFAULT_ON, "10000001 firms cannot be drawn"),
        (5, 0, 0, DEFAULT_ON, "0 obligations cannot be drawn: ask for 1 to 100,000,000"),
        (5, 100_000_001, 0, DEFAULT_ON, "100000001 obligations cannot be drawn"),
        (5, 5, -1, DEFAULT_ON, "-1 is no seed: give an integer of 0 or more"),
        (5, 5, 0, date(12, 3, 4), "0012-03-04 is no day for invoices: give one from 1900-01-01"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_the_way_out(
    firms: int, obligations: int, seed: int, on: date, reason: str
) -> None:
    with pytest.raises(GenerationError, match=reason):
        draw_network(firms, obligations, seed, on=on)
