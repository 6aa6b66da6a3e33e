from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .common import ARMOR, LYS, ProspectionCase
from .directory import firm

ENGINE_LOGGER = "odoo.addons.bizoverbiz_network.models.bizoverbiz_engine"
NEW = "542065479"


@tagged("post_install", "-at_install")
class TestWatch(ProspectionCase, HttpCase):
    def setUp(self):
        super().setUp()
        self.engine.mock.add_passthru(self.base_url())
        self.search = self._found()
        self.search.action_watch()

    def _run_cron(self):
        self.search.sudo().next_run = fields.Date.today()
        with self.enter_registry_test_mode():
            self.env.ref("bizoverbiz_prospection.ir_cron_watch").method_direct_trigger()
        self.env.invalidate_all()

    def _mails(self):
        own = [("model", "=", "bizoverbiz.search"), ("res_id", "=", self.search.id)]
        return self.env["mail.mail"].sudo().search(own, order="id")

    def test_a_new_firm_is_announced_once(self):
        self._run_cron()
        self.assertFalse(self._mails(), "what was shown when the search was saved is not new")
        self.directory.firms.append(firm(NEW, "Quincaillerie Roux"))
        self._run_cron()
        self._run_cron()
        (mail,) = self._mails()
        self.assertIn("Quincaillerie Roux", mail.body_html)
        self.assertIn("12 km", mail.body_html)
        self.assertNotIn("Boulonnerie Armor", mail.body_html)
        self.assertEqual(mail.recipient_ids, self.salesperson.partner_id)
        self.assertIn("List-Unsubscribe", mail.headers)
        self.assertEqual((self.search.announced_count, self.search.hit_ids.filtered("is_new").identifier), (1, NEW))

    def test_a_firm_that_went_and_came_back_is_not_announced_again(self):
        kept = self.directory.firms.pop()
        self._run_cron()
        self.directory.firms.append(kept)
        self._run_cron()
        self.assertFalse(self._mails())

    def test_who_is_a_contact_already_is_no_news(self):
        self.env["res.partner"].create(
            {"name": "Roux", "is_company": True, "country_id": self.env.ref("base.fr").id, "company_registry": NEW}
        )
        self.directory.firms.append(firm(NEW, "Quincaillerie Roux"))
        self._run_cron()
        self.assertFalse(self._mails())

    def test_the_next_search_follows_the_frequency(self):
        today = fields.Date.today()
        self.assertEqual(self.search.next_run, today + timedelta(days=7))
        self.search.frequency = "daily"
        self.assertEqual(self.search.next_run, today + timedelta(days=1))

    @mute_logger(ENGINE_LOGGER)
    def test_a_search_that_fails_says_so_and_is_made_again_the_next_day(self):
        self.engine.mood = "down"
        self._run_cron()
        self.assertIn("cannot be reached", self.search.last_error)
        self.assertEqual(self.search.next_run, fields.Date.today() + timedelta(days=1))
        self.assertEqual(self.search.hit_ids.mapped("identifier"), [ARMOR, LYS])

    def test_a_copy_of_the_database_writes_to_nobody(self):
        self.directory.firms.append(firm(NEW, "Quincaillerie Roux"))
        self.env["ir.config_parameter"].set_param("database.uuid", "1b671a64-40d5-491e-99b0-da01ff1f3341")
        self._run_cron()
        self.assertFalse(self._mails())

    def test_whoever_has_no_address_cannot_be_told(self):
        self.salesperson.partner_id.email = False
        with self.assertRaisesRegex(UserError, "has no e-mail address"):
            self._found().action_watch()

    def test_the_link_in_the_message_ends_it_and_only_when_pressed(self):
        path = self.search.page_url.removeprefix(self.search.get_base_url()) + "/stop"
        self.assertEqual(self.url_open(path).status_code, 200)
        self.assertTrue(self.search.is_watched)
        answer = self.url_open(path, data={"List-Unsubscribe": "One-Click"})
        self.assertIn("no more messages", answer.text)
        self.env.invalidate_all()
        self.assertEqual((self.search.is_watched, self.search.next_run), (False, False))

    def test_a_wrong_link_ends_nothing(self):
        with mute_logger("odoo.http"):
            answer = self.url_open(f"/bizoverbiz/search/{self.search.id}/{'0' * 64}/stop", data={"x": "y"})
        self.assertEqual(answer.status_code, 404)
        self.assertTrue(self.search.is_watched)
