from lxml import html
from odoo.tests import HttpCase, tagged

from .common import SetOffCase


@tagged("post_install", "-at_install")
class TestInvoiceShows(SetOffCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.invoice = cls._invoice(50_000)

    def setUp(self):
        super().setUp()
        self.notice = self._booked_round({self.invoice: 4_500_000, self._bill(45_000): 4_500_000})

    def _print(self):
        return self.env["ir.actions.report"]._render_qweb_html(
            "account.report_invoice_with_payments", self.invoice.ids
        )[0]

    def test_the_print_says_set_off_by_which_notice_and_what_remains(self):
        rows = [
            " ".join(row.text_content().split())
            for row in html.fromstring(self._print()).xpath("//table[contains(@class, 'o_total_table')]//tr")
        ]
        [set_off] = [row for row in rows if row.startswith("Set off on")]
        self.assertIn(f"({self.notice.reference})", set_off)
        self.assertIn("45,000.00", set_off)
        [due] = [row for row in rows if row.startswith("Amount Due")]
        self.assertIn("5,000.00", due)
        self.assertNotIn("50,000.00", due)

    def test_lists_show_and_find_what_was_set_off(self):
        other = self._invoice(10)
        moves = self.env["account.move"].with_user(self.accountant)
        found = moves.search([("bizoverbiz_notice_line_ids", "!=", False), ("move_type", "=", "out_invoice")])
        self.assertEqual(found, self.invoice)
        self.assertRecordValues(
            self.invoice | other,
            [
                {"bizoverbiz_set_off": 45_000.0, "amount_residual": 5_000.0},
                {"bizoverbiz_set_off": 0.0, "amount_residual": 10.0},
            ],
        )
        arch = moves.get_view(self.env.ref("account.view_out_invoice_tree").id, "list")["arch"]
        self.assertIn('name="bizoverbiz_set_off"', arch)

    def test_the_portal_says_what_was_set_off_apart_from_what_was_paid(self):
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=self.invoice.ids
        ).create({"amount": 1_000})._create_payments()
        values = self.invoice._get_invoice_portal_extra_values()
        self.assertEqual((values["set_off"], values["amount_paid_otherwise"]), (45_000.0, 1_000.0))
        self.assertEqual(values["amount_due"], 4_000.0)


@tagged("post_install", "-at_install")
class TestPortal(SetOffCase, HttpCase):
    def test_the_customers_portal_asks_for_the_remainder_only(self):
        invoice = self._invoice(50_000)
        self._booked_round({invoice: 4_500_000, self._bill(45_000): 4_500_000})
        whole = self._invoice(100)
        self._booked_round_again({whole: 10_000, self._bill(100): 10_000})
        self.engine.mock.stop(allow_assert=False)
        self.addCleanup(self.engine.mock.start)
        page = " ".join(
            html.fromstring(self.url_open(invoice.get_portal_url()).content)
            .xpath("//div[contains(@class, 'o_portal_invoice_sidebar')]")[0]
            .text_content()
            .split()
        )
        self.assertRegex(page, r"Set Off: \D*45,000.00")
        self.assertRegex(page, r"Left to Pay: \D*5,000.00")
        self.assertNotIn("Already Paid", page)
        self._check_list(invoice, whole)

    def _booked_round_again(self, set_offs):
        self.engine.decide(self._round(set_offs, number=2))
        self._exchange()

    def _check_list(self, invoice, whole):
        user = self._new_user("portal", "base.group_portal")
        user.partner_id.parent_id = self.customer
        user.password = "set_off_portal"  # noqa: S105
        self.authenticate("set_off_portal", "set_off_portal")
        rows = {
            row.xpath("string(.//a)").strip(): " ".join(row.text_content().split())
            for row in html.fromstring(self.url_open("/my/invoices").content).xpath("//tbody/tr")
        }
        self.assertRegex(rows[invoice.name], r"5,000.00\D*Set Off: \D*45,000.00\D* Waiting for Payment")
        self.assertTrue(rows[whole.name].endswith("Set Off"), rows[whole.name])
