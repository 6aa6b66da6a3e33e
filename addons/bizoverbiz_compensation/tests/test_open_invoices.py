from odoo.tests import tagged

from .common import SetOffCase


@tagged("post_install", "-at_install")
class TestOpenInvoices(SetOffCase):
    """What the network is told is open: the ledger's residual less every credit that is not reconciled yet."""

    def test_a_credit_note_takes_off_the_invoice_it_was_made_for(self):
        older = self._invoice(100, due="2026-09-30")
        credited = self._invoice(200)
        self._credit_note(credited, 50)
        self._exchange()
        self.assertEqual(self._open(older, credited), [10000, 15000])

    def test_a_credit_note_without_an_invoice_takes_off_the_oldest_first(self):
        newer = self._invoice(200)
        older = self._invoice(100, due="2026-09-30")
        self._invoice(130, "out_refund")
        self._exchange()
        self.assertNotIn(older.name, self._declared())
        self.assertEqual(self._open(newer), [17000])
        rows = {line.move_id: line for line in self._declaration().line_ids}
        self.assertEqual({line.kind for line in rows.values()}, {"reduced"})
        self.assertIn("covered", rows[older].reason)
        self.assertIn("170.00", rows[newer].reason)

    def test_what_a_credit_note_leaves_over_goes_on_to_the_oldest(self):
        older = self._invoice(100, due="2026-09-30")
        credited = self._invoice(30)
        self._credit_note(credited, 70)
        self._exchange()
        self.assertNotIn(credited.name, self._declared())
        self.assertEqual(self._open(older), [6000])

    def test_bills_are_reduced_by_the_vendors_credits_only(self):
        bill, invoice = self._bill(100), self._invoice(100)
        self._invoice(40, "in_refund", ref="CN-1")
        self._exchange()
        self.assertEqual([self._declared()[bill.ref]["amount_open"], *self._open(invoice)], [6000, 10000])

    def test_credits_of_another_partner_or_currency_change_nothing(self):
        invoice = self._invoice(100)
        self._invoice(40, "out_refund", partner=self._new_partner("Papeterie Lys", "383474814"))
        self._invoice(40, "out_refund", currency_id=self.env.ref("base.USD").id)
        self._exchange()
        self.assertEqual(self._open(invoice), [10000])

    def test_an_unallocated_payment_takes_off_the_oldest_invoice(self):
        newer = self._invoice(200)
        older = self._invoice(100, due="2026-09-30")
        self._payment(60)
        self._exchange()
        self.assertEqual(self._open(older, newer), [4000, 20000])

    def test_a_payment_registered_without_an_entry_takes_off_its_own_invoice(self):
        journal = self._journal_without_entries()
        older = self._invoice(100, due="2026-09-30")
        paid = self._invoice(200)
        self.env["account.payment.register"].with_context(active_model="account.move", active_ids=paid.ids).create(
            {"amount": 150, "payment_date": "2026-10-01", "journal_id": journal.id}
        )._create_payments()
        self.assertEqual(paid.amount_residual, 200)
        self._exchange()
        self.assertEqual(self._open(older, paid), [10000, 5000])

    def test_an_unallocated_payment_without_an_entry_takes_off_the_oldest(self):
        journal = self._journal_without_entries()
        older, newer = self._invoice(100, due="2026-09-30"), self._invoice(200)
        payment = self._payment(60, journal=journal)
        self.assertFalse(payment.move_id)
        self._exchange()
        self.assertEqual(self._open(older, newer), [4000, 20000])

    def test_money_given_back_takes_nothing_off(self):
        invoice = self._invoice(100)
        self._payment(60, payment_type="outbound")
        self._exchange()
        self.assertEqual(self._open(invoice), [10000])

    def test_an_approval_is_lowered_by_a_credit_note_before_anybody_reconciles_it(self):
        invoice, bill = self._invoice(100), self._bill(100)
        self._round({invoice: 10000, bill: 10000})
        self._credit_note(invoice, 30)
        self._exchange()
        line = self._statement().line_ids.filtered(lambda line: line.move_id == invoice)
        self.assertEqual(line.approved, 70)

    def test_the_number_of_queries_does_not_grow_with_the_credits(self):
        def queries():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.env["bizoverbiz.open.invoice"].sudo()._list(self.company)
            return self.env.cr.sql_log_count - before

        def credit(count):
            for index in range(count):
                self._credit_note(self._invoice(100 + index), 10)
                self._payment(1)

        credit(2)
        queries()
        few = queries()
        credit(20)
        queries()
        self.assertEqual(queries(), few)

    def _open(self, *invoices):
        return [self._declared()[invoice.name]["amount_open"] for invoice in invoices]

    def _credit_note(self, invoice, amount):
        note = self._create_invoice(
            "out_refund",
            invoice_date="2026-09-15",
            partner_id=invoice.partner_id,
            reversed_entry_id=invoice.id,
            invoice_line_ids=[self._prepare_invoice_line(price_unit=amount, name="Work", tax_ids=self.no_tax)],
        )
        note.action_post()
        return note

    def _payment(self, amount, journal=None, payment_type="inbound"):
        payment = self.env["account.payment"].create(
            {
                "payment_type": payment_type,
                "partner_type": "customer",
                "partner_id": self.customer.id,
                "amount": amount,
                "date": "2026-10-01",
                "journal_id": (journal or self.company_data["default_journal_bank"]).id,
            }
        )
        payment.action_post()
        return payment

    def _journal_without_entries(self):
        """As with an accounting app that reconciles bank statements: Community alone always makes an entry."""
        self.patch(type(self.env["account.move"]), "_get_invoice_in_payment_state", lambda move: "in_payment")
        journal = self.company_data["default_journal_bank"].copy({"name": "Bank without entries", "code": "BWE"})
        journal.inbound_payment_method_line_ids.payment_account_id = False
        journal.outbound_payment_method_line_ids.payment_account_id = False
        return journal
