import json

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, HttpCase, tagged
from odoo.tools import mute_logger

from ..exceptions import EngineRefused
from ..tools import keys
from .common import URL, NetworkCase


@tagged("post_install", "-at_install")
class TestJoin(NetworkCase):
    def test_joining_keeps_what_the_engine_answered(self):
        membership = self._join()
        self.assertEqual(membership.state, "joined")
        self.assertEqual(membership.company_id, self.company)
        self.assertEqual(membership.identifier, "552100554")
        self.assertEqual(membership.network_name, "Réseau du Forez")
        self.assertEqual(membership.engine_url, URL)
        self.assertTrue(membership.member_uuid)
        self.assertFalse(membership.last_error)

    def test_joining_says_who_the_firm_is_and_from_which_database(self):
        membership = self._join()
        request = self.engine.requests[-1]
        database = self.env["ir.config_parameter"].get_param("database.uuid")
        self.assertEqual(request.headers["BizOverBiz-Database"], database)
        self.assertEqual(membership.database_uuid, database)
        payload = json.loads(request.body)
        public_key = payload.pop("public_key")
        self.assertEqual(keys.thumbprint(public_key), membership.keyid)
        self.assertEqual(
            payload,
            {
                "invitation": keys.base64url(bytes(range(32))),
                "identifier": "552100554",
                "name": "Atelier Morin",
                "country": "FR",
                "database": database,
                "agreement": membership.agreement,
            },
        )

    def test_only_the_engine_keys_that_the_invitation_names_are_kept(self):
        stored = json.loads(self._join().sudo().engine_keys)
        self.assertEqual(stored, {"keys": [{**self.engine.jwk, "kid": keys.thumbprint(self.engine.jwk)}]})

    def test_an_engine_with_other_keys_is_not_told_the_secret(self):
        other = keys.public_jwk(keys.new_private_key())
        invitation = self.engine.invite(jwk=other)
        with self.assertRaisesRegex(UserError, "does not show the keys that the invitation names"):
            self.memberships.join(invitation, True)
        self.assertEqual([request.method for request in self.engine.requests], ["GET"])

    def test_a_mistyped_invitation_is_refused_before_anything_is_sent(self):
        invitation = self.engine.invite()
        swapped = invitation[:20] + invitation[20:22][::-1] + invitation[22:]
        self.assertNotEqual(swapped, invitation)
        for text, reason in (
            (swapped, "incomplete or mistyped"),
            (invitation[:-3], "incomplete or mistyped"),
            ("hello", "begins with “bob1.”"),
            (False, "begins with “bob1.”"),
        ):
            with self.subTest(text), self.assertRaisesRegex(UserError, reason):
                self.memberships.join(text, True)
        self.assertEqual(self.engine.requests, [])

    def test_an_invitation_broken_into_lines_by_an_email_still_works(self):
        invitation = self.engine.invite()
        self.memberships.join(f"  {invitation[:50]}\r\n{invitation[50:]}\n", True)
        self.assertEqual(self.company.bizoverbiz_membership_id.state, "joined")

    def test_an_engine_on_the_internet_needs_https(self):
        for url in (
            "http://engine.example.com",
            "http://93.184.216.34",
            "ftp://localhost",
            "https://me@engine.example",
        ):
            with self.subTest(url), self.assertRaisesRegex(UserError, "https"):
                self.memberships.join(self.engine.invite(url=url), True)
        for url in ("https://engine.example.com", "http://engine:8000", "http://192.168.1.2", "http://[::1]:8000"):
            with self.subTest(url):
                self.assertEqual(self.memberships.prepare(self.engine.invite(url=url)), self._draft().id)

    def _draft(self):
        return self.company.bizoverbiz_membership_id

    def test_a_used_invitation_is_explained_and_leaves_a_draft(self):
        invitation = self.engine.invite(used=True)
        self.memberships.prepare(invitation)
        with self.assertRaisesRegex(EngineRefused, "used already. Ask the network's operator") as caught:
            self.memberships.join(invitation, True)
        self.assertEqual((caught.exception.status, caught.exception.slug), (409, "invitation-used"))
        self.assertEqual(caught.exception.detail, "the engine's own words")
        self.assertEqual(self._draft().state, "draft")

    def test_an_unknown_or_expired_invitation_is_explained(self):
        invitation = self.engine.invite()
        self.engine.invitations.clear()
        with self.assertRaisesRegex(EngineRefused, "unknown or has expired"):
            self.memberships.join(invitation, True)

    def test_a_new_invitation_after_a_refusal_brings_a_new_key(self):
        self.memberships.prepare(self.engine.invite(used=True))
        first = self._draft().keyid
        membership = self._join(secret=b"n" * 32)
        self.assertEqual(membership.state, "joined")
        self.assertNotEqual(membership.keyid, first)

    @mute_logger("odoo.addons.bizoverbiz_network.models.bizoverbiz_engine")
    def test_engine_down_at_joining_keeps_the_key_for_the_next_try(self):
        self.engine.mood = "down"
        membership = self._join()
        self.assertEqual(membership.state, "draft")
        self.assertIn("cannot be reached (no connection)", membership.last_error)
        keyid = membership.keyid
        self.engine.mood = None
        self._join()
        self.assertEqual((membership.state, membership.keyid), ("joined", keyid))
        self.assertFalse(membership.last_error)

    @mute_logger("odoo.addons.bizoverbiz_network.models.bizoverbiz_engine")
    def test_a_lost_answer_is_given_again_to_the_same_key(self):
        invitation = self.engine.invite()
        membership = self.memberships.browse(self.memberships.prepare(invitation))
        keyid = membership.keyid
        self.engine.mood = "lost"
        self.memberships.join(invitation, True)
        self.assertEqual(list(self.engine.members), [keyid])
        self.assertEqual(membership.state, "draft")
        self.assertIn("no answer in time", membership.last_error)
        self.engine.mood = None
        self.memberships.join(invitation, True)
        self.assertEqual((membership.state, membership.keyid), ("joined", keyid))
        self.assertEqual(list(self.engine.members), [keyid])

    def test_joining_again_with_the_same_invitation_changes_nothing(self):
        membership = self._join()
        asked = len(self.engine.requests)
        keyid = membership.keyid
        self.assertEqual(self._join(), membership)
        self.assertEqual((membership.keyid, len(self.engine.requests)), (keyid, asked))

    def test_a_member_does_not_join_a_second_network(self):
        self._join()
        with self.assertRaisesRegex(UserError, "is a member of Réseau du Forez already"):
            self._join(secret=b"n" * 32)

    def test_joining_needs_the_agreement(self):
        for accepted in (False, None, "yes"):
            with self.subTest(accepted), self.assertRaisesRegex(UserError, "accept the framework agreement"):
                self.memberships.join(self.engine.invite(), accepted)
        self.assertEqual(self.engine.requests, [])

    def test_a_firm_without_number_is_told_what_to_correct(self):
        self.company.company_registry = "552100555"
        with self.assertRaisesRegex(UserError, "Atelier Morin cannot be identified"):
            self._join()

    def test_only_an_administrator_joins(self):
        for user in (self.approver, self.user):
            memberships = self.env["bizoverbiz.membership"].with_user(user)
            with self.subTest(user.login), self.assertRaises(AccessError):
                memberships.join(self.engine.invite(), True)
            with self.subTest(user.login), self.assertRaises(AccessError):
                memberships.prepare(self.engine.invite())
        self.assertEqual(self.engine.requests, [])

    def test_a_branch_joins_as_its_legal_entity(self):
        branch = self._new_company("Atelier Morin Lyon", "", parent=self.company)
        self.administrator.company_ids |= branch
        membership = self._join(self.memberships.with_company(branch))
        self.assertEqual(membership.company_id, self.company)
        self.assertEqual(branch.bizoverbiz_membership_id, membership)

    def test_an_administrator_does_not_join_for_another_company(self):
        other = self._new_company("Bois du Forez", "404833048")
        with self.assertRaises(AccessError):
            self._join(self.memberships.with_context(allowed_company_ids=other.ids))
        self.assertEqual(self.engine.requests, [])

    def test_the_join_button_of_a_draft_is_for_its_own_company(self):
        other = self._new_company("Bois du Forez", "404833048")
        self.administrator.company_ids |= other
        memberships = self.memberships.with_company(other)
        draft = memberships.browse(memberships.prepare(self.engine.invite()))
        action = draft.with_company(self.company).action_join()
        form = Form(self.env["bizoverbiz.join"].with_user(self.administrator).with_context(**action["context"]))
        self.assertEqual(form.company_id, other)

    @mute_logger("odoo.addons.bizoverbiz_network.models.bizoverbiz_engine")
    def test_the_wizard_shows_the_network_then_joins(self):
        with Form(self.env["bizoverbiz.join"].with_user(self.administrator)) as form:
            self.assertEqual(form.identifier, "552100554")
            form.invitation = self.engine.invite()
        wizard = form.record
        self.assertEqual(wizard.action_continue()["res_id"], wizard.id)
        self.assertEqual((wizard.step, wizard.network_name), ("agreement", "Réseau du Forez"))
        self.assertEqual(self.engine.requests, [])
        with Form(wizard) as form:
            form.agreement_accepted = True
        self.engine.mood = "down"
        self.assertEqual(wizard.action_join()["res_model"], "bizoverbiz.join")
        self.assertIn("cannot be reached", wizard.error)
        self.engine.mood = None
        self.assertEqual(wizard.action_join()["res_id"], wizard.id)
        self.assertEqual(wizard.step, "done")
        self.assertEqual(wizard.action_open_membership()["res_id"], self._draft().id)
        self.assertEqual(self._draft().state, "joined")


@tagged("post_install", "-at_install")
class TestJoinOverHttp(NetworkCase, HttpCase):
    def _join_over_http(self, user):
        key = self.env["res.users.apikeys"].with_user(user).sudo()._generate("rpc", "test", None)
        return self.url_open(
            "/json/2/bizoverbiz.membership/join",
            json={"invitation": self.engine.invite(), "agreement_accepted": True},
            headers={"Authorization": f"bearer {key}"},
        )

    def setUp(self):
        super().setUp()
        self.engine.mock.add_passthru(self.base_url())

    def test_an_administrator_joins_over_http(self):
        answer = self._join_over_http(self.administrator)
        self.assertEqual(answer.json(), self.company.bizoverbiz_membership_id.id)
        self.assertEqual(self.company.bizoverbiz_membership_id.state, "joined")

    @mute_logger("odoo.http")
    def test_an_approver_is_refused_over_http(self):
        answer = self._join_over_http(self.approver)
        self.assertEqual((answer.status_code, answer.json()["name"]), (403, "odoo.exceptions.AccessError"))
        self.assertFalse(self.company.bizoverbiz_membership_id)
