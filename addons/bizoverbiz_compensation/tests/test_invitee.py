from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .inviting import PAPER, InvitingCase


@tagged("post_install", "-at_install")
class TestInvitee(InvitingCase):
    def _open(self, user=None):
        action = self.env["bizoverbiz.invitee"].with_user(user or self.approver).action_open_list()
        rows = self.env["bizoverbiz.invitee"].with_user(user or self.approver)
        return action, rows.search([("membership_id", "=", self.membership.id)])

    def test_partners_are_ranked_by_what_could_be_set_off(self):
        garage = self._new_partner("Garage Roy", "404833048")
        self._invoice(9000, partner=garage)
        self._bill(700, partner=self.vendor)
        _action, rows = self._open()
        self.assertRecordValues(
            rows,
            [
                {
                    "partner_id": self.paper.id,
                    "identifier": PAPER,
                    "receivable": 1200.0,
                    "payable": 500.0,
                    "between": 500.0,
                    "reach": 1700.0,
                },
                {
                    "partner_id": garage.id,
                    "identifier": "404833048",
                    "receivable": 9000.0,
                    "payable": 0.0,
                    "between": 0.0,
                    "reach": 1200.0,
                },
            ],
        )

    def test_members_private_persons_and_settled_partners_are_not_listed(self):
        self._invoice(100, partner=self.customer)
        self._invoice(100, partner=self.stranger)
        garage = self._new_partner("Garage Roy", "404833048")
        self._invoice(70, partner=garage)
        self._invoice(70, "out_refund", partner=garage)
        _action, rows = self._open()
        self.assertEqual(rows.partner_id, self.paper)
        self.engine.also_members.add(PAPER)
        _action, rows = self._open()
        self.assertFalse(rows)

    def test_the_list_is_brought_up_to_date_in_place(self):
        _action, rows = self._open()
        self._invoice(100, partner=self.paper)
        _action, again = self._open()
        self.assertEqual((again, again.receivable), (rows, 1300.0))

    def test_amounts_in_other_currencies_are_converted_and_meet_only_their_own(self):
        dollar = self.env.ref("base.USD")
        dollar.active = True
        self.env["res.currency.rate"].search([("currency_id", "=", dollar.id)]).unlink()
        self.env["res.currency.rate"].create({"currency_id": dollar.id, "name": "2026-01-01", "rate": 2.0})
        garage = self._new_partner("Garage Roy", "404833048")
        self._invoice(400, partner=garage, currency_id=dollar.id)
        self._bill(100, partner=garage)
        _action, rows = self._open()
        row = rows.filtered(lambda one: one.partner_id == garage)
        self.assertEqual((row.receivable, row.payable, row.between), (200.0, 100.0, 0.0))

    def test_inviting_from_the_list_shows_the_drafts(self):
        _action, rows = self._open()
        draft = self.env["bizoverbiz.invitation"].browse(rows.action_invite()["res_id"])
        self.assertEqual((draft.partner_id, draft.state), (self.paper, "draft"))
        rows.invalidate_recordset()
        self.assertEqual((rows.invitation_id, rows.invitation_state), (draft, "draft"))

    @mute_logger("odoo.addons.bizoverbiz_network.models.bizoverbiz_engine")
    def test_without_the_engine_the_list_stays_as_it_was_and_says_so(self):
        self._open()
        self.engine.mood = "down"
        action, rows = self._open()
        self.assertIn("could not be brought up to date", action["params"]["message"])
        self.assertEqual(action["params"]["next"]["res_model"], "bizoverbiz.invitee")
        self.assertEqual(rows.partner_id, self.paper)

    def test_whoever_has_just_joined_finds_the_list_at_the_next_look(self):
        cron = self.env.ref("bizoverbiz_compensation.ir_cron_invite")
        self.assertTrue(self.env["ir.cron.trigger"].search_count([("cron_id", "=", cron.id)]))

    def test_a_first_member_is_told_whom_to_invite_until_a_partner_is_in_the_network(self):
        self.membership._refresh_invitees()
        self.assertEqual(
            (self.membership.member_partner_count, self.membership.best_invitee_ids.partner_id), (0, self.paper)
        )
        self.engine.also_members.add(PAPER)
        self.membership._refresh_invitees()
        self.assertEqual((self.membership.member_partner_count, len(self.membership.best_invitee_ids)), (1, 0))

    def _queries(self):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        self.env["bizoverbiz.invitation.figure"]._open_amounts(self.company)
        return self.env.cr.sql_log_count - before

    def test_figures_take_as_many_queries_for_many_invoices_and_partners_as_for_few(self):
        few = self._queries()
        for number, siren in enumerate(("404833048", "552032534", "300000007")):
            self._invoice(10 + number, partner=self._new_partner(f"Firm {number}", siren))
            self._invoice(20 + number, partner=self.paper)
        self.assertEqual(self._queries(), few)

    def test_a_reader_sees_the_list_and_invites_nobody(self):
        _action, rows = self._open(self.accountant)
        self.assertTrue(rows)
        with self.assertRaises(AccessError):
            rows.action_invite()
        clerk = new_test_user(
            self.env, login="clerk", groups="account.group_account_invoice", company_id=self.company.id
        )
        with self.assertRaises(AccessError):
            self._open(clerk)

    def test_what_non_members_owe_is_declared_only_if_the_firm_says_so(self):
        self._invoice(100, partner=self.stranger)
        self._exchange()
        self.assertFalse(self.engine.declarations)
        self.membership.with_user(self.administrator).declare_non_members = True
        self._exchange()
        self.assertEqual({line["counterpart"] for line in self.engine.declarations[-1]["lines"]}, {PAPER})
        self.membership.with_user(self.administrator).declare_non_members = False
        self._exchange()
        self.assertEqual(self.engine.declarations[-1]["lines"], [])

    def test_only_an_administrator_decides_what_of_non_members_is_declared(self):
        with self.assertRaises(AccessError):
            self.membership.with_user(self.approver).declare_non_members = True
