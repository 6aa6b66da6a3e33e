from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from .common import NetworkCase

ENGINE_LOGGER = "odoo.addons.bizoverbiz_network.models.bizoverbiz_engine"


@tagged("post_install", "-at_install")
class TestSettings(NetworkCase):
    """The block in Invoicing's settings: state, test, key and copies in one place."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.system = cls._new_system_user("system", "bizoverbiz_network.group_administrator")
        cls.bystander = cls._new_system_user("bystander", "account.group_account_manager")

    @classmethod
    def _new_system_user(cls, login, group):
        return new_test_user(
            cls.env,
            login=f"bizoverbiz_{login}",
            groups=f"base.group_system,account.group_account_manager,{group}",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )

    def _settings(self, user=None):
        return self.env["res.config.settings"].with_user(user or self.system).create({})

    def test_the_form_shows_the_membership_without_asking_the_engine(self):
        self._join()
        asked = len(self.engine.requests)
        with Form(self.env["res.config.settings"].with_user(self.system)) as form:
            self.assertEqual(form.bizoverbiz_state, "joined")
            self.assertEqual(form.bizoverbiz_network_name, "Réseau du Forez")
            self.assertEqual(form.bizoverbiz_identifier, "552100554")
        self.assertEqual(len(self.engine.requests), asked)

    def test_joining_from_the_settings_ends_with_what_happens_next(self):
        action = self._settings().action_bizoverbiz_join()
        wizards = self.env["bizoverbiz.join"].with_user(self.system).with_context(**action["context"])
        with Form(wizards) as form:
            form.invitation = self.engine.invite()
        wizard = form.record
        wizard.action_continue()
        wizard.agreement_accepted = True
        self.assertEqual(wizard.action_join()["res_id"], wizard.id)
        self.assertEqual(wizard.step, "done")
        self.assertEqual(wizard.action_open_membership()["res_id"], self.company.bizoverbiz_membership_id.id)

    def test_joining_has_the_first_exchange_run_at_once(self):
        cron = self.env.ref("bizoverbiz_network.ir_cron_exchange")
        triggers = self.env["ir.cron.trigger"].search_count([("cron_id", "=", cron.id)])
        self._join()
        self.assertEqual(self.env["ir.cron.trigger"].search_count([("cron_id", "=", cron.id)]), triggers + 1)

    @mute_logger(ENGINE_LOGGER)
    def test_testing_exchanging_and_changing_the_key_are_the_memberships_own(self):
        membership = self._join().sudo()
        settings = self._settings()
        self.assertIn("knows Atelier Morin", settings.action_bizoverbiz_test()["params"]["message"])
        settings.action_bizoverbiz_rotate_key()
        self.assertEqual(settings.bizoverbiz_next_keyid, membership.next_keyid)
        self.assertTrue(membership.next_keyid)
        self.assertEqual(settings.action_bizoverbiz_exchange()["params"]["type"], "success")
        settings.invalidate_recordset()  # as the next request of the form does
        self.assertFalse(settings.bizoverbiz_next_keyid)
        self.engine.mood = "down"
        settings.action_bizoverbiz_exchange()
        settings.invalidate_recordset()
        self.assertIn("cannot be reached", settings.bizoverbiz_last_error)

    def test_a_copied_database_is_shown_and_confirmed_from_the_settings(self):
        self._join()
        self.env["ir.config_parameter"].set_param("database.uuid", "1b671a64-40d5-491e-99b0-da01ff1f3341")
        self.env.invalidate_all()
        settings = self._settings()
        self.assertTrue(settings.bizoverbiz_is_copy)
        settings.action_bizoverbiz_confirm_copy()
        self.env.invalidate_all()
        self.assertFalse(settings.bizoverbiz_is_copy)

    def test_a_branch_shows_the_membership_of_its_legal_entity(self):
        membership = self._join()
        branch = self._new_company("Atelier Morin Lyon", "", parent=self.company)
        self.system.company_ids |= branch
        settings = self.env["res.config.settings"].with_user(self.system).with_company(branch).create({})
        self.assertEqual(settings.bizoverbiz_membership_id, membership)

    def test_a_system_administrator_without_our_rights_sees_the_state_and_changes_nothing(self):
        self._join()
        settings = self._settings(self.bystander)
        self.assertEqual(settings.bizoverbiz_state, "joined")
        for name in ("join", "join_demonstration", "exchange", "test", "rotate_key", "confirm_copy", "reconnect"):
            with self.subTest(name), self.assertRaises(AccessError):
                getattr(settings, f"action_bizoverbiz_{name}")()

    @mute_logger(ENGINE_LOGGER)
    def test_another_agreement_in_force_is_shown_and_accepted_anew(self):
        self.engine.agreement = "2027-01"
        wizard = self.env["bizoverbiz.join"].with_user(self.system).create({"invitation": self.engine.invite()})
        wizard.action_continue()
        keyid = self.company.bizoverbiz_membership_id.keyid
        wizard.agreement_accepted = True
        wizard.action_join()
        self.assertEqual((wizard.step, wizard.agreement, wizard.agreement_accepted), ("agreement", "2027-01", False))
        wizard.agreement_accepted = True
        wizard.action_join()
        membership = self.company.bizoverbiz_membership_id
        self.assertEqual((membership.state, membership.agreement), ("joined", "2027-01"))
        self.assertEqual(membership.keyid, keyid, "the key pair made for the invitation is kept")
