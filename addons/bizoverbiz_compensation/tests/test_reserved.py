from odoo.tests import Form, tagged

from .common import SetOffCase


@tagged("post_install", "-at_install")
class TestReserved(SetOffCase):
    """While a round is undecided, whoever is about to pay learns what may be set off instead."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.invoice, cls.other = cls._invoice(500), cls._invoice(80)
        cls.bill = cls._bill(400)

    def setUp(self):
        super().setUp()
        self.amounts = self._round({self.invoice: 30000, self.bill: 30000}, approve=False)

    def _approve(self):
        self._statement().action_approve()

    def _pay_form(self, moves):
        return Form(
            self.env["account.payment.register"]
            .with_user(self.accountant)
            .with_context(active_model="account.move", active_ids=moves.ids)
        )

    def test_an_invoice_is_reserved_from_the_approval_to_the_booking(self):
        self.assertEqual(self.invoice.bizoverbiz_reserved, 0.0, "a proposal binds nobody")
        self._approve()
        self.assertEqual(self.invoice.bizoverbiz_reserved, 300.0)
        self.assertRegex(self.invoice.bizoverbiz_reserved_note, r"300\.00.* of 500\.00.* open .* round 1")
        self.assertEqual(self.other.bizoverbiz_reserved, 0.0)
        self.assertFalse(self.other.bizoverbiz_reserved_note)
        self.engine.decide(self.amounts)
        self._exchange()
        self.assertEqual(self._notices().state, "booked")
        self.assertEqual(self.invoice.bizoverbiz_reserved, 0.0)

    def test_what_is_decided_and_not_booked_is_reserved_and_called_so(self):
        self._approve()
        self.company.sudo().fiscalyear_lock_date = "2026-11-30"
        self.engine.decide(self.amounts)
        self._exchange()
        self.assertEqual(self._notices().state, "blocked")
        self.assertEqual(self.invoice.bizoverbiz_reserved, 300.0)
        self.assertIn("not booked yet", self.invoice.bizoverbiz_reserved_note)

    def test_a_refusal_frees_the_invoice(self):
        self._approve()
        self._statement().action_refuse("No")
        self.assertEqual(self.invoice.bizoverbiz_reserved, 0.0)

    def test_an_approval_that_is_not_sent_yet_reserves_already(self):
        self.engine.broken = {"statements/[^/]+/answer"}
        self._approve()
        self.assertEqual(self.invoice.bizoverbiz_reserved, 300.0)

    def test_a_lowering_that_the_network_has_not_confirmed_reserves_what_it_may_hold(self):
        self._approve()
        self.engine.broken = {"statements/[^/]+/answer"}
        self._statement().line_ids.filtered(lambda line: line.move_id == self.invoice).action_strike()
        self.assertEqual(self.invoice.bizoverbiz_reserved, 300.0)
        self.engine.broken = set()
        self._exchange()
        self.assertEqual(self.invoice.bizoverbiz_reserved, 0.0)

    def test_registering_a_payment_warns_and_does_not_forbid(self):
        self._approve()
        form = self._pay_form(self.invoice)
        self.assertIn("300.00", form.bizoverbiz_reserved_note)
        form.amount = 200
        self.assertFalse(form.bizoverbiz_reserved_note, "what is paid was not reserved")
        form.amount = 200.01
        self.assertIn(self.invoice.name, form.bizoverbiz_reserved_note)
        form.save()._create_payments()
        self.assertEqual(self.invoice.amount_residual, 299.99)

    def test_paying_several_invoices_names_those_that_are_reserved(self):
        self._approve()
        note = self._pay_form(self.invoice | self.other).bizoverbiz_reserved_note
        self.assertIn(self.invoice.name, note)
        self.assertNotIn(self.other.name, note)
        self.assertFalse(self._pay_form(self.other).bizoverbiz_reserved_note)

    def test_a_payment_by_hand_warns_of_all_that_is_reserved_of_the_partner(self):
        self._approve()
        form = Form(
            self.env["account.payment"]
            .with_user(self.accountant)
            .with_context(default_payment_type="outbound", default_partner_type="supplier")
        )
        form.partner_id = self.vendor
        self.assertIn(self.bill.name, form.bizoverbiz_reserved_note)
        self.assertNotIn(self.invoice.name, form.bizoverbiz_reserved_note)
        form.partner_id = self.customer
        self.assertFalse(form.bizoverbiz_reserved_note)

    def test_whoever_may_not_see_statements_is_warned_all_the_same(self):
        self._approve()
        clerk = self._new_user("clerk", "account.group_account_invoice")
        self.assertFalse(clerk.has_group("bizoverbiz_network.group_user"))
        self.assertEqual(self.invoice.with_user(clerk).bizoverbiz_reserved, 300.0)

    def test_a_reserved_invoice_leads_to_its_statement_and_is_found_by_the_filter(self):
        self._approve()
        action = self.invoice.with_user(self.accountant).action_view_bizoverbiz_statements()
        self.assertEqual(action["res_id"], self._statement().id)
        held = [("approval_limit", ">", 0), ("statement_id.state", "in", ("proposed", "approved"))]
        found = (
            self.env["account.move"].with_user(self.accountant).search([("bizoverbiz_statement_line_ids", "any", held)])
        )
        self.assertEqual(found, self.invoice | self.bill)
