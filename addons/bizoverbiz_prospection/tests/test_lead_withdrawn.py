from datetime import timedelta

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
