from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import SetOffCase


@tagged("post_install", "-at_install")
class TestBooking(SetOffCase):
    def _pay(self, move, amount):
        self.env["account.payment.register"].with_context(active_model="account.move", active_ids=move.ids).create(
            {"amount": amount}
        )._create_payments()

    def test_the_entry_debits_suppliers_credits_customers_and_shrinks_the_invoices(self):
        invoice, bill = self._invoice(500), self._bill(300, ref="QR-1")
        notice = self._booked_round({invoice: 30000, bill: 30000})
        entry = notice.move_id
        self.assertRecordValues(
            entry,
            [
                {
                    "state": "posted",
                    "move_type": "entry",
                    "ref": "Réseau du Forez AVIS-000001",
                    "date": notice.decision_date,
                    "journal_id": self.company.bizoverbiz_journal_id.id,
                    "company_id": self.company.id,
                }
            ],
        )
        self.assertEqual(str(entry.date), "2026-11-22")
        self.assertEqual(entry.line_ids.account_id.mapped("account_type"), ["liability_payable", "asset_receivable"])
        self.assertRecordValues(
            entry.line_ids.sorted("balance"),
            [
                {
                    "account_id": invoice.line_ids.filtered("date_maturity").account_id.id,
                    "partner_id": self.customer.id,
                    "balance": -300.0,
                    "reconciled": True,
                },
                {
                    "account_id": bill.line_ids.filtered("date_maturity").account_id.id,
                    "partner_id": self.vendor.id,
                    "balance": 300.0,
                    "reconciled": True,
                },
            ],
        )
        self.assertRecordValues(
            invoice + bill,
            [
                {"amount_residual": 200.0, "payment_state": "partial", "bizoverbiz_set_off": 300.0},
                {"amount_residual": 0.0, "payment_state": "paid", "bizoverbiz_set_off": 300.0},
            ],
        )
        self.assertIn(notice.reference, invoice.message_ids[0].body)
        self.assertEqual(invoice.action_view_bizoverbiz_notices()["res_id"], notice.id)

    def test_neither_form_nor_print_says_that_a_set_off_was_paid(self):
        invoice = self._invoice(500)
        self._pay(invoice, 50)
        self._booked_round({invoice: 30000, self._bill(300): 30000})
        content = invoice.invoice_payments_widget["content"]
        self.assertEqual({line["amount"]: line["is_set_off"] for line in content}, {50.0: False, 300.0: True})
        html = self.env["ir.actions.report"]._render_qweb_html("account.report_invoice_with_payments", invoice.ids)[0]
        self.assertEqual((html.count(b"Paid on"), html.count(b"Set off on")), (1, 1))

    def test_the_day_of_the_decision_is_the_companys_and_written_as_its_books_write_days(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.company.partner_id.lang = "fr_FR"
        invoice, bill = self._invoice(10), self._bill(10)
        notice = self._booked_round({invoice: 1000, bill: 1000}, decided_at="2026-11-21T23:30:00Z")
        self.assertEqual(str(notice.move_id.date), "2026-11-22")
        for label in notice.move_id.line_ids.mapped("name"):
            self.assertTrue(label.endswith(" 22/11/2026"), label)

    def test_cash_basis_vat_becomes_due_with_the_set_off(self):
        tax = self.env["account.tax"].search(
            [("company_id", "=", self.company.id), ("name", "=", "20% S"), ("type_tax_use", "=", "sale")]
        )
        self.assertEqual(tax.tax_exigibility, "on_payment")
        invoice = self._invoice(1000, taxes=tax)
        bill = self._bill(600)
        notice = self._booked_round({invoice: 60000, bill: 60000})
        cash_basis = invoice.tax_cash_basis_created_move_ids
        self.assertRecordValues(cash_basis, [{"date": notice.decision_date, "state": "posted"}])
        vat = cash_basis.line_ids.filtered("tax_line_id")
        self.assertEqual(vat.balance, -100.0)

    def test_a_set_off_falls_on_instalments_in_the_order_they_are_due(self):
        terms = self.env["account.payment.term"].create(
            {
                "name": "Halves",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": 50, "nb_days": days}) for days in (0, 30)
                ],
            }
        )
        invoice = self._invoice(100, due=None, invoice_payment_term_id=terms)
        bill = self._bill(70)
        notice = self._booked_round({invoice: 7000, bill: 7000})
        instalments = invoice.line_ids.filtered("date_maturity").sorted("date_maturity")
        self.assertEqual(instalments.mapped("amount_residual"), [0.0, 30.0])
        self.assertEqual(notice.move_id.line_ids.mapped("reconciled"), [True] * 3)
        self.assertEqual(sorted(notice.move_id.line_ids.mapped("balance")), [-50.0, -20.0, 70.0])

    def test_what_was_paid_in_between_stays_open_as_a_flagged_credit(self):
        invoice, bill = self._invoice(500), self._bill(300)
        amounts = self._round({invoice: 30000, bill: 30000})
        self._pay(invoice, 350)
        self.engine.decide(amounts)
        self.engine.too_late = True
        self._exchange()
        notice = self._notices()
        self.assertRecordValues(notice, [{"state": "booked", "excess": 150.0, "total": 300.0}])
        credit = notice.move_id.line_ids.filtered(lambda line: line.partner_id == self.customer)
        self.assertEqual((credit.balance, credit.amount_residual), (-300.0, -150.0))
        self.assertEqual(invoice.amount_residual, 0.0)
        self.assertIn("stays open on the account of", "".join(notice.message_ids.mapped("body")))

    def test_an_invoice_reset_to_draft_in_between_is_booked_as_a_credit(self):
        invoice, bill = self._invoice(500), self._bill(300)
        amounts = self._round({invoice: 30000, bill: 30000})
        invoice.button_draft()
        self.engine.decide(amounts)
        self.engine.too_late = True
        self._exchange()
        self.assertRecordValues(self._notices(), [{"state": "booked", "excess": 300.0}])
        self.assertEqual(bill.payment_state, "paid")

    def test_a_notice_that_cannot_be_booked_takes_no_other_with_it(self):
        partner = self._new_partner("Scierie Blanc", "775670417")
        account = self.copy_account(self.company_data["default_account_receivable"])
        partner.property_account_receivable_id = account
        first, bill = self._invoice(100, partner=partner), self._bill(100)
        second, other_bill = self._invoice(40), self._bill(40)
        self.engine.decide(self._round({first: 10000, bill: 10000}))
        others = {self._reference(second): 4000, self._reference(other_bill): 4000}
        self.engine.propose(others, number=2)
        self.env["bizoverbiz.statement"].sudo()._fetch(self.membership)
        self._statement().action_approve()
        self.engine.decide(others)
        account.active = False
        self._exchange()
        self.assertEqual(self._notices().mapped("state"), ["received", "booked"])
        self.assertIn("archived", self._notices()[0].error)
        self.assertEqual((first.amount_residual, second.amount_residual), (100.0, 0.0))
        self.assertEqual(self.engine.declarations[-1]["last_notice"], 0)
        account.active = True
        self._exchange()
        self.assertEqual(self._notices().mapped("state"), ["booked", "acknowledged"])
        self.assertEqual(self.engine.declarations[-1]["last_notice"], 2)

    def test_the_entry_cannot_be_undone_by_hand(self):
        notice = self._booked_round({self._invoice(10): 1000, self._bill(10): 1000})
        self.assertFalse(notice.move_id.show_reset_to_draft_button)
        for undo in (
            notice.move_id.button_draft,
            notice.move_id.button_cancel,
            lambda: notice.move_id._reverse_moves(cancel=True),
        ):
            with self.assertRaisesRegex(UserError, "cannot be undone on one side alone"):
                undo()

    def test_the_journal_is_made_once_and_its_code_may_be_taken(self):
        self.env["account.journal"].create(
            {"name": "Taken", "code": "BOB", "type": "general", "company_id": self.company.id}
        )
        journal = self.company._bizoverbiz_set_off_journal()
        self.assertEqual(journal.type, "general")
        self.assertNotEqual(journal.code, "BOB")
        self.assertEqual(self.company._bizoverbiz_set_off_journal(), journal)
