import json
from unittest.mock import patch

from odoo import Command
from odoo.addons.bizoverbiz_network.tools import keys
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common import SetOffCase


@tagged("post_install", "-at_install")
class TestDocuments(SetOffCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer.email = "comptes@forez.example"
        cls.vendor.email = False
        cls.company.email = "contact@morin.example"
        cls.invoice, cls.bill = cls._invoice(50_000), cls._bill(45_000, ref="QR-45")

    def setUp(self):
        super().setUp()
        self.membership.accountant_ids = self.approver.partner_id
        self.notice = self._booked_round({self.invoice: 4_500_000, self.bill: 4_500_000})

    def _send(self):
        """What the cron does in its own transaction; PDFs are the server's business, not this addon's."""
        with patch.object(
            self.registry["ir.actions.report"], "_render_qweb_pdf", lambda *_args, **_kwargs: (b"%PDF-1.4", "pdf")
        ):
            self.notice._send_documents_safely()

    def _new_stranger(self, group):
        other = self.env["res.company"].create({"name": "Other"})
        return new_test_user(
            self.env, login="stranger", groups=group, company_id=other.id, company_ids=[Command.set(other.ids)]
        )

    def _html(self, notice):
        reports = self.env["ir.actions.report"]
        return reports._render_qweb_html("bizoverbiz_compensation.report_notice", notice.ids)[0].decode()

    def _mails(self):
        return self.env["mail.mail"].sudo().search([("model", "in", ("bizoverbiz.notice", "bizoverbiz.notification"))])

    def test_booking_calls_for_the_documents_and_sends_nothing_itself(self):
        self.assertTrue(self.notice.documents_pending)
        self.assertFalse(self.notice.documents_sent_at)
        self.assertFalse(self._mails())
        cron = self.env.ref("bizoverbiz_compensation.ir_cron_documents")
        self.assertTrue(self.env["ir.cron.trigger"].sudo().search_count([("cron_id", "=", cron.id)]))

    def test_the_chatter_keeps_the_signed_original_byte_for_byte_beside_the_pdf(self):
        self._send()
        attachments = self.notice.message_ids.attachment_ids.sorted("name")
        self.assertEqual(attachments.mapped("name"), [f"{self.notice.reference}.{kind}" for kind in ("jws", "pdf")])
        self.assertEqual(attachments[0].raw.decode(), self.notice.jws)
        self.assertFalse(self.notice.documents_pending)
        self._send()
        self.assertEqual(self.notice.message_ids.attachment_ids, attachments, "files are kept once")

    def test_the_accountant_gets_the_list_of_sales_and_purchases(self):
        self._send()
        message = self.notice.message_ids.filtered(lambda message: self.approver.partner_id in message.partner_ids)
        self.assertEqual(len(message), 1)
        for told in (self.invoice.name, "QR-45", "45,000.00", "5,000.00", self.notice.move_id.name):
            self.assertIn(told, message.body)
        self.assertIn("45,000.00", message.subject)
        self.assertEqual(message.author_id, self.company.partner_id)

    def test_without_a_named_accountant_every_approver_of_the_firm_gets_it_and_nobody_else(self):
        self.membership.accountant_ids = False
        stranger = self._new_stranger("bizoverbiz_network.group_approver")
        self.assertIn(self.approver.partner_id, self.membership._accountants())
        self.assertNotIn(stranger.partner_id, self.membership._accountants())
        reader = self._new_user("reader", "bizoverbiz_network.group_user")
        self.assertIn(self.approver.name, self.membership.with_user(reader).accountant_names)
        self.membership.email_accountants = False
        self.assertFalse(self.membership._accountants())

    def test_who_e_mails_nobody_still_finds_the_files_in_the_chatter(self):
        self.membership.write({"email_accountants": False, "email_partners": False})
        self._send()
        self.assertEqual(len(self.notice.message_ids.attachment_ids), 2)
        self.assertFalse(self.notice.message_ids.partner_ids)
        self.assertFalse(self.notice.notification_ids)

    def test_each_partner_is_told_its_own_invoices_and_what_remains(self):
        self._send()
        by_partner = {one.partner_id: one for one in self.notice.notification_ids}
        self.assertEqual(set(by_partner), {self.customer, self.vendor})
        told = by_partner[self.customer]
        self.assertRecordValues(told, [{"state": "sent", "receivable": 45_000.0, "payable": 0.0}])
        message = told.message_ids.filtered("partner_ids")
        self.assertEqual(message.partner_ids, self.customer)
        for expected in (self.invoice.name, "50,000.00", "45,000.00", "5,000.00"):
            self.assertIn(expected, message.body)
        self.assertNotIn("QR-45", message.body)
        self.assertEqual(by_partner[self.vendor].state, "no_email")

    def test_the_remainder_told_is_what_the_invoice_itself_shows(self):
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=self.invoice.ids
        ).create({"amount": 1_000})._create_payments()
        self._send()
        message = self.notice.notification_ids.message_ids.filtered(lambda one: self.customer in one.partner_ids)
        self.assertIn("4,000.00", message.body)

    def test_each_partner_reads_its_own_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        template = self.env.ref("bizoverbiz_compensation.mail_template_notification")
        template.with_context(lang="fr_FR").subject = "Factures compensées"
        self.customer.lang, self.vendor.lang = "fr_FR", "en_US"
        self.vendor.email = "lumber@vendor.example"
        self._send()
        subjects = {
            one.partner_id: one.message_ids.filtered("partner_ids").subject for one in self.notice.notification_ids
        }
        self.assertEqual(subjects[self.customer], "Factures compensées")
        self.assertIn("round of 11/22/2026", subjects[self.vendor])

    def test_the_invoicing_contact_is_preferred_if_it_has_an_address(self):
        contact = self.env["res.partner"].create(
            {"name": "Compta", "parent_id": self.customer.id, "type": "invoice", "email": "compta@forez.example"}
        )
        self._send()
        notification = self.notice.notification_ids.filtered(lambda one: one.partner_id == self.customer)
        self.assertEqual(notification.recipient_id, contact)

    def test_a_partner_without_an_address_is_told_once_it_has_one(self):
        self._send()
        missed = self.notice.notification_ids.filtered(lambda one: one.state == "no_email")
        self.vendor.email = "lumber@vendor.example"
        with self.assertRaises(AccessError):
            missed.with_user(self.accountant).action_send()
        missed.with_user(self.approver).action_send()
        self.assertRecordValues(missed, [{"state": "sent", "recipient_id": self.vendor.id}])

    def test_sending_again_tells_nobody_twice(self):
        self._send()
        count = len(self.notice.notification_ids.message_ids)
        self._send()
        self.assertEqual(len(self.notice.notification_ids.message_ids), count)

    def test_where_no_pdf_can_be_made_the_signed_original_goes_alone(self):
        missing = UserError("Unable to find Wkhtmltopdf")
        with patch.object(self.registry["ir.actions.report"], "_render_qweb_pdf", side_effect=missing):
            self.notice._send_documents_safely()
        self.assertIn("Unable to find Wkhtmltopdf", self.notice.documents_error)
        self.assertEqual(self.notice.message_ids.attachment_ids.name, f"{self.notice.reference}.jws")
        self.assertTrue(self.notice.documents_sent_at)

    def test_a_missing_template_is_told_in_the_chatter_and_takes_no_booking_back(self):
        self.env.ref("bizoverbiz_compensation.mail_template_notice").unlink()
        with mute_logger("odoo.addons.bizoverbiz_compensation.models.bizoverbiz_notice_documents"):
            self._send()
        self.assertEqual(self.notice.state, "booked")
        self.assertIn("could not be sent", self.notice.documents_error)
        self.assertIn("could not be sent", self.notice.message_ids[0].body)
        self.assertFalse(self.notice.documents_pending, "it is not tried for ever")

    def test_a_copy_of_the_books_sends_nothing(self):
        self.assertTrue(self.notice._is_live())
        self.env["ir.config_parameter"].sudo().set_param("database.uuid", "another")
        self.membership.invalidate_recordset(["is_copy"])
        self.assertFalse(self.notice._is_live())

    def test_only_an_approver_sends_documents_and_only_of_booked_notices(self):
        for button in ("action_send_documents", "action_notify_partners"):
            with self.assertRaises(AccessError):
                getattr(self.notice.with_user(self.accountant), button)()
        self.notice.state = "blocked"
        with self.assertRaisesRegex(UserError, "is not booked"):
            self.notice.with_user(self.approver).action_send_documents()

    def test_the_notice_in_print_lists_both_sides_with_totals_and_fingerprint(self):
        text = self._html(self.notice)
        for told in (
            self.notice.reference,
            self.invoice.name,
            "QR-45",
            "50,000.00",
            "45,000.00",
            "5,000.00",
            self.notice.move_id.name,
            self.notice.fingerprint,
            "1348-2",
        ):
            self.assertIn(told, text)
        self.assertIn("data:image/png;base64,", text)

    def test_a_user_of_another_company_sees_no_notification(self):
        self._send()
        stranger = self._new_stranger("bizoverbiz_network.group_user")
        notifications = self.env["bizoverbiz.notification"]
        self.assertFalse(notifications.with_user(stranger).search([]))
        self.assertEqual(notifications.with_user(self.accountant).search([]), self.notice.notification_ids)

    def test_a_reversals_documents_say_that_the_invoices_are_open_again(self):
        payload = json.loads(keys.unbase64url(self.notice.jws.split(".")[1]))
        statement = self.engine.propose_reversal(payload)
        self._exchange()
        self._statement().action_approve()
        self.engine.decide_reversal(statement)
        self._exchange()
        self.notice = self._notices()[-1]
        self.assertEqual((self.notice.kind, self.invoice.amount_residual), ("reversal", 50_000.0))
        self._send()
        message = self.notice.notification_ids.message_ids.filtered(lambda one: self.customer in one.partner_ids)
        self.assertIn("opened again", " ".join(message.body.split()))
        self.assertNotIn("Only what remains", message.body)
        html = self._html(self.notice)
        self.assertIn("Reversal Notice", html)
        self.assertNotIn("1348-2", html)
        self.assertRecordValues(
            self.notice.line_ids.filtered(lambda line: line.side == "receivable"),
            [{"amount_before": 5_000.0, "set_off": 45_000.0, "remaining": 50_000.0}],
        )
