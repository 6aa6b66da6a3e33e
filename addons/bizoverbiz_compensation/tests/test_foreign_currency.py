from odoo.tests import tagged

from .common import SetOffCase


@tagged("post_install", "-at_install")
class TestForeignCurrency(SetOffCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dollar = cls.setup_other_currency(
            "USD", rates=[("2026-01-01", 1.1), ("2026-09-01", 1.25), ("2026-11-01", 1.3)]
        )

    def test_dollars_are_declared_in_cents_of_dollars(self):
        invoice = self._invoice(99.99, currency_id=self.dollar)
        self._exchange()
        line = self._declared()[invoice.name]
        self.assertEqual((line["currency"], line["amount_open"]), ("USD", 9999))

    def test_the_entry_is_at_the_rate_of_the_decision_and_the_difference_goes_to_exchange_accounts(self):
        invoice = self._invoice(1000, currency_id=self.dollar)
        bill = self._bill(1000, currency_id=self.dollar)
        self._round({invoice: 65000, bill: 65000}, currency="USD")
        self.engine.decide({self._reference(invoice): 65000, self._reference(bill): 65000})
        self._exchange()
        notice = self._notices()
        self.assertEqual(notice.state, "booked", notice.error)
        self.assertRecordValues(
            notice.move_id.line_ids.sorted("balance"),
            [
                {"amount_currency": -650.0, "balance": -500.0, "reconciled": True, "currency_id": self.dollar.id},
                {"amount_currency": 650.0, "balance": 500.0, "reconciled": True, "currency_id": self.dollar.id},
            ],
        )
        self.assertRecordValues(
            invoice + bill,
            [
                {"amount_residual": 350.0, "payment_state": "partial", "bizoverbiz_set_off": 650.0},
                {"amount_residual": 350.0, "payment_state": "partial", "bizoverbiz_set_off": 650.0},
            ],
        )
        self.assertEqual(notice.excess, 0.0)

    def test_rounding_to_company_currency_never_unbalances_the_entry(self):
        invoices = [self._invoice(amount, currency_id=self.dollar) for amount in (0.77, 1.01, 3.33)]
        bills = [self._bill(amount, currency_id=self.dollar) for amount in (2.05, 3.06)]
        moves = {move: round(move.amount_total * 100) for move in invoices + bills}
        amounts = self._round(moves, currency="USD")
        self.engine.decide(amounts)
        self._exchange()
        self.assertEqual(self._notices().state, "booked", self._notices().error)
        self.assertEqual(sum(round(line.balance * 100) for line in self._notices().move_id.line_ids), 0)
        self.assertEqual({move.amount_residual for move in moves}, {0.0})

    def test_a_locked_exchange_entry_blocks_the_notice(self):
        invoice = self._invoice(100, currency_id=self.dollar)
        bill = self._bill(100, currency_id=self.dollar)
        amounts = self._round({invoice: 10000, bill: 10000}, currency="USD")
        self.engine.decide(amounts)
        self.company.hard_lock_date = "2026-11-22"
        self._exchange()
        self.assertEqual(self._notices().state, "blocked")
        self.assertEqual(invoice.amount_residual, 100.0)
