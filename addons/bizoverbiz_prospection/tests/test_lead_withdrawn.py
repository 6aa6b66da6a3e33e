from datetime import timedelta

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import ARMOR, ProspectionCase


@tagged("post_install", "-at_install")
class TestLeadWithdrawn(ProspectionCase):
    def setUp(self):
        super().setUp()
        self.lead = self._leads(self._found().hit_ids[:1])
        self.lead.sudo().bizoverbiz_listed_at -= timedelta(hours=2)

    def test_what_a_profile_said_goes_from_the_lead_with_the_profile(self):
        self._exchange()
        self.assertEqual(self.lead.bizoverbiz_sells, "Visserie et boulonnerie inox")
        self.lead.sudo().bizoverbiz_listed_at -= timedelta(hours=2)
        self.directory.listed = set()
        self._exchange()
        self.assertRecordValues(
            self.lead,
            [
                {
                    "bizoverbiz_identifier": ARMOR,
                    "bizoverbiz_withdrawn": True,
                    "bizoverbiz_sells": False,
                    "bizoverbiz_buys": False,
                    "bizoverbiz_keywords": False,
                    "bizoverbiz_reasons": False,
                    "bizoverbiz_potential": False,
                    "bizoverbiz_naf": False,
                    "partner_name": "Boulonnerie Armor",
                }
            ],
        )
        self.assertIn("has left the directory", self.lead.message_ids[0].body)

    def test_the_profile_is_looked_up_as_it_is_today(self):
        self.directory.firms[0] |= {"sells": "Rivets", "potential": "high", "potential_round": 8}
        self.lead.action_bizoverbiz_look_up()
        self.assertRecordValues(
            self.lead,
            [
                {
                    "bizoverbiz_sells": "Rivets",
                    "bizoverbiz_potential": "high",
                    "bizoverbiz_potential_round": 8,
                    "bizoverbiz_keywords": "vis",
                }
            ],
        )
        self.directory.firms.clear()
        self.lead.action_bizoverbiz_look_up()
        self.assertEqual((self.lead.bizoverbiz_withdrawn, self.lead.bizoverbiz_sells), (True, False))

    def test_a_lead_that_the_directory_does_not_know_has_no_profile_to_look_up(self):
        lead = self.env["crm.lead"].create(
            {"name": "Call", "user_id": self.salesperson.id, "company_id": self.company.id}
        )
        with self.assertRaisesRegex(UserError, "no profile to show"):
            lead.with_user(self.salesperson).action_bizoverbiz_look_up()

    def test_firms_are_asked_about_once_an_hour(self):
        self._exchange()
        self.engine.requests.clear()
        self._exchange()
        self.assertFalse([request for request in self.engine.requests if "listed" in request.url])

    def test_an_engine_that_does_not_tell_changes_nothing(self):
        self.directory.refusal = ("directory/listed", 404, "not-found", "no such resource")
        self._exchange()
        self.assertFalse(self.lead.bizoverbiz_withdrawn)
        self.assertTrue(self.lead.bizoverbiz_sells)
