from ast import literal_eval
from datetime import date

from freezegun import freeze_time
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .inviting import PAPER, InvitingCase


@tagged("post_install", "-at_install")
class TestInvitation(InvitingCase):
    def _remind(self, day):
        with freeze_time(f"{day} 08:00:00"), self.enter_registry_test_mode():
            self.env.ref("bizoverbiz_compensation.ir_cron_invite").method_direct_trigger()

    def test_a_draft_shows_what_the_partner_will_read_and_sends_nothing(self):
        invitation = self._draft()
        self.assertEqual((invitation.state, invitation.contact_id), ("draft", self.paper))
        self.assertRecordValues(invitation.figure_ids, [{"receivable": 1200.0, "payable": 500.0, "between": 500.0}])
        self.assertIn(invitation.page_url, invitation.preview)
        self.assertIn("500,00", invitation.preview, "in the partner's language")
        self.assertFalse(self._mails(invitation))
        self.assertEqual(self._draft(), invitation, "a second click shows the same draft")

    def test_an_invitation_goes_to_the_invoicing_contact_with_a_way_to_opt_out(self):
        contact = self.env["res.partner"].create(
            {"name": "Inès", "parent_id": self.paper.id, "type": "invoice", "email": "compta@lys.example"}
        )
        invitation = self._invited()
        mail = self._mails(invitation)
        self.assertEqual(mail.recipient_ids, contact)
        self.assertEqual(literal_eval(mail.headers)["List-Unsubscribe"], f"<{invitation.page_url}/stop>")
        self.assertEqual(invitation.state, "invited")
        self.assertEqual(invitation.next_reminder, date(2026, 11, 29))

    def test_credits_and_payments_count_against_what_the_partner_is_told(self):
        self._invoice(200, "out_refund", partner=self.paper)
        self.env["account.payment"].create(
            {"partner_id": self.paper.id, "payment_type": "outbound", "partner_type": "supplier", "amount": 100.0}
        ).action_post()
        self.assertRecordValues(self._draft().figure_ids, [{"receivable": 1000.0, "payable": 400.0, "between": 400.0}])

    def test_each_currency_is_a_figure_of_its_own(self):
        dollar = self.env.ref("base.USD")
        dollar.active = True
        self._invoice(300, partner=self.paper, currency_id=dollar.id)
        figures = self._draft().figure_ids
        self.assertEqual(
            [(figure.currency_id.name, figure.receivable, figure.payable) for figure in figures],
            [("EUR", 1200.0, 500.0), ("USD", 300.0, 0.0)],
        )

    def test_what_stands_in_the_way_is_said_and_nothing_is_sent(self):
        empty = self._new_partner("Garage Roy", "404833048")
        empty.email = "roy@garage.example"
        mute = self._new_partner("Transports Noé", "552032534")
        self._invoice(10, partner=mute)
        self._invoice(10, partner=self.stranger)
        self.stranger.email = "jeanne@example.com"
        self.env["mail.blacklist"].sudo().create({"email": "ines@lys.example"})
        for partner, words in (
            (empty, "No invoice is open"),
            (mute, "no valid e-mail address"),
            (self.stranger, "private person"),
            (self.paper, "asked not to be invited"),
        ):
            with self.subTest(words):
                draft = self._draft(partner)
                self.assertIn(words, draft.obstacle)
                with self.assertRaisesRegex(UserError, words):
                    draft.action_send()
                self.assertFalse(self._mails(draft))

    def test_of_several_drafts_those_without_obstacle_are_sent(self):
        mute = self._new_partner("Transports Noé", "552032534")
        self._invoice(10, partner=mute)
        drafts = self._draft(self.paper | mute)
        self.assertIn("1 sent, 1 not sent", drafts.action_send()["params"]["message"])
        self.assertEqual(set(drafts.mapped("state")), {"invited", "draft"})

    def test_members_and_oneself_are_not_invited(self):
        for partner in (self.customer, self.company.partner_id):
            with self.subTest(partner.name), self.assertRaisesRegex(UserError, partner.name):
                self._draft(partner)

    def test_who_is_in_no_network_invites_nobody(self):
        self.membership.action_disconnect()
        with self.assertRaisesRegex(UserError, "takes part in no network"):
            self._draft()

    def test_reminders_go_after_7_and_21_days_with_the_figures_of_the_day(self):
        invitation = self._invited()
        self._remind("2026-11-28")
        self.assertEqual(len(self._mails(invitation)), 1)
        self._invoice(300, partner=self.paper)
        self._remind("2026-11-29")
        self.assertEqual(len(self._mails(invitation)), 2)
        self.assertRegex(self._mails(invitation)[-1].body_html, r"1\s500,00")
        self.assertEqual((invitation.reminder_count, invitation.next_reminder), (1, date(2026, 12, 13)))
        self._remind("2026-12-14")
        self.assertEqual((len(self._mails(invitation)), invitation.next_reminder), (3, False))
        self._remind("2027-02-01")
        self.assertEqual(len(self._mails(invitation)), 3)

    def test_an_answer_by_mail_ends_the_reminders(self):
        invitation = self._invited()
        invitation.sudo().message_update({"message_id": "<1@lys.example>"})
        self.assertTrue(invitation.answered_at)
        self._remind("2026-11-29")
        self.assertEqual(len(self._mails(invitation)), 1)

    def test_whatever_answers_or_ends_an_invitation_ends_its_reminders(self):
        for number, (name, end) in enumerate(
            (
                ("by telephone", lambda one: one.action_answered()),
                ("stopped", lambda one: one.action_stop_reminders()),
                ("opted out", lambda one: one.sudo()._opt_out()),
                ("asked to join", lambda one: one.sudo()._ask_to_join(self._typed(identifier="404833048"))),
            )
        ):
            with self.subTest(name):
                partner = self._new_partner(f"Firm {number}", False)
                partner.email = f"firm{number}@example.com"
                self._invoice(10, partner=partner)
                invitation = self._invited(partner)
                self.assertTrue(invitation.next_reminder)
                end(invitation)
                self.assertFalse(invitation.next_reminder)

    def test_opening_the_link_is_no_answer(self):
        invitation = self._invited()
        invitation.sudo()._open_page()
        self.assertEqual((invitation.state, invitation.next_reminder), ("opened", date(2026, 11, 29)))

    def test_a_reminder_with_nothing_to_show_is_not_sent(self):
        invitation = self._invited()
        self._invoice(1200, "out_refund", partner=self.paper)
        self._invoice(500, "in_refund", partner=self.paper)
        self._remind("2026-11-29")
        self.assertEqual((len(self._mails(invitation)), invitation.reminder_count), (1, 1))
        self.assertIn("No reminder was sent", invitation.message_ids[0].body)

    def test_a_copy_of_the_database_writes_to_nobody(self):
        garage = self._new_partner("Garage Roy", "404833048")
        garage.email = "roy@garage.example"
        self._invoice(10, partner=garage)
        invitation, draft = self._invited(), self._draft(garage)
        self.env["ir.config_parameter"].set_param("database.uuid", "1b671a64-40d5-491e-99b0-da01ff1f3341")
        self._remind("2026-11-29")
        self.assertEqual(len(self._mails(invitation)), 1)
        with self.assertRaisesRegex(UserError, "not connected to its network"):
            draft.action_send()

    def test_who_opted_out_is_never_invited_again(self):
        invitation = self._invited()
        invitation.sudo()._opt_out()
        self.assertEqual((invitation.state, self.paper.bizoverbiz_no_invitation), ("opted_out", True))
        invitation.action_send()
        self.assertEqual(len(self._mails(invitation)), 1)

    def test_what_was_sent_is_kept(self):
        self._draft().unlink()
        with self.assertRaisesRegex(UserError, "is kept"):
            self._invited().unlink()

    def test_only_approvers_invite(self):
        invitation = self._invited()
        clerk = new_test_user(
            self.env, login="clerk", groups="account.group_account_invoice", company_id=self.company.id
        )
        for user in (self.accountant, clerk):
            with self.subTest(user.login), self.assertRaises(AccessError):
                self.paper.with_user(user).action_bizoverbiz_invite()
            for action in ("action_send", "action_answered", "action_stop_reminders"):
                with self.subTest(user=user.login, action=action), self.assertRaises(AccessError):
                    getattr(invitation.with_user(user), action)()
        with self.assertRaises(AccessError):
            invitation.with_user(self.approver).write({"opened_at": "2026-11-22"})
        with self.assertRaises(AccessError):
            invitation.with_user(clerk).read(["state"])

    def test_a_user_of_another_company_sees_no_invitation(self):
        self._invited()
        other = self.env["res.company"].create({"name": "Bois du Forez"})
        stranger = new_test_user(
            self.env,
            login="other_firm",
            groups="bizoverbiz_network.group_administrator",
            company_id=other.id,
            company_ids=other.ids,
        )
        for model in ("bizoverbiz.invitation", "bizoverbiz.invitation.figure", "bizoverbiz.invitation.stage"):
            with self.subTest(model):
                self.assertFalse(self.env[model].with_user(stranger).search([("company_id", "=", self.company.id)]))

    def test_the_partner_shows_how_far_its_invitation_has_come(self):
        invitation = self._invited()
        partner = self.paper.with_user(self.approver).with_company(self.company)
        self.assertEqual(partner.bizoverbiz_invitation_state, "invited")
        self.assertEqual(partner.action_view_bizoverbiz_invitation()["res_id"], invitation.id)
        self.assertEqual(partner.action_bizoverbiz_invite()["res_id"], invitation.id)

    def test_the_funnel_counts_an_invitation_in_every_stage_it_has_passed(self):
        invitation = self._invited()
        stages = self.env["bizoverbiz.invitation.stage"].with_user(self.approver)
        own = [("invitation_id", "=", invitation.id)]
        self.assertEqual(stages.search(own).mapped("stage"), ["1_invited"])
        self.engine.also_members.add(PAPER)
        self._exchange()
        self.assertEqual(
            stages.search(own).mapped("stage"),
            ["1_invited", "2_opened", "3_started", "4_joined"],
            "it has joined without a click on our link",
        )
