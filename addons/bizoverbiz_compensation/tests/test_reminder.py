from datetime import date

from freezegun import freeze_time
from odoo.tests import tagged

from .common import SetOffCase


@tagged("post_install", "-at_install")
class TestReminder(SetOffCase):
    """The deadline of the statement is 2026-12-01 12:00."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.invoice, cls.bill = cls._invoice(500), cls._bill(400)

    def setUp(self):
        super().setUp()
        self._round({self.invoice: 30000, self.bill: 30000}, approve=False)
        self.statement = self._statement().sudo()

    def _remind(self, moment):
        with freeze_time(moment):
            self.statement.invalidate_recordset()
            self.env["bizoverbiz.statement"]._cron_remind()

    def _told(self):
        told = self.env["mail.message"].search(
            [("model", "=", "bizoverbiz.statement"), ("message_type", "=", "user_notification")]
        )
        return told.filtered(lambda message: "silence counts" in message.body)

    def _reminders(self, user):
        return self._told().filtered(lambda message: user.partner_id in message.sudo().notified_partner_ids)

    def test_approvers_are_reminded_once_a_day_before_the_deadline(self):
        self._remind("2026-11-30 11:59:00")
        self.assertFalse(self._told())
        self._remind("2026-11-30 12:00:00")
        self._remind("2026-11-30 13:00:00")
        self.assertEqual(len(self._reminders(self.approver)), 1)
        self.assertIn("300.00", self._reminders(self.approver).body)
        self.assertFalse(self._reminders(self.accountant))
        self.assertEqual(set(self.statement.activity_ids.mapped("date_deadline")), {date(2026, 11, 30)})

    def test_the_firm_chooses_the_hour_or_none(self):
        self.membership.with_user(self.administrator).reminder_hours = 2
        self._remind("2026-12-01 09:59:00")
        self.assertFalse(self._told())
        self.membership.with_user(self.administrator).reminder_hours = 0
        self._remind("2026-12-01 11:00:00")
        self.assertFalse(self._told())

    def test_an_answered_statement_and_one_that_is_over_are_left_in_peace(self):
        self._remind("2026-12-01 12:00:01")
        self._statement().action_refuse("We prefer to be paid")
        self._remind("2026-12-01 11:00:00")
        self.assertFalse(self._told())

    def test_the_network_reminds_at_hours_of_its_own(self):
        self.engine.statements[-1]["reminders"] = ["2026-11-22T10:30:00Z"]
        self._exchange()
        self._exchange()
        self.assertEqual(len(self._reminders(self.approver)), 1)

    def test_of_two_approvers_only_the_one_whose_word_is_missing_is_reminded(self):
        self.membership.with_user(self.administrator).second_approval_above = 100
        director = self._new_user("director", "bizoverbiz_network.group_approver")
        self._statement().action_approve()
        self._remind("2026-12-01 11:00:00")
        self.assertTrue(self._reminders(director))
        self.assertFalse(self._reminders(self.approver))
