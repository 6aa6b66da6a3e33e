from odoo import fields
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import ARMOR, LYS, ProspectionCase
from .directory import firm

ENGINE_LOGGER = "odoo.addons.bizoverbiz_network.models.bizoverbiz_engine"


@tagged("post_install", "-at_install")
class TestSearch(ProspectionCase):
    def test_a_search_asks_for_what_was_entered(self):
        rennes = self.env["bizoverbiz.territory"].with_company(self.company)._find_communes("Rennes")
        self._found(
            direction="customers",
            naf="46.7",
            area_kind="commune",
            territory_id=rennes.id,
            radius_km=50,
            potential="low",
        )
        self.assertEqual(
            self.directory.queries,
            [
                {
                    "direction": "customers",
                    "keywords": "vis",
                    "naf": "46.7",
                    "naf_version": "rev2",
                    "potential": "low",
                    "commune": "35238",
                    "radius_km": "50",
                    "limit": "50",
                }
            ],
        )

    def test_firms_are_listed_best_first_with_the_reasons_in_words(self):
        search = self._found()
        self.assertRecordValues(
            search.hit_ids,
            [
                {
                    "identifier": ARMOR,
                    "match": 83,
                    "reason_text": "sells “vis” · 12 km away",
                    "distance_text": "12 km",
                    "potential": "medium",
                    "matched_keywords": "vis",
                    "known_as": "new",
                },
                {
                    "identifier": LYS,
                    "match": 40,
                    "reason_text": "sells “vis” · serves or sits in the area",
                    "distance_text": False,
                    "potential": False,
                    "matched_keywords": "vis",
                    "known_as": "new",
                },
            ],
        )
        self.assertEqual(search.name, "Suppliers, vis")

    def test_its_name_is_in_the_language_of_whoever_searches(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.env.user.lang = "fr_FR"
        nobodys = self.env["bizoverbiz.search"].with_context(lang=False)
        search = nobodys.create({"keywords": "vis", "company_id": self.company.id})
        self.assertEqual(search.name, "Fournisseurs, vis")

    def test_a_word_is_told_once(self):
        words = [{"code": code, "text": "…", "value": "boulons"} for code in ("keyword", "synonym")]
        self.directory.firms = [firm(ARMOR, "Armor", reasons=words)]
        self.assertEqual(self._found().hit_ids.reason_text, "sells “boulons”")

    def test_a_reason_not_known_here_is_told_in_the_engines_words(self):
        self.directory.firms = [firm(ARMOR, "Armor", reasons=[{"code": "moon", "text": "full moon", "value": "1"}])]
        self.assertEqual(self._found().hit_ids.reason_text, "full moon")

    def test_all_pages_are_fetched(self):
        self.directory.firms = [firm(f"{number:09}", f"Firm {number}") for number in range(5)]
        search = self._found()
        self.assertEqual(search.hit_count, 5)
        self.assertEqual([query.get("after") for query in self.directory.queries], [None, "2", "4"])

    def test_a_firm_that_has_withdrawn_is_gone_at_the_next_look(self):
        search = self._found()
        del self.directory.firms[0]
        search.action_show_hits()
        self.assertEqual(search.hit_ids.identifier, LYS)

    @mute_logger(ENGINE_LOGGER)
    def test_without_the_engine_what_was_found_is_shown_with_a_warning(self):
        search = self._found()
        self.engine.mood = "down"
        shown = search.action_show_hits()
        self.assertIn("found on an earlier day", shown["params"]["message"])
        self.assertEqual(shown["params"]["next"]["domain"], [("search_id", "=", search.id)])
        self.assertEqual(search.hit_count, 2)

    @mute_logger(ENGINE_LOGGER)
    def test_what_cannot_be_searched_says_why(self):
        with self.assertRaisesRegex(UserError, "Nothing is searched for yet"):
            self._search(keywords=" ").action_search()
        with self.assertRaisesRegex(UserError, "Which area"):
            self._search(area_kind="region").action_search()
        with self.assertRaisesRegex(ValidationError, "0 km: a radius is 1 to 500 km"):
            self._search(area_kind="commune", radius_km=0)
        with self.assertRaisesRegex(ValidationError, "'; DROP TABLE is no NAF code"):
            self._search(naf="'; DROP TABLE")
        self.directory.refusal = ("directory", 422, "malformed", "keywords: no word to search for in “…”")
        with self.assertRaisesRegex(UserError, "no word to search for"):
            self._search(keywords="…").action_search()

    def test_another_kind_of_area_empties_the_area(self):
        rennes = self.env["bizoverbiz.territory"].with_company(self.company)._find_communes("Rennes")
        search = self._search(area_kind="commune", territory_id=rennes.id)
        self.assertEqual(search.territory_id, rennes)
        search.area_kind = "region"
        self.assertFalse(search.territory_id)

    def test_searches_nobody_watches_go_after_a_week_with_what_they_found(self):
        old, watched = self._found(), self._found()
        watched.action_watch()
        self.env.flush_all()
        week = fields.Datetime.subtract(fields.Datetime.now(), days=8)
        self.env.cr.execute("UPDATE bizoverbiz_search SET write_date = %s", [week])
        self.env.invalidate_all()
        self.env["bizoverbiz.search"]._gc_searches()
        self.assertFalse(old.exists())
        self.assertTrue(watched.exists().hit_ids)
