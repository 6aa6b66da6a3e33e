from odoo.tests import BaseCase

from ..tools.working_capital import Month, balance_days, count_back

AUTUMN = [Month("November", 1200.0, 30), Month("October", 800.0, 31), Month("September", 700.0, 30)]


class TestWorkingCapital(BaseCase):
    def test_receivables_of_2500_stand_for_82_4_days_of_sales(self):
        result = count_back(2500.0, AUTUMN)
        self.assertTrue(result.complete)
        self.assertEqual([step.taken for step in result.steps], [1200.0, 800.0, 500.0])
        self.assertAlmostEqual(result.days, 30 + 31 + 500 / 700 * 30)
        self.assertEqual(f"{result.days:.1f}", "82.4")

    def test_a_balance_below_the_newest_month_is_its_share_of_that_month(self):
        self.assertEqual(count_back(300.0, AUTUMN).days, 7.5)

    def test_a_balance_of_exactly_two_months_ends_with_them(self):
        result = count_back(2000.0, AUTUMN)
        self.assertEqual((len(result.steps), result.days, result.complete), (2, 61.0, True))

    def test_a_balance_beyond_all_months_says_that_it_is_a_lower_bound(self):
        result = count_back(2701.0, AUTUMN)
        self.assertEqual((result.days, result.complete), (91.0, False))

    def test_days_before_anything_was_invoiced_do_not_count(self):
        months = [*AUTUMN, *(Month("earlier", 0.0, 30) for _month in range(40))]
        result = count_back(2701.0, months)
        self.assertEqual((result.days, result.complete), (91.0, False))

    def test_a_balance_of_all_that_was_invoiced_ends_with_it_whatever_floats_leave_over(self):
        months = [Month("November", 2.2, 30), Month("October", 1.1, 31), Month("September", 0.0, 30)]
        result = count_back(1.1 + 2.2, [*months, Month("August", 5.0, 31)])
        self.assertEqual((result.days, result.complete), (61.0, True))

    def test_the_days_of_a_month_without_sales_or_with_more_credit_notes_pass(self):
        months = [Month("November", 0.0, 30), Month("October", -50.0, 31), Month("September", 700.0, 30)]
        self.assertEqual(count_back(350.0, months).days, 76.0)

    def test_nothing_open_or_a_credit_balance_is_no_day(self):
        for balance in (0.0, -20.0):
            self.assertEqual(count_back(balance, AUTUMN).days, 0)
            self.assertEqual(balance_days(balance, 700.0, 365), 0.0)

    def test_the_balance_method_relates_the_balance_to_a_years_turnover(self):
        self.assertEqual(balance_days(2500.0, 9125.0, 365), 100.0)
        self.assertEqual(balance_days(2500.0, 0.0, 365), 0.0, "nothing was invoiced")
