from unittest.mock import patch

from odoo.tests import tagged

from .common import SetOffCase


@tagged("post_install", "-at_install")
class TestLockDates(SetOffCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.invoice, cls.bill = cls._invoice(100), cls._bill(100)

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
        self.assertIn("11/20/2026", notice.move_id.line_ids[0].name)

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

    def test_a_lock_exception_counts_for_the_user_who_books_and_not_for_the_exchange(self):
        self._decided()
        self.company.fiscalyear_lock_date = "2026-11-20"
        self.env["account.lock_exception"].sudo().create(
            {
                "company_id": self.company.id,
                "user_id": self.approver.id,
                "fiscalyear_lock_date": "2026-10-31",
                "end_datetime": False,
            }
        )
        self._exchange()
        self.assertRecordValues(self._notices(), [{"state": "blocked", "obstacle": "lock"}])
        self._notices().with_user(self.approver).action_book()
        self.assertRecordValues(self._notices(), [{"state": "booked", "obstacle": False}])
        self.assertEqual(str(self._notices().move_id.date), "2026-11-20")

    def test_the_date_of_a_cash_basis_entry_is_that_of_the_later_document(self):
        tax = self.env["account.tax"].search(
            [("company_id", "=", self.company.id), ("name", "=", "20% S"), ("type_tax_use", "=", "sale")]
        )
        invoice = self._create_invoice(
            "out_invoice",
            invoice_date="2026-11-21",
            post=True,
            partner_id=self.customer,
            invoice_line_ids=[self._prepare_invoice_line(price_unit=1000, name="Work", tax_ids=tax)],
        )
        self._decided(invoice)
        self.company.tax_lock_date = "2026-11-21"
        self._exchange()
        self.assertEqual(self._notices().obstacle, "lock")
        self.company.tax_lock_date = "2026-11-20"
        self._exchange()
        self.assertEqual(self._notices().state, "booked", self._notices().error)
        self.assertEqual(str(invoice.tax_cash_basis_created_move_ids.date), "2026-11-21")

    def test_what_odoo_would_move_all_the_same_is_not_booked(self):
        self._decided()
        self.company.fiscalyear_lock_date = "2026-11-20"
        with patch.object(type(self.env["bizoverbiz.notice"]), "_lock_violations", lambda *_arguments: set()):
            self._exchange()
        self.assertRecordValues(self._notices(), [{"state": "blocked", "obstacle": "lock"}])
        self.assertIn("Odoo would date", self._notices().error)
        self.assertFalse(self._notices().move_ids)
