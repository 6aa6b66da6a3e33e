from unittest.mock import patch

from odoo.tests import HttpCase, tagged

from .common import ElectronicInvoiceCase


@tagged("post_install", "-at_install")
class TestRequestsForMoney(ElectronicInvoiceCase, HttpCase):
    """Everything that asks for money asks for what remains only."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.invoice = cls._sale((cls.goods, 41666.67, "20% G"))

    def setUp(self):
        super().setUp()
        self._set_off(self.invoice, 4500000)

    def _mail(self):
        send = self.env["account.move.send"]
        template = self.env.ref("account.email_template_edi_invoice")
        return str(send._get_default_mail_body(self.invoice, template, "en_US"))

    def test_the_remainder_stays_due_when_it_was(self):
        [line] = self.invoice.line_ids.filtered(lambda line: line.account_type == "asset_receivable")
        self.assertEqual((line.amount_residual, str(line.date_maturity)), (5000.0, "2026-10-31"))

    def test_the_portal_shows_the_remainder(self):
        self.engine.mock.add_passthru(self.base_url())
        page = self.url_open(self.invoice.get_portal_url()).text
        self.assertIn("5,000.00", page)
        values = self.invoice._get_invoice_portal_extra_values()
        self.assertEqual((values["amount_due"], values["next_amount_to_pay"]), (5000.0, 5000.0))

    def test_the_bank_transfer_of_the_qr_code_is_the_remainder(self):
        self.company.qr_code = True
        self.invoice.qr_code_method = "sct_qr"
        # What draws the picture is not installed everywhere.
        with patch.object(type(self.env["ir.actions.report"]), "barcode", return_value=b"drawn") as barcode:
            self.assertTrue(self.invoice._generate_qr_code())
        self.assertIn("EUR5000.0", barcode.call_args.kwargs["value"].split("\n"))

    def test_a_payment_registers_the_remainder(self):
        wizard = self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=self.invoice.ids
        )
        self.assertEqual(wizard.create({}).amount, 5000.0)

    def test_a_payment_link_asks_for_the_remainder_and_takes_no_more(self):
        wizard = self.env["payment.link.wizard"].with_context(active_model="account.move", active_id=self.invoice.id)
        link = wizard.create({})
        self.assertEqual((link.amount, link.amount_max, link.invoice_amount_due), (5000.0, 5000.0, 5000.0))
        self.assertIn("amount=5000.0", link.link)
        link.amount = 5000.01
        self.assertIn("lower than", link.warning_message)

    def test_an_e_mail_says_what_remains(self):
        body = self._mail()
        self.assertIn("45,000.00", body)
        self.assertIn("Please pay the remaining", body)
        self._set_off(self.invoice, 500000)
        self.assertIn("Nothing remains to be paid", self._mail())
