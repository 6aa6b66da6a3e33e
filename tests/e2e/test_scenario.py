"""What the demonstration is made of, before any database exists."""

from datetime import date, timedelta

import networkx
import pytest
from stdnum.eu import vat
from stdnum.fr import siren, siret

from demo import scenario
from demo.firms import FIRMS
from demo.ledger import Key
from demo.optimum import largest_total, longest_loop

TODAY = date(2026, 11, 22)


@pytest.fixture
def book():
    return scenario.invoices(TODAY)


def _loops(book):
    graph = networkx.DiGraph((invoice.buyer, invoice.seller) for invoice in book if invoice.matched)
    return [set(loop) for loop in networkx.simple_cycles(graph)]


@pytest.mark.parametrize("firm", FIRMS, ids=lambda firm: firm.key)
def test_a_firm_has_valid_numbers(firm):
    assert siren.is_valid(firm.siren)
    assert siret.is_valid(firm.siret)
    assert vat.is_valid(firm.vat)


def test_firms_are_distinct():
    for attribute in ("key", "name", "siren", "city", "database"):
        assert len({getattr(firm, attribute) for firm in FIRMS}) == len(FIRMS) == 6


def test_there_are_loops_of_two_three_and_five_firms_and_one_firm_on_none(book):
    loops = _loops(book)
    assert {2, 3, 5} <= {len(loop) for loop in loops}
    assert {firm.key for firm in FIRMS} - set().union(*loops) == {"elan"}
    assert any(invoice.matched for invoice in book if invoice.seller == "elan")


def test_there_are_sixty_invoices_of_uneven_amounts(book):
    assert len(book) >= 60
    assert len({invoice.order for invoice in book}) == len(book)
    assert sum(invoice.total % 100 != 0 for invoice in book) > len(book) * 0.9


def test_dates_are_believable(book):
    late = [(TODAY - invoice.due).days for invoice in book]
    assert max(late) <= 120
    assert min(late) >= -45
    assert sum(days > 0 for days in late) >= 20
    assert sum(days <= 0 for days in late) >= 10
    assert all(invoice.issued < TODAY for invoice in book)


def test_the_story_is_the_same_on_another_day(book):
    later = scenario.invoices(TODAY + timedelta(days=100))
    assert {invoice.order: invoice.lines for invoice in later} == {invoice.order: invoice.lines for invoice in book}


def test_one_invoice_of_each_kind_of_disagreement(book):
    planned = scenario.planned_discrepancies(book)
    assert sorted(invoice.buyer_did for invoice in planned) == ["disputed", "nothing", "other-amount"]
    other = next(invoice for invoice in planned if invoice.buyer_did == "other-amount")
    assert 0 < other.recorded_total < other.total


def test_refusal_and_struck_line_leave_more_than_half_and_a_loop_of_three(book):
    keys = {invoice: Key(invoice.seller, invoice.buyer, invoice.order) for invoice in book}
    between = [i for i in book if (i.seller, i.buyer) == (scenario.STRUCK_CREDITOR, scenario.STRIKES)]
    struck = max(between, key=lambda invoice: invoice.matched)
    proposed = {key: invoice.matched for invoice, key in keys.items()}
    approved = {
        key: 0 if scenario.REFUSES in key or invoice is struck else invoice.matched for invoice, key in keys.items()
    }
    most, left = largest_total(proposed.items()), largest_total(approved.items())
    assert most / 2 <= left < most
    assert longest_loop(approved.items()) >= 3


def test_largest_total_of_a_loop_is_thrice_its_smallest_side():
    sides = [(Key("a", "b", "1"), 700), (Key("b", "c", "2"), 500), (Key("c", "a", "3"), 900), (Key("c", "b", "4"), 0)]
    assert largest_total(sides) == 1500
    assert largest_total([]) == 0
