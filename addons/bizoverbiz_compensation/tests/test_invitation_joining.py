import json

from odoo.addons.bizoverbiz_network.exceptions import EngineUnavailable
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .inviting import PAPER, InvitingCase

ENGINE_LOGGER = "odoo.addons.bizoverbiz_network.models.bizoverbiz_engine"


@tagged("post_install", "-at_install")
class TestInvitationJoining(InvitingCase):
    def _last_note(self, invitation):
        return invitation.message_ids.filtered(lambda message: message.partner_ids == self.approver.partner_id)[:1].body

    def test_a_request_to_join_reaches_the_operator_without_any_amount(self):
        invitation = self._asked()
        self.assertEqual(invitation.state, "started")
        self._exchange()
        (request,) = self.engine.sent("/v1/candidates", "POST")
        self.assertEqual(
            json.loads(request.body),
            {
                "identifier": PAPER,
                "name": "Papeterie Lys SARL",
                "country": "FR",
                "contact_name": "Inès Lys",
                "contact_email": "ines.lys@lys.example",
                "language": "fr",
            },
        )
        self.assertEqual(
            (invitation.candidate_state, invitation.candidate_uuid), ("pending", self.candidates.known[PAPER]["id"])
        )
        self._exchange()
        self.assertEqual(len(self.engine.sent("/v1/candidates", "POST")), 1)

    @mute_logger(ENGINE_LOGGER)
    def test_a_request_whose_answer_is_lost_is_sent_again_with_the_same_key(self):
        self._asked()
        self.engine.lossy.add("candidates")
        self._exchange(expect=False)
        self.engine.lossy.clear()
        self._exchange()
        first, second = self.engine.sent("/v1/candidates", "POST")
        self.assertEqual(first.headers["Idempotency-Key"], second.headers["Idempotency-Key"])

    @mute_logger(ENGINE_LOGGER)
    def test_a_request_that_is_refused_says_why_once_and_is_tried_again(self):
        invitation = self._asked()
        self.candidates.refusal = (409, "too-many-candidates", "1000 firms wait for the operator's answer")
        self._exchange()
        self._exchange()
        self.assertIn("1000 firms wait", invitation.request_error)
        notes = invitation.message_ids.filtered(lambda message: "not passed on" in message.body)
        self.assertEqual(len(notes), 1)
        self.candidates.refusal = None
        self._exchange()
        self.assertEqual((invitation.request_error, invitation.candidate_state), (False, "pending"))

    def test_the_operators_answers_are_told_to_the_inviter(self):
        invitation = self._asked()
        self._exchange()
        self.candidates.known["100000009"] = {**self.candidates.known[PAPER], "id": "x", "identifier": "100000009"}
        self.candidates.answer(PAPER, "accepted")
        self._exchange()
        self.assertEqual((invitation.state, invitation.candidate_state), ("started", "accepted"))
        self.assertIn("has accepted Papeterie Lys", self._last_note(invitation))

    def test_a_refusal_by_the_operator_is_told_with_its_reason(self):
        invitation = self._asked()
        self._exchange()
        self.candidates.answer(PAPER, "refused", "struck off the register")
        self._exchange()
        self.assertEqual((invitation.state, invitation.candidate_reason), ("refused", "struck off the register"))
        self.assertIn("struck off the register", self._last_note(invitation))

    def test_joining_and_the_first_set_off_are_noticed(self):
        invitation = self._invited()
        self.engine.also_members.add(PAPER)
        self._exchange()
        self.assertEqual(invitation.state, "joined")
        self.assertIn("has joined", self._last_note(invitation))
        moves = self.env["account.move"].search([("partner_id", "=", self.paper.id)])
        self._booked_round(dict.fromkeys(moves, 50000))
        self.assertEqual(invitation.state, "set_off")
        self.assertEqual(invitation.set_off_at, self._notices()[-1:].decided_at)

    def test_what_the_partner_typed_wrongly_is_named_and_nothing_is_kept(self):
        invitation = self._invited()
        for typed, words in (
            ({"identifier": "383474815"}, "“383474815” is neither a SIREN"),
            ({"identifier": "552100554"}, "is the number of"),
            ({"contact_email": "ines at lys"}, "e-mail address is not valid"),
            ({"name": " "}, "Enter the firm's name"),
            ({"contact_name": "x" * 201}, "longer than 200"),
        ):
            with self.subTest(typed), self.assertRaisesRegex(UserError, words):
                invitation.sudo()._ask_to_join(self._typed(**typed))
        self.assertEqual((invitation.state, invitation.asked_name), ("invited", False))

    def test_a_second_click_changes_nothing(self):
        invitation = self._asked()
        invitation.sudo()._ask_to_join(self._typed(name="Somebody Else"))
        self.assertEqual(invitation.asked_name, "Papeterie Lys SARL")

    def test_another_number_than_the_contacts_is_pointed_out(self):
        invitation = self._asked(identifier="404833048")
        self.assertIn(f"gives the number 404833048, your contact has {PAPER}", self._last_note(invitation))

    @mute_logger(ENGINE_LOGGER)
    def test_without_the_engine_nothing_is_lost(self):
        invitation = self._asked()
        self.engine.mood = "down"
        with self.assertRaises(EngineUnavailable):
            self.env["bizoverbiz.invitation"].sudo()._follow_up(self.membership)
        self.engine.mood = None
        self._exchange()
        self.assertEqual(invitation.candidate_state, "pending")

    def test_nothing_is_asked_of_the_engine_where_nobody_is_invited(self):
        before = len(self.engine.requests)
        self.env["bizoverbiz.invitation"].sudo()._follow_up(self.membership)
        self.assertEqual(len(self.engine.requests), before)
