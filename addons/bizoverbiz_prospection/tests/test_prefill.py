from datetime import date, timedelta

from odoo import Command
from odoo.addons.account.tests.common import AccountTestInvoicingCommon
from odoo.tests import tagged


@tagged("post_install", "-at_install")
class TestPrefill(AccountTestInvoicingCommon):
    """The draft of a profile comes from what was invoiced, and a person corrects it."""

    @classmethod
    @AccountTestInvoicingCommon.setup_country("fr")
    @AccountTestInvoicingCommon.setup_chart_template("fr")
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.company_data["company"]
        cls.env.user.group_ids |= cls.env.ref("sales_team.group_sale_manager")
        fasteners, boxes = cls.env["product.category"].create([{"name": "Visserie"}, {"name": "Caisses"}])
        cls.screw, cls.box, cls.old = cls.env["product.product"].create(
            [
                {"name": "Vis inox", "categ_id": fasteners.id},
                {"name": "Caisse maritime", "categ_id": boxes.id},
                {"name": "Banc", "categ_id": boxes.id},
            ]
        )
        cls._invoice("out_invoice", cls.screw, 100)
        cls._invoice("out_invoice", cls.box, 900)
        cls._invoice("out_invoice", cls.old, 5000, days=-400)
        cls._invoice("in_invoice", None, 300)

    @classmethod
    def _invoice(cls, move_type, product, price, days=-30):
        cls.env["account.move"].create(
            {
                "move_type": move_type,
                "partner_id": cls.partner_a.id,
                "invoice_date": date.today() + timedelta(days=days),
                "ref": "F-1" if move_type == "in_invoice" else False,
                "invoice_line_ids": [
                    Command.create(
                        {"product_id": product and product.id, "name": "Line", "price_unit": price, "tax_ids": []}
                    )
                ],
            }
        ).action_post()

    def _profile(self):
        profiles = self.env["bizoverbiz.profile"]
        return profiles.browse(profiles.action_open()["res_id"])

    def test_a_profile_is_drafted_from_the_last_years_invoices(self):
        if "ape" in self.company._fields:
            self.company.ape = "1624Z"
        profile = self._profile()
        self.assertEqual(profile.sells, "Caisse maritime\nVis inox", "the largest turnover first, the last year only")
        self.assertEqual(profile.sells_keyword_ids.mapped("name"), ["caisses", "visserie"])
        self.assertEqual(set(profile.category_ids.mapped("name")), {"Caisses", "Visserie"})
        self.assertEqual(profile.naf, "16.24Z")
        self.assertEqual(profile.state, "draft")

    def test_bills_without_products_tell_by_their_accounts(self):
        account = (
            self.env["account.move.line"]
            .search(
                [
                    ("move_id.move_type", "=", "in_invoice"),
                    ("company_id", "=", self.company.id),
                    ("display_type", "=", "product"),
                ],
                limit=1,
            )
            .account_id
        )
        self.assertEqual(self._profile().buys, account.name)

    def test_filling_again_leaves_what_somebody_has_written(self):
        profile = self._profile()
        profile.write({"sells": "Caisses sur mesure", "buys": False})
        profile.action_prefill()
        self.assertEqual(profile.sells, "Caisses sur mesure")
        self.assertTrue(profile.buys)
