from odoo.addons.account.tests.common import AccountTestInvoicingCommon
from odoo.tests import tagged

from .common import SetOffBase


@tagged("post_install_l10n", "post_install", "-at_install")
class TestBelgium(SetOffBase):
    """A foreign chart: Belgian accounts, and firms known by their VAT numbers."""

    @classmethod
    @AccountTestInvoicingCommon.setup_country("be")
    @AccountTestInvoicingCommon.setup_chart_template("be_comp")
    def setUpClass(cls):
        super().setUpClass()
        belgium = cls.env.ref("base.be")
        cls.company.write({"company_registry": False, "vat": "BE0477472701"})
        for partner, vat in ((cls.customer, "BE0246697724"), (cls.vendor, "BE0428759497")):
            partner.write({"company_registry": False, "vat": vat, "country_id": belgium.id})

    def setUp(self):
        super().setUp()
        self.engine.also_members = {"BE0246697724", "BE0428759497"}

    def test_a_belgian_firm_is_known_by_its_vat_number_and_booked_on_its_own_accounts(self):
        self.assertEqual(self.membership.identifier, "BE0477472701")
        invoice = self._invoice(500, taxes=self.company_data["default_tax_sale"])
        bill = self._bill(400, taxes=self.company_data["default_tax_purchase"])
        self.assertEqual((invoice.amount_total, bill.amount_total), (605.0, 484.0))
        notice = self._booked_round({invoice: 48400, bill: 48400})
        self.assertEqual(notice.state, "booked", notice.error)
        customers, suppliers = notice.move_id.line_ids.sorted("balance")
        self.assertTrue(customers.account_id.code.startswith("400"))
        self.assertTrue(suppliers.account_id.code.startswith("440"))
        self.assertRecordValues(
            invoice + bill,
            [
                {"amount_residual": 121.0, "payment_state": "partial"},
                {"amount_residual": 0.0, "payment_state": "paid"},
            ],
        )
        self.assertFalse(invoice.tax_cash_basis_created_move_ids, "Belgian VAT is due on delivery")

    def test_the_journal_does_not_take_a_code_of_the_belgian_chart(self):
        journal = self.company._bizoverbiz_set_off_journal()
        self.assertEqual(journal.code, "BOB")
        self.assertEqual(self.company._bizoverbiz_set_off_journal(), journal)
