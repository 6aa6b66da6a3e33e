import json

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..exceptions import EngineRefused, EngineUnavailable
from .common import NetworkCase


@tagged("post_install", "-at_install")
class TestAgreement(NetworkCase):
    def setUp(self):
        super().setUp()
        self.membership = self._join()
        self.membership._exchange_safely()

    def _publish(self, version="2027-01", state="next", **values):
        self.engine.agreements.append(self.engine.new_agreement(version, "2027-01-01", state, **values))
        self.membership._exchange_safely()

    def _wizard(self, user=None):
        action = self.membership.with_user(user or self.administrator).action_open_agreement()
        return self.env[action["res_model"]].with_user(user or self.administrator).with_context(**action["context"])

    def test_an_accepted_version_asks_for_nothing(self):
        self.assertFalse(self.membership.agreement_to_accept)

    def test_administrators_are_told_once_of_a_version_to_come(self):
        self._publish(sha256="ab" * 32)
        self.membership._exchange_safely()
        self.assertRecordValues(
            self.membership.sudo(), [{"agreement_to_accept": "2027-01", "agreement_sha256": "ab" * 32}]
        )
        told = self.env["mail.message"].search(
            [("model", "=", "bizoverbiz.membership"), ("subject", "ilike", "framework agreement")]
        )
        mine = told.filtered(lambda message: self.administrator.partner_id in message.sudo().notified_partner_ids)
        self.assertEqual(len(mine), 1)

    def test_accepting_tells_the_network_who_did_and_asks_no_more(self):
        self._publish()
        wizard = self._wizard().create({"accepted": True})
        self.assertEqual((wizard.version, wizard.agreement), ("2027-01", "2026-11"))
        wizard.action_accept()
        [request] = [one for one in self.engine.requests if one.url.endswith("/member/agreement")]
        accepted_by = self.administrator.email or self.administrator.login
        self.assertEqual(json.loads(request.body), {"version": "2027-01", "answered_by": accepted_by})
        self.membership._exchange_safely()
        self.assertFalse(self.membership.agreement_to_accept)

    def test_a_firm_left_out_for_want_of_agreement_takes_part_again(self):
        known = self.engine.members[self.membership.keyid]["member"]
        known.update(takes_part=False, absence="agreement")
        self._publish(state="in-force")
        self.assertEqual(self.membership.member_status, "agreement")
        self._wizard().create({"accepted": True}).action_accept()
        self.assertRecordValues(self.membership, [{"member_status": "active", "agreement": "2027-01"}])

    def test_the_version_in_force_is_asked_for_before_the_next(self):
        self.engine.agreements.append(self.engine.new_agreement("2027-06", "2027-06-01", "next"))
        self._publish(state="in-force")
        self.assertEqual(self.membership.agreement_to_accept, "2027-01")

    def test_nothing_is_accepted_unticked_unread_or_unheard(self):
        self._publish()
        with self.assertRaisesRegex(UserError, "Tick"):
            self._wizard().create({}).action_accept()
        wizard = self._wizard().create({"accepted": True})
        self.engine.mood = "down"
        with self.assertRaises(EngineUnavailable):
            wizard.action_accept()
        self.engine.mood = None
        self.engine.agreements[-1]["state"] = "past"
        with self.assertRaises(EngineRefused):
            wizard.action_accept()
        self._publish("2027-02")
        with self.assertRaisesRegex(UserError, "not the one to be accepted"):
            wizard.action_accept()

    def test_only_an_administrator_accepts(self):
        self._publish()
        membership = self.membership.with_user(self.approver)
        for action in (membership.action_open_agreement, lambda: membership.accept_agreement("2027-01")):
            with self.assertRaises(AccessError):
                action()
