import json

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common import SetOffCase


@tagged("post_install", "-at_install")
class TestSecondApproval(SetOffCase):
    """Up to the ceiling, and two approvers above an amount."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.director = cls._new_user("director", "bizoverbiz_network.group_approver")
        cls.invoice, cls.other, cls.bill = cls._invoice(500), cls._invoice(80), cls._bill(400)

    def setUp(self):
        super().setUp()
        self.membership.with_user(self.administrator).second_approval_above = 300

    def _proposed(self, amount=35000):
        self._round({self.invoice: amount - 5000, self.other: 5000, self.bill: amount}, approve=False)
        return self._statement()

    def _line(self, move):
        return self._statement().line_ids.filtered(lambda line: line.move_id == move)

    def _answers(self):
        return [json.loads(request.body) for request in self.engine.sent("/answer")]

    def test_above_the_amount_nothing_is_sent_before_a_second_approver_agrees(self):
        statement = self._proposed()
        self.assertTrue(statement.second_approval_needed)
        told = statement.action_approve()
        self.assertIn("second approver", told["params"]["message"])
        self.assertRecordValues(statement, [{"first_approver_id": self.approver.id, "answer": False}])
        asked = statement.sudo().activity_ids.user_id
        self.assertIn(self.director, asked)
        self.assertNotIn(self.approver, asked)
        self.assertFalse(self._answers())
        with self.assertRaisesRegex(UserError, "approved .* already"):
            statement.action_approve()
        self.assertIs(statement.with_user(self.director).action_approve(), True)
        [answer] = self._answers()
        self.assertEqual(answer["answered_by"], "approver@morin.example, director@morin.example")
        self.assertEqual(statement.state, "approved")
        self.assertFalse(statement.sudo().activity_ids)

    def test_up_to_the_amount_one_approver_is_enough(self):
        statement = self._proposed(30000)
        self.assertFalse(statement.second_approval_needed)
        self.assertIs(statement.action_approve(), True)
        self.assertEqual(statement.state, "approved")

    def test_what_the_first_approver_saw_is_only_lowered_until_it_is_withdrawn(self):
        statement = self._proposed()
        self._line(self.other).action_strike()
        self._line(self.invoice).approved = 310
        statement.action_approve()
        with self.assertRaisesRegex(UserError, "never raised"):
            self._line(self.other).with_user(self.director).action_restore()
        self._line(self.invoice).with_user(self.director).approved = 305
        statement.action_withdraw_first_approval()
        self.assertIn(self.approver, statement.sudo().activity_ids.user_id)
        self._line(self.other).action_restore()
        self.assertEqual(statement.approved_receivable, 355.0)

    def test_one_approver_alone_may_refuse(self):
        statement = self._proposed()
        statement.action_approve()
        statement.action_refuse("We prefer to be paid")
        self.assertEqual(statement.state, "refused")

    def test_a_firm_with_a_single_approver_is_told_so_before_anything_is_stored(self):
        (self.director | self.administrator).active = False
        others = self.membership._users_with("bizoverbiz_network.group_approver") - self.approver
        others.group_ids -= self.env.ref("bizoverbiz_network.group_administrator")
        statement = self._proposed()
        with self.assertRaisesRegex(UserError, "nobody but you"):
            statement.action_approve()
        self.assertFalse(statement.first_approver_id)

    def test_only_an_administrator_sets_the_amount_and_never_below_zero(self):
        with self.assertRaises(AccessError):
            self.membership.with_user(self.approver).second_approval_above = 0
        self.assertEqual(self.company.bizoverbiz_second_approval_above, 300)
        with self.assertRaises(AccessError):
            self._proposed().with_user(self.accountant).action_withdraw_first_approval()

    def test_the_settings_are_the_legal_entitys_and_a_change_stays_on_record(self):
        settings = self.env["res.config.settings"].with_company(self._branch()).create({})
        self.assertEqual(settings.bizoverbiz_second_approval_above, 300)
        settings.bizoverbiz_second_approval_above = 700
        settings.execute()
        self.assertEqual(self.membership.second_approval_above, 700)
        self.assertRegex(self.membership.message_ids[0].body, "300.00.* before, .*700.00.* now")

    def test_lines_may_be_approved_up_to_the_ceiling_and_put_back(self):
        statement = self._proposed()
        statement.action_approve_whole()
        self.assertRecordValues(
            statement, [{"approved_receivable": 580.0, "approved_payable": 400.0, "at_most": 400.0}]
        )
        self.assertIn("400.00", statement.meaning)
        statement.action_reset_to_proposal()
        self.assertEqual(statement.at_most, 350.0)
        statement.action_approve_whole()
        statement.action_approve()
        statement.with_user(self.director).action_approve()
        self.assertEqual(sorted(line["approved"] for line in self._answers()[0]["lines"]), [8000, 40000, 50000])

    def test_the_totals_of_the_form_follow_while_amounts_are_typed(self):
        with Form(self._proposed()) as form:
            with form.receivable_line_ids.edit(0) as line:
                line.approved = 0
            self.assertLess(form.at_most, 350.0)
            self.assertIn("Approving means", form.meaning)
