from odoo import Command
from odoo.addons.bizoverbiz_network.tools import keys
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import SetOffCase
from .engine import sign


@tagged("post_install", "-at_install")
class TestReversal(SetOffCase):
    """What a round set off is opened again by a notice, wholly or in part."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.invoice, cls.bill = cls._invoice(500), cls._bill(400)

    def _set_off(self, amounts=None, **decision):
        amounts = self._round(
            amounts or {self.invoice: 30000, self.bill: 30000}, currency=decision.pop("currency", "EUR")
        )
        payload = self.engine.decide(amounts, **decision)
        self._exchange()
        return payload

    def _propose(self, payload, amounts=None, number=2):
        amounts = amounts and {self._reference(move): amount for move, amount in amounts.items()}
        statement = self.engine.propose_reversal(payload, amounts, number=number)
        self._exchange()
        return statement

    def _reverse(self, payload, amounts=None, number=2, **decision):
        statement = self._propose(payload, amounts, number)
        self._statement().action_approve()
        reversal = self.engine.decide_reversal(statement, **decision)
        self._exchange()
        return reversal

    def test_a_reversal_opens_invoice_and_bill_again_as_they_were(self):
        payload = self._set_off()
        self._reverse(payload)
        first, second = self._notices()
        self.assertRecordValues(second, [{"kind": "reversal", "state": "booked", "error": False, "excess": 0.0}])
        self.assertRecordValues(
            self.invoice + self.bill,
            [
                {"amount_residual": 500.0, "payment_state": "not_paid", "bizoverbiz_set_off": 0.0},
                {"amount_residual": 400.0, "payment_state": "not_paid", "bizoverbiz_set_off": 0.0},
            ],
        )
        self.assertRecordValues(
            second.move_id.line_ids.sorted("balance"),
            [
                {"partner_id": self.vendor.id, "balance": -300.0, "reconciled": True},
                {"partner_id": self.customer.id, "balance": 300.0, "reconciled": True},
            ],
        )
        self.assertEqual(str(second.move_id.date), "2026-11-25")
        self.assertEqual(second.move_id.ref, second.reference)
        self.assertTrue(all(first.move_id.line_ids.mapped("reconciled")))
        self.assertIn("opened again", "".join(self.invoice.message_ids.mapped("body")))

    def test_it_is_acknowledged_and_the_next_declaration_offers_the_invoices_again(self):
        self._reverse(self._set_off())
        self._exchange()
        entry = self._notices()[1].move_id
        self.assertEqual(
            self.engine.acknowledged[2],
            [{"entry": entry.name, "date": "2026-11-25", "currency": "EUR", "amount": 30000}],
        )
        self.assertEqual(self.engine.declarations[-1]["last_notice"], 2)
        self.assertEqual(self._declared()[self.invoice.name]["amount_open"], 50000)

    def test_a_part_opened_again_leaves_the_rest_set_off(self):
        payload = self._set_off()
        self._reverse(payload, {self.invoice: 10000, self.bill: 10000})
        self.assertRecordValues(
            self.invoice + self.bill,
            [
                {"amount_residual": 300.0, "bizoverbiz_set_off": 200.0},
                {"amount_residual": 200.0, "bizoverbiz_set_off": 200.0},
            ],
        )
        self.assertEqual(sorted(self._notices()[1].move_id.line_ids.mapped("balance")), [-300, -200, 200, 300])
        self._reverse(payload, {self.invoice: 20000, self.bill: 20000}, number=3)
        self.assertEqual((self.invoice.amount_residual, self.bill.amount_residual), (500.0, 400.0))
        self.assertEqual(self._notices().mapped("state"), ["acknowledged", "acknowledged", "booked"])

    def test_no_more_is_opened_again_than_was_set_off(self):
        payload = self._set_off()
        self._reverse(payload)
        self._reverse(payload, number=3)
        self.assertRecordValues(self._notices()[2], [{"state": "blocked", "obstacle": "earlier"}])
        self.assertIn("more than notice 1 set off", self._notices()[2].error)
        self.assertEqual(self.invoice.amount_residual, 500.0)

    def test_a_reversal_waits_for_the_notice_it_reverses(self):
        amounts = self._round({self.invoice: 30000, self.bill: 30000})
        self.company.hard_lock_date = "2026-11-22"
        payload = self.engine.decide(amounts)
        self._exchange()
        self._reverse(payload)
        self.assertEqual(self._notices().mapped("obstacle"), ["lock", "earlier"])
        self.assertIn("have it booked first", self._notices()[1].error)
        self._notices()[0].with_user(self.approver).action_book_at_open_date()
        self._exchange()
        self.assertEqual(self._notices()[1].state, "booked")
        self.assertEqual(self.invoice.amount_residual, 500.0)

    def test_cash_basis_vat_falls_back_on_the_day_of_the_reversal(self):
        tax = self.env["account.tax"].search(
            [("company_id", "=", self.company.id), ("name", "=", "20% S"), ("type_tax_use", "=", "sale")]
        )
        invoice = self._invoice(1000, taxes=tax)
        payload = self._set_off({invoice: 36000, self.bill: 36000})
        self.company.tax_lock_date = "2026-11-24"
        self._reverse(payload, {invoice: 12000, self.bill: 12000})
        due = self.env["account.move.line"].search(
            [("move_id.tax_cash_basis_origin_move_id", "=", invoice.id), ("tax_line_id", "!=", False)], order="id"
        )
        reversed_due = self.env["account.move.line"].search(
            [("move_id.reversed_entry_id", "in", due.move_id.ids), ("tax_line_id", "!=", False)]
        )
        by_day = {}
        for line in due | reversed_due:
            by_day[str(line.date)] = round(by_day.get(str(line.date), 0) + line.balance, 2)
        self.assertEqual(by_day, {"2026-11-22": -60.0, "2026-11-25": 20.0})

    def test_a_lock_on_the_day_of_the_reversal_blocks_it(self):
        payload = self._set_off()
        self._propose(payload)
        self._statement().action_approve()
        self.company.fiscalyear_lock_date = "2026-11-25"
        self.engine.decide_reversal(self.engine.statements[-1])
        self._exchange()
        self.assertRecordValues(self._notices()[1], [{"state": "blocked", "obstacle": "lock"}])
        self.assertEqual(self.invoice.amount_residual, 200.0)

    def test_what_stayed_open_as_a_credit_is_opened_again_first(self):
        amounts = self._round({self.invoice: 30000, self.bill: 30000})
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=self.invoice.ids
        ).create({"amount": 350})._create_payments()
        self.engine.too_late = True
        payload = self.engine.decide(amounts)
        self._exchange()
        self.engine.too_late = False
        self.assertEqual(self._notices().excess, 150.0)
        self._reverse(payload, {self.invoice: 10000, self.bill: 10000})
        self.assertEqual((self.invoice.amount_residual, self._notices()[0].excess), (0.0, 50.0))
        self._reverse(payload, {self.invoice: 20000, self.bill: 20000}, number=3)
        self.assertEqual(self._notices().mapped("excess"), [0.0, 0.0, 0.0])
        self.assertEqual((self.invoice.amount_residual, self.bill.amount_residual), (150.0, 400.0))

    def test_a_credit_reconciled_elsewhere_since_stays_reconciled_and_the_rest_is_flagged(self):
        amounts = self._round({self.invoice: 30000, self.bill: 30000})
        self.invoice.button_draft()
        self.engine.too_late = True
        payload = self.engine.decide(amounts)
        self._exchange()
        self.engine.too_late = False
        other = self._invoice(300)
        credit = self._notices().line_ids.item_ids.filtered(lambda item: item.partner_id == self.customer)
        (credit + other.line_ids.filtered("date_maturity")).reconcile()
        self.assertEqual(self._notices().excess, 0.0)
        self._reverse(payload)
        self.assertRecordValues(self._notices()[1], [{"state": "booked", "excess": 300.0}])
        self.assertEqual((other.amount_residual, self.bill.amount_residual), (0.0, 400.0))
        self.assertIn("had been reconciled otherwise", "".join(self._notices()[1].message_ids.mapped("body")))

    def test_instalments_are_opened_again_beginning_with_the_last(self):
        terms = self.env["account.payment.term"].create(
            {
                "name": "Halves",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": 50, "nb_days": days}) for days in (0, 30)
                ],
            }
        )
        invoice = self._invoice(100, due=None, invoice_payment_term_id=terms)
        payload = self._set_off({invoice: 7000, self.bill: 7000})
        self._reverse(payload, {invoice: 3000, self.bill: 3000})
        instalments = invoice.line_ids.filtered("date_maturity").sorted("date_maturity")
        self.assertEqual(instalments.mapped("amount_residual"), [10.0, 50.0])

    def test_in_foreign_currency_the_books_are_as_before(self):
        dollar = self.setup_other_currency(
            "USD", rates=[("2026-01-01", 1.1), ("2026-09-01", 1.25), ("2026-11-01", 1.3), ("2026-11-24", 1.5)]
        )
        invoice, bill = self._invoice(1000, currency_id=dollar), self._bill(900, currency_id=dollar)
        payload = self._set_off({invoice: 65001, bill: 65001}, currency="USD")
        self._reverse(payload)
        self.assertEqual(self._notices()[1].state, "booked", self._notices()[1].error)
        self.assertEqual((invoice.amount_residual, bill.amount_residual), (1000.0, 900.0))
        accounts = self.company.income_currency_exchange_account_id | self.company.expense_currency_exchange_account_id
        differences = self.env["account.move.line"].search(
            [("account_id", "in", accounts.ids), ("company_id", "=", self.company.id)]
        )
        self.assertEqual(round(sum(differences.mapped("balance")), 2), 0.0)
        self.assertEqual({str(date) for date in differences.mapped("date")}, {"2026-11-22", "2026-11-25"})

    # Answering

    def test_a_reversal_is_approved_wholly_though_the_books_have_closed_what_it_opens(self):
        payload = self._set_off({self.invoice: 40000, self.bill: 40000})
        self._propose(payload)
        statement = self._statement()
        self.assertEqual((statement.kind, statement.at_most), ("reversal", 400.0))
        self.assertIn("Approve all of it", statement.sudo().activity_ids[:1].note)
        line = statement.line_ids.filtered(lambda line: line.move_id == self.bill)
        self.assertEqual(line.remaining, 400.0)
        with self.assertRaisesRegex(UserError, "wholly or not at all"):
            line.action_strike()
        with self.assertRaisesRegex(UserError, "wholly or not at all"):
            line.approved = 100.0
        statement.action_approve()
        self._exchange()
        self.assertEqual({line["approved"] for line in self.engine.statements[-1]["lines"]}, {40000})

    def test_a_reversal_that_was_not_approved_here_is_rejected(self):
        payload = self._set_off()
        self._propose(payload)
        self._statement().action_refuse("We have delivered.")
        self.engine.decide_reversal(self.engine.statements[-1])
        self._exchange()
        self.assertRecordValues(self._notices()[1], [{"state": "rejected", "rejection": "unapproved"}])
        self.assertEqual(self.invoice.amount_residual, 200.0)

    # Verifying

    def test_a_reversal_that_is_signed_as_a_set_off_is_not_believed(self):
        payload = self._set_off()
        statement = self._propose(payload)
        self._statement().action_approve()
        header = {
            "alg": "Ed25519",
            "kid": keys.thumbprint(keys.public_jwk(self.engine.private_key)),
            "typ": "bizoverbiz-notice+jws",
        }
        reversal = self.engine.decide_reversal(statement)
        self.engine.deliver(sign(self.engine.private_key, reversal, header), 2)
        self._exchange()
        self.assertIn("header names another kind", self._notices()[1].error)

    def test_a_reversal_that_names_no_earlier_notice_is_not_believed(self):
        payload = self._set_off()
        statement = self._propose(payload)
        self._statement().action_approve()
        self.engine.reversed = dict.fromkeys(self.engine.reversed, 2)
        self.engine.decide_reversal(statement)
        self._exchange()
        self.assertIn("does not say rightly which set-off", self._notices()[1].error)

    def test_nobody_takes_a_set_off_apart_by_naming_a_reversal(self):
        self._set_off()
        term = self.invoice.line_ids.filtered(lambda line: line.account_type == "asset_receivable")
        user = self._new_user("books", "account.group_account_manager")
        forged = term.with_user(user).with_context(bizoverbiz_reversal_date="2026-11-25")
        with self.assertRaisesRegex(UserError, "cannot be undone on one side alone"):
            forged.remove_move_reconcile()
        item = self._notices().line_ids.item_ids[:1]
        with self.assertRaisesRegex(AccessError, "ties journal items"):
            item.with_user(user).bizoverbiz_notice_line_id = False
