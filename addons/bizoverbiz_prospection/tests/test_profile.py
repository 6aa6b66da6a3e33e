from datetime import timedelta

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import ProspectionCase

ENGINE_LOGGER = "odoo.addons.bizoverbiz_network.models.bizoverbiz_engine"
EXCHANGE_LOGGER = "odoo.addons.bizoverbiz_prospection.models.bizoverbiz_membership"


@tagged("post_install", "-at_install")
class TestProfile(ProspectionCase):
    def test_nothing_leaves_the_database_before_somebody_publishes(self):
        profile = self._profile()
        self._exchange()
        self.assertEqual(profile.state, "draft")
        self.assertFalse([request for request in self.engine.requests if "profile" in request.url])

    def test_publishing_sends_what_stands_there_and_who_published(self):
        keyword = self.env["bizoverbiz.keyword"].create({"name": "caisses"})
        rennes = self.env["bizoverbiz.territory"].with_company(self.company)._find_communes("Rennes")
        profile = self._profile(
            sells_keyword_ids=keyword.ids,
            naf="16.24Z",
            commune_id=rennes.id,
            area_ids=[(0, 0, {"territory_id": rennes.id, "radius_km": 30})],
            language_ids=self.env.ref("base.lang_en").ids,
        )
        profile.action_publish()
        self.assertEqual(
            self.directory.profile,
            {
                "published": True,
                "name": self.company.name,
                "sells": "Caisses en bois",
                "buys": "",
                "sells_keywords": ["caisses"],
                "buys_keywords": [],
                "categories": [],
                "naf": "16.24Z",
                "naf_version": "rev2",
                "commune": "35238",
                "serves": [{"kind": "commune", "code": "35238", "radius_km": 30}],
                "languages": ["en"],
                "contact": {"name": "Claire Aubin", "email": "claire@morin.example", "phone": "02 40 00 10 14"},
                "show_contact": "on-request",
                "edited_by": "manager@morin.example",
            },
        )
        self.assertEqual((profile.state, profile.published_by), ("published", self.manager))

    def test_a_contact_shown_to_nobody_is_not_sent(self):
        self._published(show_contact="nobody")
        self.assertIsNone(self.directory.profile["contact"])

    def test_a_change_is_told_until_it_is_published_too(self):
        profile = self._published()
        self.assertFalse(profile.has_changes)
        profile.sells = "Caisses et palettes"
        self.assertTrue(profile.has_changes)
        self.assertEqual(self.directory.profile["sells"], "Caisses en bois")
        profile.action_publish()
        self.assertFalse(profile.has_changes)
        self.assertEqual(self.directory.profile["sells"], "Caisses et palettes")

    def test_a_firm_that_is_called_otherwise_now_is_told_to_publish_again(self):
        profile = self._published()
        self.company.name = "Atelier Morin et Filles"
        self.assertTrue(profile.has_changes)
        profile.action_publish()
        self.assertEqual(self.directory.profile["name"], "Atelier Morin et Filles")
        self.assertFalse(profile.has_changes)

    def test_what_somebody_has_changed_meanwhile_is_not_published_unread(self):
        profile = self._profile()
        opened = profile.with_context(bizoverbiz_read_version=profile.content_version)
        profile.sells = "Palettes"
        with self.assertRaisesRegex(UserError, "changed the profile of .* after you opened it"):
            opened.action_publish()
        self.assertIsNone(self.directory.profile)
        opened.with_context(bizoverbiz_read_version=profile.content_version).action_publish()
        self.assertEqual(self.directory.profile["sells"], "Palettes")

    @mute_logger(ENGINE_LOGGER)
    def test_a_version_from_elsewhere_is_shown_before_it_is_replaced(self):
        profile = self._published()
        self.directory.profile |= {"sells": "Clous", "edited_by": "paul@morin.example"}
        profile.sells = "Palettes"
        shown = profile.action_publish()["params"]["message"]
        self.assertIn("paul@morin.example has changed the profile from elsewhere; there it says: “Clous”", shown)
        self.assertEqual((self.directory.profile["sells"], profile.last_error), ("Clous", shown))
        profile.action_publish()
        self.assertEqual((self.directory.profile["sells"], profile.last_error), ("Palettes", False))

    @mute_logger(ENGINE_LOGGER)
    def test_a_profile_withdrawn_from_elsewhere_is_not_put_back_unasked(self):
        profile = self._published()
        self.directory.profile = None
        self.assertIn("withdrawn from elsewhere", profile.action_publish()["params"]["message"])
        self.assertIsNone(self.directory.profile)
        profile.action_publish()
        self.assertTrue(self.directory.profile)

    def test_withdrawing_takes_the_profile_out_at_once(self):
        profile = self._published()
        profile.action_withdraw()
        self.assertIsNone(self.directory.profile)
        self.assertEqual((profile.state, profile.withdrawal_pending), ("withdrawn", False))
        with self.assertRaisesRegex(UserError, "not published"):
            profile.action_withdraw()

    @mute_logger(ENGINE_LOGGER)
    def test_a_withdrawal_the_engine_cannot_hear_is_sent_by_the_next_exchange(self):
        profile = self._published()
        self.engine.mood = "down"
        shown = profile.action_withdraw()
        self.assertIn("sent again by every exchange", shown["params"]["message"])
        self.assertEqual((profile.state, profile.withdrawal_pending), ("withdrawn", True))
        self.engine.mood = None
        self._exchange()
        self.assertIsNone(self.directory.profile)
        self.assertFalse(profile.withdrawal_pending)

    @mute_logger(ENGINE_LOGGER)
    def test_what_the_engine_refuses_is_not_published_and_says_why(self):
        profile = self._profile(naf="99.99Z")
        self.directory.refusal = ("profile", 422, "malformed", "naf: 99.99Z is no code of NAF rev. 2")
        with self.assertRaisesRegex(UserError, r"99\.99Z is no code of NAF rev\. 2"), self.env.cr.savepoint():
            profile.action_publish()
        self.assertEqual(profile.state, "draft")

    def test_an_empty_profile_and_a_contact_without_address_are_refused(self):
        with self.assertRaisesRegex(UserError, "nobody could find it"):
            self._profile(sells=False).action_publish()
        silent = self.env["res.partner"].create({"name": "Paul Muet"})
        with self.assertRaisesRegex(UserError, "Paul Muet has neither e-mail nor telephone"):
            self._profile(contact_id=silent.id).action_publish()

    def test_what_cannot_be_is_refused_with_the_reason(self):
        profile = self._profile()
        with self.assertRaisesRegex(ValidationError, "vis is no NAF code"):
            profile.naf = "vis"
        with self.assertRaisesRegex(ValidationError, "2,000 characters"):
            profile.buys = "x" * 2001
        self.env["bizoverbiz.territory"].with_company(self.company)._ensure_lists()
        department = self.env["bizoverbiz.territory"].search([("kind", "=", "department")], limit=1)
        with self.assertRaisesRegex(ValidationError, "is no commune"):
            profile.area_ids = [(0, 0, {"territory_id": department.id, "radius_km": 5})]

    def test_a_firm_in_no_network_is_told_so(self):
        self.membership.unlink()
        with self.assertRaisesRegex(UserError, "takes part in no network"):
            self._profile().action_publish()

    def test_how_often_it_was_found_is_asked_once_a_day(self):
        profile = self._published()
        self._exchange()
        self.assertEqual((profile.found_count, profile.appearance_ids.keyword), (12, "vis"))
        self.directory.appearances = {"since": "2026-11-01", "found": 15, "keywords": []}
        self._exchange()
        self.assertEqual(profile.found_count, 12)
        profile.sudo().appearances_at -= timedelta(hours=25)
        self._exchange()
        self.assertEqual((profile.found_count, len(profile.appearance_ids)), (15, 0))

    @mute_logger(ENGINE_LOGGER, EXCHANGE_LOGGER)
    def test_an_engine_without_a_directory_does_not_hold_up_the_exchange(self):
        profile = self._published()
        self.directory.refusal = ("profile/appearances", 404, "not-found", "no such resource")
        self._exchange()
        self.assertIn("no such resource", profile.last_error)

    def test_a_published_profile_is_not_deleted(self):
        with self.assertRaisesRegex(UserError, "withdraw it"):
            self._published().unlink()

    def test_what_publishing_writes_cannot_be_written_by_hand(self):
        for values in ({"state": "published"}, {"found_count": 3}, {"withdrawal_pending": True}):
            with self.subTest(values), self.assertRaises(AccessError):
                self._profile().write(values)
