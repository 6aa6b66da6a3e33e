from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import ProspectionCase

ENGINE_LOGGER = "odoo.addons.bizoverbiz_network.models.bizoverbiz_engine"
COMMUNE = [("kind", "=", "commune")]


@tagged("post_install", "-at_install")
class TestTerritory(ProspectionCase):
    def setUp(self):
        super().setUp()
        self.territories = self.env["bizoverbiz.territory"].with_user(self.salesperson).with_company(self.company)

    def _offered(self, text, domain):
        return [name for _id, name in self.territories.name_search(text, domain)]

    def test_communes_are_offered_as_they_are_typed(self):
        self.assertEqual(self._offered("renn", COMMUNE), ["Rennes (35000, Ille-et-Vilaine, Bretagne)"])
        self.assertEqual(self._offered("cesson-sev", COMMUNE), ["Cesson-Sévigné (35510, Ille-et-Vilaine, Bretagne)"])
        self.assertEqual(self._offered("35510", COMMUNE), ["Cesson-Sévigné (35510, Ille-et-Vilaine, Bretagne)"])
        self.assertEqual(self.env["bizoverbiz.territory"].search_count(COMMUNE), 2, "each is kept once")

    def test_one_letter_asks_nobody(self):
        self.engine.requests.clear()
        self._offered("r", COMMUNE)
        self.assertFalse(self.engine.requests)

    def test_departments_and_regions_are_fetched_once(self):
        self.assertEqual(self._offered("ille", [("kind", "=", "department")]), ["Ille-et-Vilaine (35)"])
        self.engine.requests.clear()
        self.assertEqual(self._offered("bret", [("kind", "=", "region")]), ["Bretagne"])
        self.assertFalse(self.engine.requests)

    @mute_logger(ENGINE_LOGGER)
    def test_without_the_engine_what_was_looked_up_before_is_found(self):
        self._offered("renn", COMMUNE)
        self.engine.mood = "down"
        self.assertEqual(len(self._offered("renn", COMMUNE)), 1)
        self.assertEqual(self._offered("cess", COMMUNE), [])

    def test_a_firm_in_no_network_is_offered_what_is_known(self):
        self.membership.unlink()
        self.assertEqual(self._offered("renn", COMMUNE), [])
