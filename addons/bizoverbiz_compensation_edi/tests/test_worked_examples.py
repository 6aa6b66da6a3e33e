"""docs/worked-examples.md, in cents. The figures stand there; they are copied, not computed."""

from odoo import Command
from odoo.tests import tagged

from .common import ElectronicInvoiceCase


@tagged("post_install", "-at_install")
class TestWorkedExamples(ElectronicInvoiceCase):
    def _items(self, entries):
        """Lines of entries as (first digits of the account, debit, credit), sorted."""
        return sorted((line.account_id.code[:3], line.debit, line.credit) for line in entries.line_ids)

    def _vat_due(self, invoice, notice):
        """VAT that falls due (or becomes deductible) with the notice, by rate, as the books have it."""
        due = {}
        for line in invoice.tax_cash_basis_created_move_ids.line_ids.filtered("tax_line_id"):
            partial = line.move_id.tax_cash_basis_rec_id
            if notice in (partial.debit_move_id | partial.credit_move_id).move_id.bizoverbiz_notice_id:
                self.assertEqual(line.date, notice.decision_date)
                due[line.tax_line_id.amount] = due.get(line.tax_line_id.amount, 0.0) + abs(line.balance)
        return {rate: round(amount, 2) for rate, amount in due.items()}

    def _check(self, invoice, notice, set_off, terms, vat=None):
        """Entry, VAT due, BT-112, BT-113, BT-115 in both syntaxes and what is asked for of a sale."""
        self.assertEqual(
            self._items(notice.move_id), [("401", set_off, 0.0), ("411", 0.0, set_off)], "no clearing account"
        )
        self.assertEqual(self._vat_due(invoice, notice), vat or {})
        for content in (self._ubl(invoice), self._cii(invoice)):
            told = self._terms(content)
            self.assertEqual(tuple(told[name] for name in ("BT-112", "BT-113", "BT-115")), terms)
        self.assertEqual(f"{invoice.amount_residual:.2f}", terms[2])
        self.assertEqual(str(invoice.invoice_date_due), "2026-10-31", "what is left is due when it was")

    def test_1_goods_of_50000_with_45000_set_off(self):
        invoice = self._sale((self.goods, 41666.67, "20% G"))
        lines = invoice.line_ids.mapped("balance")
        notice = self._set_off(invoice, 4500000)
        self._check(invoice, notice, 45000.0, ("50000.00", "45000.00", "5000.00"))
        self.assertEqual(invoice.line_ids.mapped("balance"), lines, "the invoice is untouched")

    def test_2_two_rates_that_do_not_divide_evenly(self):
        invoice = self._sale((self.service, 1234.56, "20% S"), (self.service, 789.01, "5.5% S"))
        first = self._set_off(invoice, 100000)
        self._check(invoice, first, 1000.0, ("2313.88", "1000.00", "1313.88"), {20.0: 106.71, 5.5: 18.76})
        second = self._set_off(invoice, 131388)
        self._check(invoice, second, 1313.88, ("2313.88", "2313.88", "0.00"), {20.0: 140.20, 5.5: 24.64})
        for notice, collected in ((first, {20.0: 640.25, 5.5: 359.75}), (second, {20.0: 841.22, 5.5: 472.66})):
            self.assertEqual({row.rate: row.total for row in notice.collection_ids}, collected)
            self.assertEqual({row.rate: row.vat for row in notice.collection_ids}, self._vat_due(invoice, notice))

    def test_3_services_of_5000_with_4500_set_off(self):
        invoice = self._sale((self.service, 4166.67, "20% S"))
        notice = self._set_off(invoice, 450000)
        self._check(invoice, notice, 4500.0, ("5000.00", "4500.00", "500.00"), {20.0: 750.0})

    def test_4_a_purchase_of_8000_with_7000_set_off(self):
        bill = self._sale((self.service, 6666.67, "20% S"), move_type="in_invoice")
        sale = self._invoice(7000)
        notice = self._booked_round({bill: 700000, sale: 700000})
        self.assertEqual(self._items(notice.move_id), [("401", 7000.0, 0.0), ("411", 0.0, 7000.0)])
        self.assertEqual(self._vat_due(bill, notice), {20.0: 1166.66})
        self.assertEqual(bill.amount_residual, 1000.0)

    def test_5_wholly_set_off(self):
        invoice = self._sale((self.service, 1000, "20% S"))
        notice = self._set_off(invoice, 120000)
        self._check(invoice, notice, 1200.0, ("1200.00", "1200.00", "0.00"), {20.0: 200.0})
        self.assertEqual(invoice.payment_state, "paid")

    def _discounted_sale(self, days):
        terms = self.env["account.payment.term"].create(
            {
                "name": f"60 days, 2 % within {days}",
                "early_discount": True,
                "discount_days": days,
                "discount_percentage": 2,
                "line_ids": [Command.create({"value": "percent", "value_amount": 100, "nb_days": 60})],
            }
        )
        invoice = self._sale((self.goods, 1000, "20% G"), invoice_payment_term_id=terms.id, due=False)
        self.assertEqual(str(invoice.invoice_date_due), "2026-10-31")
        return invoice

    def test_6a_a_discount_is_earned_by_a_decision_within_its_term(self):
        invoice = self._discounted_sale(90)
        notice = self._set_off(invoice, 117600)
        self._check(invoice, notice, 1176.0, ("1200.00", "1200.00", "0.00"))
        discount = invoice._get_reconciled_amls().move_id - notice.move_id
        self.assertEqual(self._items(discount), [("411", 0.0, 24.0), ("445", 4.0, 0.0), ("665", 20.0, 0.0)])
        self.assertRecordValues(discount, [{"state": "posted", "date": notice.decision_date}])
        self.assertIn(notice.reference, discount.ref)
        self.assertNotEqual(self._terms(self._cii(invoice))["BT-81"], "97")

    def test_6b_a_discount_is_not_earned_by_a_decision_after_its_term(self):
        invoice = self._discounted_sale(10)
        self._check(invoice, self._set_off(invoice, 117600), 1176.0, ("1200.00", "1176.00", "24.00"))

    def test_6c_a_discount_is_not_earned_by_a_part_of_the_discounted_price(self):
        invoice = self._discounted_sale(90)
        self._check(invoice, self._set_off(invoice, 60000), 600.0, ("1200.00", "600.00", "600.00"))

    def test_6_the_buyers_discount_is_the_mirror_of_the_sellers(self):
        terms = self._discounted_sale(90).invoice_payment_term_id
        bill = self._sale((self.goods, 1000, "20% G"), move_type="in_invoice", due=False)
        bill.button_draft()
        bill.invoice_payment_term_id = terms
        bill.action_post()
        notice = self._booked_round({bill: 117600, self._invoice(1176): 117600})
        self.assertEqual(bill.payment_state, "paid")
        discount = bill._get_reconciled_amls().move_id - notice.move_id
        self.assertEqual(self._items(discount), [("401", 24.0, 0.0), ("445", 0.0, 4.0), ("765", 0.0, 20.0)])

    def test_7_retention_money_is_neither_declared_nor_set_off(self):
        terms = self.env["account.payment.term"].create(
            {
                "name": "95 % at 60 days, 5 % after a year",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": share, "nb_days": days})
                    for share, days in ((95, 60), (5, 365))
                ],
            }
        )
        invoice = self._sale((self.goods, 10000, "20% G"), invoice_payment_term_id=terms.id, due=False, post=False)
        withheld = invoice.line_ids.filtered(lambda line: line.debit == 600.0)
        withheld.account_id = self.env.ref(f"account.{self.company.id}_pcg_4117")
        invoice.action_post()
        self._exchange()
        self.assertEqual(self._declared()[invoice.name]["amount_open"], 1140000)
        notice = self._set_off(invoice, 1140000)
        self.assertEqual(self._items(notice.move_id), [("401", 11400.0, 0.0), ("411", 0.0, 11400.0)])
        self.assertFalse(withheld.reconciled)
        self.assertEqual(withheld.amount_residual, 600.0)
        for content in (self._ubl(invoice), self._cii(invoice)):
            told = self._terms(content)
            self.assertEqual((told["BT-113"], told["BT-115"]), ("11400.00", "600.00"))

    def test_8_a_pending_credit_note_is_not_set_off(self):
        invoice = self._sale((self.goods, 5000, "20% G"))
        credit_note = invoice._reverse_moves([{"invoice_date": "2026-10-01"}])
        credit_note.invoice_line_ids.price_unit = 833.33
        credit_note.invoice_line_ids.tax_ids = [Command.clear()]
        credit_note.invoice_line_ids.price_unit = 1000
        credit_note.with_context(move_reverse_cancel=False).action_post()
        (invoice | credit_note).line_ids.remove_move_reconcile()
        self._exchange()
        self.assertEqual(self._declared()[invoice.name]["amount_open"], 500000)
        notice = self._set_off(invoice, 500000)
        self._check(invoice, notice, 5000.0, ("6000.00", "5000.00", "1000.00"))
        (invoice | credit_note).line_ids.filtered(
            lambda line: line.account_type == "asset_receivable" and not line.reconciled
        ).reconcile()
        self.assertEqual(invoice.amount_residual, 0.0)

    def test_9_a_foreign_currency(self):
        dollar = self.setup_other_currency("USD", rates=[("2026-01-01", 1.25), ("2026-11-01", 1.3)])
        invoice = self._sale((self.goods, 1000, "0% EX G"), currency_id=dollar.id)
        bill = self._bill(650, currency_id=dollar)
        amounts = self._round({invoice: 65000, bill: 65000}, currency="USD")
        self.engine.decide(amounts)
        self._exchange()
        notice = self._notices()
        self.assertEqual(self._items(notice.move_id), [("401", 500.0, 0.0), ("411", 0.0, 500.0)])
        exchange = invoice.line_ids.matched_credit_ids.exchange_move_id
        self.assertEqual(self._items(exchange), [("411", 0.0, 20.0), ("666", 20.0, 0.0)])
        self.assertEqual(invoice.amount_residual, 350.0)
        for content in (self._ubl(invoice), self._cii(invoice)):
            told = self._terms(content)
            self.assertEqual((told["BT-112"], told["BT-113"], told["BT-115"]), ("1000.00", "650.00", "350.00"))

    def test_10_vat_due_on_collection_on_part_of_the_lines(self):
        invoice = self._sale((self.goods, 1000, "20% G"), (self.service, 500, "20% S"))
        notice = self._set_off(invoice, 90000)
        self._check(invoice, notice, 900.0, ("1800.00", "900.00", "900.00"), {20.0: 50.0})
        self.assertEqual(
            {row.exigibility: (row.total, row.vat) for row in notice.collection_ids},
            {"on_invoice": (600.0, 100.0), "on_payment": (300.0, 50.0)},
        )
