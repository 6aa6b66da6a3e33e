from odoo.tests import tagged

from .common import SetOffCase


@tagged("post_install", "-at_install")
class TestLockDates(SetOffCase):
    def setUp(self):
        super().setUp()
        self.invoice, self.bill = self._invoice(100), self._bill(100)

    def _decided(self, invoice=None):
        amounts = self._round({invoice or self.invoice: 10000, self.bill: 10000})
        self.engine.decide(amounts, decided_at="2026-11-20T10:00:00Z")

    def test_a_locked_period_blocks_the_notice_and_says_which_lock(self):
        self._decided()
        self.company.fiscalyear_lock_date = "2026-11-20"
        self._exchange()
        notice = self._notices()
        self.assertEqual(notice.state, "blocked")
        self.assertIn("Global Lock Date", notice.error)
        self.assertFalse(notice.move_ids)
        self.assertEqual(self.invoice.amount_residual, 100.0)
        self.assertFalse(self.engine.acknowledged)

    def test_a_reopened_period_is_booked_by_the_next_exchange_on_the_day_of_the_decision(self):
        self._decided()
        self.company.fiscalyear_lock_date = "2026-11-20"
        self._exchange()
        self.company.fiscalyear_lock_date = False
        self._exchange()
        self.assertRecordValues(self._notices(), [{"state": "booked", "error": False}])
        self.assertEqual(str(self._notices().move_id.date), "2026-11-20")

    def test_the_first_open_date_is_taken_on_explicit_demand_only(self):
        self._decided()
        self.company.fiscalyear_lock_date = "2026-11-20"
        self.company.hard_lock_date = "2026-11-21"
        self._exchange()
        self._notices().with_user(self.approver).action_book_at_open_date()
        notice = self._notices()
        self.assertEqual((notice.state, str(notice.move_id.date)), ("booked", "2026-11-22"))
        self.assertEqual(str(notice.decision_date), "2026-11-20")
        self.assertIn("2026-11-20", notice.move_id.line_ids[0].name)

    def test_a_tax_lock_blocks_what_would_make_vat_due_and_nothing_else(self):
        self.company.tax_lock_date = "2026-11-20"
        self._decided()
        self._exchange()
        self.assertEqual(self._notices().state, "booked")

    def test_a_tax_lock_blocks_a_cash_basis_entry(self):
        tax = self.env["account.tax"].search(
            [("company_id", "=", self.company.id), ("name", "=", "20% S"), ("type_tax_use", "=", "sale")]
        )
        self._decided(self._invoice(1000, taxes=tax))
        self.company.tax_lock_date = "2026-11-20"
        self._exchange()
        self.assertEqual(self._notices().state, "blocked")
        self.assertIn("Tax", self._notices().error)

    def test_locks_of_sales_and_purchases_do_not_concern_a_general_journal(self):
        self._decided()
        self.company.sale_lock_date = "2026-11-20"
        self.company.purchase_lock_date = "2026-11-20"
        self._exchange()
        self.assertEqual(self._notices().state, "booked")
