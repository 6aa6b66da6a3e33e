from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common import SetOffCase


@tagged("post_install", "-at_install")
class TestDispute(SetOffCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.invoice, cls.bill = cls._invoice(500), cls._bill(400)

    def _dispute(self, move, reason="QTE_ERR", user=None, **values):
        wizard = (
            self.env["bizoverbiz.dispute"]
            .with_user(user or self.accountant)
            .with_context(default_move_id=move.id)
            .create({"reason_id": self._reason(reason).id, **values})
        )
        wizard.action_mark()
        return wizard

    def _form(self, move):
        wizards = self.env["bizoverbiz.dispute"].with_user(self.accountant)
        return Form(wizards.with_context(default_move_id=move.id))

    def _reason(self, code):
        return self.env["bizoverbiz.dispute.reason"].search([("code", "=", code)])

    def test_a_part_is_disputed_with_reason_and_the_rest_is_declared_undisputed(self):
        self._dispute(self.bill, amount=120.5, note="10 delivered, 12 invoiced")
        self._exchange()
        line = self._declared()[self.bill.ref]
        self.assertEqual((line["amount_open"], line["amount_disputed"]), (40000, 12050))
        self.assertEqual(line["dispute_code"], "QTY")
        self.assertEqual(line["dispute_reason"], "Quantity invoiced is wrong (QTE_ERR): 10 delivered, 12 invoiced")
        self.assertEqual(self._declared()[self.invoice.name]["amount_disputed"], 0)
        self.assertEqual(self.bill.bizoverbiz_dispute_status, "207")

    def test_a_dispute_is_told_in_the_chatter_of_the_invoice(self):
        bill = self.bill.with_context(tracking_disable=False, mail_notrack=False)
        self.env.cr.flush()  # what changes in the transaction that creates a document is not told
        bill._bizoverbiz_set_dispute("207", self._reason("QTE_ERR"), "10 delivered, 12 invoiced", 120.5)
        self.env.cr.flush()
        self.assertIn("10 delivered, 12 invoiced", bill.message_ids.sudo().tracking_value_ids.mapped("new_value_char"))

    def test_the_reason_is_declared_in_the_companys_language_whoever_exchanges(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self._reason("QTE_ERR").sudo().with_context(lang="fr_FR").name = "Quantité facturée erronée"
        self.company.partner_id.lang = "fr_FR"
        self._dispute(self.bill, amount=100)
        self._exchange()
        self.assertIn("Quantité facturée erronée", self._declared()[self.bill.ref]["dispute_reason"])
        sent = len(self.engine.declarations)
        self.membership.with_context(lang="en_US")._exchange_safely()
        self.assertEqual(len(self.engine.declarations), sent, "nothing new is said in another language")

    def test_a_suspended_or_refused_invoice_is_disputed_whatever_is_open(self):
        for status, reason in (("208", "JUSTIF_ABS"), ("210", "DOUBLON")):
            wizard = self._dispute(self.bill, reason, status=status, amount=10)
            self.assertEqual(wizard.amount, 400.0)
            self.assertEqual(self.bill._bizoverbiz_disputed_part(700.0), 700.0)
        self._exchange()
        self.assertEqual(self._declared()[self.bill.ref]["amount_disputed"], 40000)

    def test_block_payment_still_says_that_the_whole_is_disputed(self):
        self.bill.action_toggle_block_payment()
        self._exchange()
        line = self._declared()[self.bill.ref]
        self.assertEqual((line["amount_disputed"], line["dispute_code"]), (40000, None))
        self.assertEqual(line["dispute_reason"], "Blocked for payment")

    def test_lifting_a_dispute_declares_the_whole_as_undisputed_again(self):
        self._dispute(self.bill, amount=100)
        self.invoice.action_toggle_block_payment()
        (self.bill | self.invoice).with_user(self.accountant).action_bizoverbiz_lift_dispute()
        self._exchange()
        self.assertEqual({line["amount_disputed"] for line in self._declared().values()}, {0})
        self.assertEqual(self.invoice.payment_state, "not_paid")

    def test_the_wizard_offers_the_reasons_of_the_status_and_the_open_amount(self):
        form = Form(
            self.env["bizoverbiz.dispute"].with_user(self.accountant).with_context(default_move_id=self.bill.id)
        )
        self.assertEqual((form.status, form.amount), ("207", 400.0))
        form.reason_id = self._reason("QTE_ERR")
        form.amount = 50
        form.status = "210"
        self.assertFalse(form.reason_id, "a wrong quantity is no reason to refuse")
        self.assertEqual(form.amount, 400.0)

    def test_a_marked_dispute_can_be_changed(self):
        self._dispute(self.bill, amount=100, note="two pallets")
        form = Form(
            self.env["bizoverbiz.dispute"].with_user(self.accountant).with_context(default_move_id=self.bill.id)
        )
        self.assertEqual((form.amount, form.note, form.reason_id.code), (100.0, "two pallets", "QTE_ERR"))
        form.amount = 60
        form.save().action_mark()
        self.assertEqual(self.bill.bizoverbiz_disputed, 60.0)

    def test_what_does_not_fit_is_refused_with_the_way_out(self):
        draft = self._create_invoice("in_invoice", partner_id=self.vendor, invoice_date="2026-09-01")
        for move, reason, values, words in (
            (self.bill, "QTE_ERR", {"amount": 400.01}, "at most what is open"),
            (self.bill, "QTE_ERR", {"amount": 0}, "lies above 0"),
            (self.bill, "QTE_ERR", {"status": "206"}, "not disputed in whole"),
            (self.bill, "QTE_ERR", {"status": "210"}, "is no reason for the status"),
            (self.bill, "AUTRE", {"note": " "}, "Say in words"),
            (draft, "QTE_ERR", {}, "only posted invoices"),
        ):
            with self.assertRaisesRegex(UserError, words):
                self._dispute(move, reason, **values)
        self.assertFalse(self.bill.bizoverbiz_dispute_status)

    def test_without_the_right_nothing_is_disputed_or_lifted(self):
        for user in (self.approver, self._new_user("reader", "account.group_account_readonly")):
            with self.assertRaises(AccessError):
                self._dispute(self.bill, user=user)
            with self.assertRaises(AccessError):
                self.bill.with_user(user).action_bizoverbiz_lift_dispute()
            with self.assertRaises(AccessError):
                self.bill.with_user(user).action_bizoverbiz_dispute()
        with self.assertRaises(AccessError):
            self._reason("AUTRE").with_user(self.accountant).name = "Whatever"

    def test_every_reason_has_a_status_and_a_code_of_the_protocol(self):
        reasons = self.env["bizoverbiz.dispute.reason"].search([])
        codes = set(self.env["bizoverbiz.discrepancy"]._fields["dispute_code"].get_values(self.env))
        statuses = set(self.env["account.move"]._fields["bizoverbiz_dispute_status"].get_values(self.env))
        self.assertLessEqual(set(reasons.mapped("peppol_code")), codes)
        self.assertEqual({status for reason in reasons for status in reason.statuses.split(",")}, statuses)

    def test_a_copied_invoice_is_not_in_dispute(self):
        self._dispute(self.bill, amount=100)
        self.assertFalse(self.bill.copy().bizoverbiz_disputed)

    def test_a_dispute_in_a_hashed_journal_leaves_the_hash(self):
        self.invoice.journal_id.restrict_mode_hash_table = True
        invoice = self._invoice(90)
        self.assertTrue(invoice.inalterable_hash)
        self._dispute(invoice, amount=40)
        self.assertEqual(invoice.bizoverbiz_disputed, 40.0)
        report = self.company._check_hash_integrity()
        self.assertNotIn("corrupted", str(report["results"]))
