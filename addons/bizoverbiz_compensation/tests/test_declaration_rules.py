from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger
from psycopg2 import IntegrityError

from .common import SetOffCase


@tagged("post_install", "-at_install")
class TestDeclarationRules(SetOffCase):
    """What the company's rules and the switches of partners and invoices leave out, and that the reason is shown."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.switcher = cls._new_user("switcher", "bizoverbiz_network.group_approver,base.group_partner_manager")
        cls.chief = cls._new_user("chief", "bizoverbiz_network.group_administrator,account.group_account_readonly")

    def test_a_journal_left_out_leaves_the_books_with_nothing(self):
        sales = self.company_data["default_journal_sale"]
        journal = sales.copy({"code": "GRP", "default_account_id": sales.default_account_id.id})
        outside, inside = self._invoice(100, journal_id=journal.id), self._invoice(200, journal_id=sales.id)
        self._rules(journal_rule="except", rule_journal_ids=[Command.set(journal.ids)])
        self.assertEqual(set(self._declare()), {inside.name})
        self.assertEqual(self._row(outside).kind, "private")
        self.assertIn(f"journal {journal.display_name}", outside.bizoverbiz_left_out)
        self._rules(journal_rule="only")
        self.assertEqual(set(self._declare()), {outside.name})

    def test_journals_and_accounts_are_seen_by_who_may_see_the_accounts(self):
        for field in ("rule_journal_ids", "rule_account_ids"):
            self.assertEqual(self.membership.with_user(self.chief).read([field])[0][field], [])
            with self.assertRaises(AccessError):
                self.membership.with_user(self.administrator).read([field])

    def test_a_journal_rule_that_leaves_nothing_is_refused(self):
        with self.assertRaisesRegex(ValidationError, "Journals: choose at least one"):
            self._rules(journal_rule="only")

    def test_retention_money_on_an_account_left_out_is_declared_as_not_offered(self):
        retention = self.env["account.account"].create(
            {"name": "Retention", "code": "411799", "account_type": "asset_receivable", "reconcile": True}
        )
        invoice = self._invoice(1000)
        self._move_to_account(invoice, retention, 50)
        self._rules(account_rule="except", rule_account_ids=[Command.set(retention.ids)])
        line = self._declare()[invoice.name]
        self.assertEqual(
            (line["amount_open"], line["encumbrance"], line["amount_encumbered"]), (100000, "blocked", 5000)
        )
        self.assertRecordValues(self._row(invoice), [{"kind": "held", "amount": 50.0}])

    def test_what_is_open_for_less_than_the_smallest_amount_is_not_offered(self):
        small, large = self._invoice(99.99), self._invoice(100)
        self._rules(smallest_amount=100)
        declared = self._declare()
        self.assertEqual(declared[small.name]["amount_encumbered"], 9999)
        self.assertNotIn("encumbrance", declared[large.name])
        self.assertIn("100.00", small.bizoverbiz_left_out)
        self.assertFalse(large.bizoverbiz_left_out)

    def test_the_smallest_amount_is_converted_at_todays_rate(self):
        dollar = self.setup_other_currency("USD", rates=[("2026-01-01", 2.0)])
        small, large = (self._invoice(amount, currency_id=dollar) for amount in (199.99, 200))
        self._rules(smallest_amount=100)
        declared = self._declare()
        self.assertEqual(declared[small.name]["amount_encumbered"], 19999)
        self.assertNotIn("encumbrance", declared[large.name])

    def test_overdue_only_offers_no_invoice_that_is_not_late(self):
        late, today = self._invoice(100, due="2026-11-21"), self._invoice(200, due="2026-11-22")
        self._rules(due_rule="overdue")
        declared = self._declare()
        self.assertNotIn("encumbrance", declared[late.name])
        self.assertEqual(declared[today.name]["amount_encumbered"], 20000)
        self.assertIn("Not overdue", self._row(today).reason)

    def test_the_horizon_offers_what_is_due_within_its_days(self):
        near, far = self._invoice(100, due="2026-12-02"), self._invoice(200, due="2026-12-03")
        self._rules(due_rule="horizon", horizon_days=10)
        declared = self._declare()
        self.assertNotIn("encumbrance", declared[near.name])
        self.assertEqual(declared[far.name]["amount_encumbered"], 20000)

    def test_of_instalments_only_those_in_reach_are_offered(self):
        terms = self.env["account.payment.term"].create(
            {
                "name": "Halves",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": 50, "nb_days": days}) for days in (30, 120)
                ],
            }
        )
        invoice = self._invoice(1000, due=None, invoice_payment_term_id=terms)
        self._rules(due_rule="overdue")
        line = self._declare()[invoice.name]
        self.assertEqual((line["amount_open"], line["amount_encumbered"]), (100000, 50000))

    def test_customers_at_risk_are_the_late_ones_and_the_bad_debtors(self):
        bad, good = self._new_partner("Papeterie Lys", "775670417"), self.vendor
        bad.with_company(self.company).trust = "bad"
        late = self._invoice(100, due="2026-10-22")
        with_late, of_bad = self._invoice(200, due="2026-12-31"), self._invoice(300, partner=bad, due="2026-12-31")
        of_good, bill = self._invoice(400, partner=good, due="2026-10-24"), self._bill(500, due="2026-12-31")
        self._rules(risky_only=True, risky_days=30)
        held = {number for number, line in self._declare().items() if "encumbrance" in line}
        self.assertEqual(held, {of_good.name})
        self.assertFalse((late | with_late | of_bad | bill).filtered("bizoverbiz_left_out"))

    def test_a_partner_kept_out_is_declared_with_nothing_until_it_is_taken_in_again(self):
        invoice, bill = self._invoice(100), self._bill(200)
        customer = self._seen(self.customer)
        customer.bizoverbiz_kept_out = True
        self.assertEqual(set(self._declare()), {bill.ref})
        self.assertEqual(self.membership.partner_rule, "except")
        self.assertEqual(self._row(invoice).reason, "Bois du Forez is kept out of set-offs.")
        customer.bizoverbiz_kept_out = False
        self.assertIn(invoice.name, self._declare())

    def test_only_chosen_partners_are_declared_and_the_switch_chooses_them(self):
        self._invoice(100)
        bill = self._bill(200)
        self._rules(partner_rule="only")
        self.assertTrue(self._seen(self.vendor).bizoverbiz_kept_out)
        self._seen(self.vendor).bizoverbiz_kept_out = False
        self.assertEqual(self.membership.rule_partner_ids, self.vendor)
        self.assertEqual(set(self._declare()), {bill.ref})

    def test_an_insolvent_partners_invoices_are_not_offered_and_leave_an_approval(self):
        invoice, bill = self._invoice(100), self._bill(100)
        self._round({invoice: 10000, bill: 10000})
        self._seen(self.customer).bizoverbiz_insolvent = True
        self._exchange()
        self.assertEqual(self._declared()[invoice.name]["amount_encumbered"], 10000)
        approved = {line.move_id: line.approved for line in self._statement().line_ids}
        self.assertEqual(approved, {invoice: 0.0, bill: 100.0})

    def test_only_an_approver_turns_a_partners_switch(self):
        accountant = self._new_user("keeper", "account.group_account_manager,base.group_partner_manager")
        with self.assertRaisesRegex(AccessError, "Approver"):
            self.customer.with_user(accountant).with_company(self.company).bizoverbiz_kept_out = True

    def test_a_firm_in_no_network_has_no_switch_to_turn(self):
        other = self.env["res.company"].create({"name": "Fonderie Lys"})
        with self.assertRaisesRegex(UserError, "takes part in no network"):
            self.customer.sudo().with_company(other).bizoverbiz_insolvent = True

    def test_a_factored_invoice_is_not_offered_and_the_engine_is_told_as_what(self):
        invoice = self._invoice(100)
        invoice.bizoverbiz_withheld = "factored"
        line = self._declare()[invoice.name]
        self.assertEqual((line["encumbrance"], line["amount_encumbered"]), ("factored", 10000))
        self.assertEqual(invoice.bizoverbiz_left_out, "Factored")

    def test_a_part_of_an_invoice_is_withheld_to_the_cent(self):
        invoice, bill = self._invoice(1000), self._bill(1000)
        self._round({invoice: 100000, bill: 100000})
        invoice.write({"bizoverbiz_withheld": "retention", "bizoverbiz_withheld_amount": 50.05})
        line = self._declare()[invoice.name]
        self.assertEqual((line["encumbrance"], line["amount_encumbered"]), ("retention", 5005))
        self.assertRegex(invoice.bizoverbiz_left_out, r"Retention money: .*50\.05.* kept out\.")
        line = self._statement().line_ids.filtered(lambda line: line.move_id == invoice)
        self.assertEqual(line.approved, 949.95)

    def test_an_amount_withheld_stays_within_the_invoice_and_says_why(self):
        invoice = self._invoice(100)
        with self.assertRaisesRegex(ValidationError, "between 0 and its total"):
            invoice.write({"bizoverbiz_withheld": "retention", "bizoverbiz_withheld_amount": 100.01})
        other = self._invoice(100)
        with self.assertRaisesRegex(ValidationError, "say why"):
            other.bizoverbiz_withheld_amount = 5

    def test_a_copied_invoice_is_not_withheld(self):
        invoice = self._invoice(100)
        invoice.bizoverbiz_withheld = "pledged"
        self.assertFalse(invoice.copy().bizoverbiz_withheld)

    def test_branches_kept_apart_offer_only_what_their_own_books_can_balance(self):
        branch = self._branch()
        alone = self._draft_in(branch, "out_invoice", self.customer, 80)
        alone.action_post()
        own, bill = self._invoice(100), self._bill(100)
        self.assertNotIn("encumbrance", self._declare()[alone.name])
        self._rules(branches_apart=True)
        declared = self._declare()
        self.assertEqual({n for n, line in declared.items() if "encumbrance" in line}, {alone.name})
        self.assertIn("Morin Lyon", self._row(alone).reason)
        self.assertFalse((own | bill).filtered("bizoverbiz_left_out"))

    @mute_logger("odoo.sql_db")
    def test_rules_cannot_be_negative(self):
        for rules in ({"smallest_amount": -1}, {"horizon_days": -1}, {"declaration_days": 1}):
            with self.subTest(rules), self.assertRaises(IntegrityError), self.env.cr.savepoint():
                self._rules(**rules)
                self.env.flush_all()

    def test_the_rules_are_changed_on_the_membership_by_its_administrator_alone(self):
        for amount, user in ((250, self.chief), (300, self.administrator)):
            with Form(self.membership.with_user(user)) as form:
                form.smallest_amount = amount
            self.assertEqual(self.membership.smallest_amount, amount)
        with self.assertRaises(AccessError):
            self.membership.with_user(self.approver).smallest_amount = 1

    def _rules(self, **rules):
        self.membership.with_user(self.chief).write(rules)

    def _declare(self):
        self._exchange()
        self.env.invalidate_all()
        return self._declared()

    def _row(self, invoice):
        rows = self.env["bizoverbiz.declaration.line"].with_user(self.approver)
        return rows.search([("move_id", "=", invoice.id)])

    def _seen(self, partner):
        return partner.with_user(self.switcher).with_company(self.company)

    def _move_to_account(self, invoice, account, amount):
        """As an accountant does with retention money: an entry between the customer's two accounts of the invoice."""
        invoice.button_draft()
        term = invoice.line_ids.filtered(lambda line: line.account_type == "asset_receivable")
        invoice.line_ids = [
            Command.update(term.id, {"amount_currency": term.amount_currency - amount}),
            Command.create(
                {
                    "account_id": account.id,
                    "partner_id": invoice.partner_id.id,
                    "display_type": "payment_term",
                    "amount_currency": amount,
                    "date_maturity": "2027-10-31",
                    "name": "Retention",
                }
            ),
        ]
        invoice.action_post()
