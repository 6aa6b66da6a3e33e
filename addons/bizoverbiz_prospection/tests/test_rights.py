from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import ProspectionCase


@tagged("post_install", "-at_install")
class TestRights(ProspectionCase):
    def test_a_salesperson_searches_and_does_not_speak_for_the_firm(self):
        profile = self._published()
        request = (
            self.env["bizoverbiz.contact.request"]
            .sudo()
            .create(
                {
                    "company_id": self.company.id,
                    "side": "received",
                    "identifier": "433455678",
                    "name": "K",
                    "message": "M",
                }
            )
        )
        seller = profile.with_user(self.salesperson)
        self.assertEqual(seller.sells, "Caisses en bois")
        for method in (seller.action_publish, seller.action_withdraw, seller.action_prefill, seller.action_open):
            with self.subTest(method.__name__), self.assertRaises(AccessError):
                method()
        for method in (
            request.with_user(self.salesperson).action_accept,
            request.with_user(self.salesperson).action_decline,
        ):
            with self.subTest(method.__name__), self.assertRaises(AccessError):
                method()
        with self.assertRaises(AccessError):
            seller.write({"sells": "x"})

    def test_an_accountant_without_sales_rights_sees_nothing_of_it(self):
        search = self._found()
        clerk = new_test_user(
            self.env, login="clerk", groups="account.group_account_manager", company_id=self.company.id
        )
        for record in (search, search.hit_ids, self._profile(), self.env["bizoverbiz.contact.request"]):
            with self.subTest(record._name), self.assertRaises(AccessError):
                record.with_user(clerk).search([])
        with self.assertRaises(AccessError):
            search.with_user(clerk).action_search()

    def test_searches_and_hits_are_their_authors(self):
        search = self._found()
        colleague = self._new_seller("colleague", "sales_team.group_sale_salesman")
        for record in (search, search.hit_ids):
            self.assertFalse(record.with_user(colleague).search([("id", "in", record.ids)]))
            self.assertEqual(record.with_user(self.manager).search([("id", "in", record.ids)]), record)

    def test_another_company_sees_nothing(self):
        search, profile = self._found(), self._published()
        other = self._new_company("Fonderie Lys", "404833048")
        stranger = self._new_seller("stranger", "sales_team.group_sale_manager", other)
        for record in (search, search.hit_ids, profile):
            self.assertFalse(self._as(stranger, record).search([("id", "in", record.ids)]))
        with self.assertRaises(AccessError):
            self._as(stranger, profile).action_withdraw()
        self.assertTrue(self.directory.profile)

    def test_what_was_found_and_asked_cannot_be_forged(self):
        search = self._found()
        for method in ("write", "unlink"):
            with self.subTest(method), self.assertRaises(AccessError):
                getattr(search.hit_ids, method)(*([{"name": "x"}] if method == "write" else []))
        with self.assertRaises(AccessError):
            self.env["bizoverbiz.territory"].with_user(self.manager).create(
                {"kind": "region", "code": "1", "name": "x"}
            )

    @staticmethod
    def _as(user, records):
        return records.with_user(user).with_context(allowed_company_ids=user.company_ids.ids)
