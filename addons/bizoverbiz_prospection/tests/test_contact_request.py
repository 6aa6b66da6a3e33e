from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import ARMOR, ProspectionCase
from .directory import firm

ENGINE_LOGGER = "odoo.addons.bizoverbiz_network.models.bizoverbiz_engine"
CONTACT = {"name": "Yann Armor", "email": "yann@armor.example", "phone": "02 99 00 00 00"}


@tagged("post_install", "-at_install")
class TestContactRequest(ProspectionCase):
    def _draft(self):
        hit = self._found().hit_ids[0]
        self.lead = self._leads(hit)
        return (
            self.env["bizoverbiz.contact.request"]
            .with_user(self.salesperson)
            .browse(self.lead.action_bizoverbiz_ask_for_contact()["res_id"])
        )

    def _sent(self):
        request = self._draft()
        request.message = "Nous cherchons des vis inox."
        request.action_send()
        return request

    def _received(self):
        self._published()
        self.directory.receive()
        self._exchange()
        requests = self.env["bizoverbiz.contact.request"].with_user(self.manager)
        return requests.search([("side", "=", "received"), ("company_id", "=", self.company.id)])

    def test_a_request_is_sent_with_its_message_and_author(self):
        request = self._sent()
        (told,) = self.directory.requests.values()
        self.assertEqual((told["counterpart"], told["message"]), (ARMOR, "Nous cherchons des vis inox."))
        self.assertEqual(told["asked_by"], "salesperson@morin.example")
        self.assertEqual((request.state, request.uuid), ("open", told["id"]))
        self.assertEqual(self.lead.bizoverbiz_contact_state, "open")

    def test_a_contact_given_is_on_request_and_lead_and_its_asker_is_told(self):
        request = self._sent()
        self.directory.answer(request.uuid, "accept", CONTACT)
        self._exchange()
        self.assertEqual((request.state, request.contact_email), ("accepted", "yann@armor.example"))
        self.assertRecordValues(
            self.lead, [{"contact_name": "Yann Armor", "email_from": "yann@armor.example", "phone": "02 99 00 00 00"}]
        )
        told = request.message_ids.filtered(lambda message: "has accepted" in message.body)
        self.assertEqual(told.notified_partner_ids, self.salesperson.partner_id)

    def test_a_contact_taken_back_goes_from_request_and_lead(self):
        request = self._sent()
        self.directory.answer(request.uuid, "accept", CONTACT)
        self._exchange()
        self.lead.phone = "06 00 00 00 00"
        self.directory.answer(request.uuid, "decline")
        self._exchange()
        self.assertEqual((request.state, request.contact_email), ("declined", False))
        self.assertRecordValues(self.lead, [{"contact_name": False, "email_from": False, "phone": "06 00 00 00 00"}])

    def test_what_somebody_has_entered_on_the_lead_stays(self):
        request = self._sent()
        self.lead.email_from = "contact@armor.example"
        self.directory.answer(request.uuid, "accept", CONTACT)
        self._exchange()
        self.assertEqual(self.lead.email_from, "contact@armor.example")

    @mute_logger(ENGINE_LOGGER)
    def test_a_request_the_engine_does_not_hear_is_sent_by_the_next_exchange(self):
        request = self._draft()
        self.engine.mood = "down"
        shown = request.action_send()
        self.assertIn("sent by the next exchange", shown["params"]["message"])
        self.assertEqual(request.state, "to_send")
        self.engine.mood = None
        self._exchange()
        self.assertEqual(request.state, "open")

    @mute_logger(ENGINE_LOGGER)
    def test_a_request_that_is_refused_says_why_and_can_be_written_anew(self):
        request = self._draft()
        self.directory.refusal = (
            "contact-requests",
            409,
            "too-late",
            "asked and declined on 2026-10-01: from 2026-12-30 on",
        )
        with self.assertRaisesRegex(UserError, "asked and declined"), self.env.cr.savepoint():
            request.action_send()
        self.assertEqual(request.state, "draft")

    def test_the_same_firm_is_not_asked_twice(self):
        request = self._sent()
        again = self.lead.action_bizoverbiz_ask_for_contact()
        self.assertEqual(again["res_id"], request.id)
        with self.assertRaisesRegex(UserError, "sent already"):
            request.action_send()
        with self.assertRaisesRegex(UserError, "cannot be changed"):
            request.message = "Another one"

    def test_a_firm_that_has_yet_to_join_is_not_asked(self):
        self.directory.firms = [firm(ARMOR, "Armor", member=False)]
        hit = self._found().hit_ids
        with self.assertRaisesRegex(UserError, "Armor has not joined the network yet"):
            hit.action_ask_for_contact()

    def test_a_request_received_becomes_a_task_of_the_sales_administrators(self):
        request = self._received()
        self.assertEqual((request.name, request.message, request.state), ("Mécanique Kerbrat", "Bonjour", "open"))
        self.assertIn(self.manager, request.activity_ids.user_id)
        self._exchange()
        self.assertEqual(len(request.activity_ids.filtered(lambda one: one.user_id == self.manager)), 1)

    def test_accepting_gives_the_contact_chosen_and_ends_the_task(self):
        request = self._received()
        request.action_accept()
        (told,) = self.directory.requests.values()
        self.assertEqual(
            told["contact"], {"name": "Claire Aubin", "email": "claire@morin.example", "phone": "02 40 00 10 14"}
        )
        self.assertEqual((request.state, request.answered_by), ("accepted", "manager@morin.example"))
        self.assertFalse(request.activity_ids)

    def test_declining_gives_nothing_and_may_follow_an_acceptance(self):
        request = self._received()
        request.action_accept()
        request.action_decline()
        (told,) = self.directory.requests.values()
        self.assertEqual((told["state"], told["contact"], request.state), ("declined", None, "declined"))

    def test_a_contact_without_address_is_not_given(self):
        request = self._received()
        request.given_contact_id = self.env["res.partner"].create({"name": "Paul Muet"})
        with self.assertRaisesRegex(UserError, "e-mail address or a telephone number"):
            request.action_accept()

    def test_what_the_engine_has_deleted_at_its_term_goes_here_too(self):
        request = self._sent()
        self.directory.requests.clear()
        self._exchange()
        self.assertFalse(request.exists())
