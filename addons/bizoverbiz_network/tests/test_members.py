from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import NetworkCase


@tagged("post_install", "-at_install")
class TestMembers(NetworkCase):
    """Which partners are members is known of those the firm has told the network about, and shown on them."""

    def setUp(self):
        super().setUp()
        self.membership = self._join().sudo()
        self.customer = self._new_partner("Bois du Forez", "732829320", customer_rank=1)
        self.vendor = self._new_partner("Quincaillerie Roux", "542065479", supplier_rank=1)
        self.prospect = self._new_partner("Papeterie Lys", "383474814")
        self.engine.also_members = {"732829320", "383474814"}

    def test_customers_and_suppliers_that_are_members_carry_a_badge(self):
        self.membership._exchange_safely()
        self.assertTrue(self._seen(self.customer).is_bizoverbiz_member)
        self.assertFalse(self._seen(self.vendor).is_bizoverbiz_member)

    def test_a_contact_of_a_member_carries_it_too(self):
        contact = self.env["res.partner"].create({"name": "Claire", "parent_id": self.customer.id})
        self.membership._exchange_safely()
        self.assertTrue(self._seen(contact).is_bizoverbiz_member)

    def test_who_is_neither_customer_nor_supplier_is_not_asked_about(self):
        self.membership._exchange_safely()
        self.assertFalse(self._seen(self.prospect).is_bizoverbiz_member)
        self.assertNotIn("383474814", " ".join(request.url for request in self.engine.requests))

    def test_everybody_is_asked_about_once_a_day(self):
        self.membership._exchange_safely()
        self.engine.also_members.add("542065479")
        self.membership._exchange_safely()
        self.assertFalse(self._seen(self.vendor).is_bizoverbiz_member)
        self.membership.known_members_at = fields.Datetime.now() - timedelta(hours=25)
        self.membership._exchange_safely()
        self.assertTrue(self._seen(self.vendor).is_bizoverbiz_member)

    def test_who_has_left_loses_the_badge(self):
        self.membership._exchange_safely()
        self.engine.also_members.clear()
        self.assertEqual(self.membership._members_among(["732829320"]), set())
        self.assertFalse(self._seen(self.customer).is_bizoverbiz_member)

    def test_members_are_found_by_a_filter(self):
        self.membership._exchange_safely()
        partners = self._seen(self.env["res.partner"])
        both = (self.customer | self.vendor).ids
        self.assertEqual(partners.search([("id", "in", both), ("is_bizoverbiz_member", "=", True)]), self.customer)
        self.assertEqual(partners.search([("id", "in", both), ("is_bizoverbiz_member", "=", False)]), self.vendor)

    def test_another_company_does_not_see_this_ones_members(self):
        self.membership._exchange_safely()
        other = self._new_company("Fonderie Lys", "404833048")
        self.assertFalse(self.customer.with_company(other).is_bizoverbiz_member)

    def test_the_identifier_follows_what_is_typed(self):
        partner = self.customer
        self.assertEqual(partner.bizoverbiz_identifier, "732829320")
        partner.company_registry = "383 474 814 00011"
        self.assertFalse(partner.bizoverbiz_identifier, "a SIRET with a wrong check digit is none")
        partner.vat = "FR89383474814"
        self.assertEqual(partner.bizoverbiz_identifier, "383474814")

    def test_what_is_known_of_members_cannot_be_written_by_hand(self):
        with self.assertRaisesRegex(AccessError, "known_members"):
            self.membership.with_user(self.administrator).known_members = ["542065479"]

    def _new_partner(self, name, siren, **values):
        return self.env["res.partner"].create(
            {
                "name": name,
                "is_company": True,
                "country_id": self.env.ref("base.fr").id,
                "company_registry": siren,
                **values,
            }
        )

    def _seen(self, partners):
        return partners.with_user(self.user).with_company(self.company)
