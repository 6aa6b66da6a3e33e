import re

from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .inviting import InvitingCase


@tagged("post_install", "-at_install")
class TestInvitationPage(InvitingCase, HttpCase):
    def setUp(self):
        super().setUp()
        self.engine.mock.add_passthru(self.base_url())
        self.invitation = self._invited()
        self.path = self.invitation.page_url.removeprefix(self.invitation.get_base_url())
        self.paper.lang = "en_US"

    def _join(self, **typed):
        token = re.search(r'name="csrf_token" value="([^"]*)"', self.url_open(self.path).text)[1]
        return self.url_open(f"{self.path}/join", data={"csrf_token": token, **self._typed(**typed)})

    def test_the_page_shows_the_partners_own_figures_and_is_kept_nowhere(self):
        page = self.url_open(self.path)
        self.assertEqual(page.status_code, 200)
        for shown in ("Papeterie Lys", "383474814", "ines@lys.example", "1,200.00", "500.00", "Ask to join"):
            self.assertIn(shown, page.text)
        self.assertEqual(
            [page.headers[name] for name in ("Cache-Control", "Referrer-Policy", "X-Robots-Tag")],
            ["no-store", "no-referrer", "noindex, nofollow"],
        )
        self.invitation.invalidate_recordset()
        self.assertEqual(self.invitation.state, "opened")

    def test_one_click_asks_to_join(self):
        answer = self._join()
        self.assertIn("Your request goes to the network", answer.text)
        self.invitation.invalidate_recordset()
        self.assertEqual((self.invitation.state, self.invitation.asked_name), ("started", "Papeterie Lys SARL"))

    def test_a_mistake_is_named_and_what_was_typed_stays(self):
        answer = self._join(identifier="383474815", contact_name="Inès Lys-Martin")
        self.assertEqual(answer.status_code, 200)
        self.assertIn("“383474815” is neither a SIREN", answer.text)
        self.assertIn("Inès Lys-Martin", answer.text)
        self.invitation.invalidate_recordset()
        self.assertFalse(self.invitation.started_at)

    def test_a_link_alone_neither_asks_to_join_nor_opts_out(self):
        self.assertEqual(self.url_open(f"{self.path}/join").status_code, 405)
        self.assertIn("then writes to you", self.url_open(f"{self.path}/stop").text)
        self.invitation.invalidate_recordset()
        self.assertFalse(self.invitation.started_at or self.invitation.opted_out_at)

    def test_the_mail_programs_button_opts_out_without_a_session(self):
        answer = self.opener.post(self.base_url() + f"{self.path}/stop", data={"List-Unsubscribe": "One-Click"})
        self.assertIn("will not be invited again", answer.text)
        self.invitation.invalidate_recordset()
        self.assertEqual(self.invitation.state, "opted_out")
        self.assertNotIn("Ask to join", self.url_open(self.path).text)

    @mute_logger("odoo.http")
    def test_a_wrong_token_and_a_draft_show_nothing(self):
        draft = self._draft(self._new_partner("Garage Roy", "404833048"))
        other = self.path.replace(f"/{self.invitation.id}/", f"/{draft.id}/")
        own = draft.page_url.removeprefix(draft.get_base_url())
        for path in (other, own, self.path[:-1] + ("0" if self.path[-1] != "0" else "1")):
            with self.subTest(path):
                self.assertEqual(self.url_open(path).status_code, 404)

    def test_the_page_speaks_the_partners_language(self):
        self.paper.lang = "fr_FR"
        self.assertIn('lang="fr-FR"', self.url_open(self.path).text)
