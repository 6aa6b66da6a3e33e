from odoo.exceptions import AccessError, ValidationError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger
from psycopg2 import IntegrityError

from .common import NetworkCase


@tagged("post_install", "-at_install")
class TestSecurity(NetworkCase):
    def setUp(self):
        super().setUp()
        self.membership = self._join()

    def test_the_private_key_is_for_the_system_group_alone(self):
        for user in (self.user, self.approver, self.administrator):
            for field in ("private_key", "next_private_key", "engine_keys", "invitation_digest"):
                with self.subTest(user=user.login, field=field), self.assertRaises(AccessError):
                    self.membership.with_user(user).read([field])
        self.assertIn("PRIVATE KEY", self.membership.sudo().private_key)

    def test_the_private_key_is_neither_copied_nor_exported_nor_logged_in_the_chatter(self):
        key = self.membership.sudo().private_key
        field = self.membership._fields["private_key"]
        self.assertFalse(field.copy)
        self.assertFalse(field.exportable)
        body = key.splitlines()[1]
        for message in self.membership.sudo().message_ids:
            self.assertNotIn(body, f"{message.body} {message.tracking_value_ids.read()}")

    def test_what_joining_wrote_cannot_be_written_by_hand(self):
        for values in (
            {"state": "disconnected"},
            {"engine_url": "https://evil.example"},
            {"identifier": "404833048"},
            {"private_key": "x"},
            {"next_private_key": "x"},
        ):
            with self.subTest(values), self.assertRaises(AccessError):
                self.membership.with_user(self.administrator).write(values)

    def test_nobody_creates_or_deletes_a_membership_by_hand(self):
        with self.assertRaises(AccessError):
            self.memberships.create({})
        with self.assertRaises(AccessError):
            self.membership.with_user(self.administrator).unlink()

    def test_a_user_of_another_company_sees_nothing(self):
        other = self._new_company("Bois du Forez", "404833048")
        stranger = self._new_user("stranger", "group_administrator", other)
        memberships = self.env["bizoverbiz.membership"].with_user(stranger)
        self.assertFalse(memberships.search([]))
        with self.assertRaises(AccessError):
            self.membership.with_user(stranger).read(["identifier"])
        with self.assertRaises(AccessError):
            self.membership.with_user(stranger).action_exchange()

    def test_a_user_of_a_branch_sees_the_membership_of_its_legal_entity(self):
        branch = self._new_company("Atelier Morin Lyon", "", parent=self.company)
        clerk = self._new_user("clerk", "group_user", branch)
        self.assertEqual(self.env["bizoverbiz.membership"].with_user(clerk).search([]), self.membership)

    def test_an_accountant_sees_the_membership_and_does_not_approve(self):
        for group in ("account.group_account_user", "account.group_account_manager"):
            accountant = new_test_user(
                self.env, login=group, groups=group, company_id=self.company.id, company_ids=self.company.ids
            )
            with self.subTest(group):
                self.assertTrue(accountant.has_group("bizoverbiz_network.group_user"))
                self.assertFalse(accountant.has_group("bizoverbiz_network.group_approver"))
        clerk = new_test_user(self.env, login="clerk_without_rights", groups="account.group_account_invoice")
        self.assertFalse(clerk.has_group("bizoverbiz_network.group_user"))

    def test_a_branch_has_no_membership_of_its_own(self):
        branch = self._new_company("Atelier Morin Lyon", "", parent=self.company)
        with self.assertRaisesRegex(ValidationError, "join with its legal entity Atelier Morin"):
            self.env["bizoverbiz.membership"].create({"company_id": branch.id})

    def test_a_company_has_one_membership(self):
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            self.env["bizoverbiz.membership"].create({"company_id": self.company.id})
