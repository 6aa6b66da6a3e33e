from odoo.exceptions import UserError
from odoo.modules.neutralize import get_neutralization_queries
from odoo.tests import tagged

from .common import SetOffCase

ELSEWHERE = "1b671a64-40d5-491e-99b0-da01ff1f3341"


@tagged("post_install", "-at_install")
class TestSilence(SetOffCase):
    """A copy of the books may be read; it neither approves nor books until somebody says that it is the live one."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.invoice, cls.bill = cls._invoice(500), cls._bill(400)
        cls.set_offs = {cls.invoice: 30000, cls.bill: 30000}

    def _copy_the_database(self):
        self.env["ir.config_parameter"].set_param("database.uuid", ELSEWHERE)
        self.env.invalidate_all()

    def test_a_copy_answers_no_statement_and_says_why(self):
        self._round(self.set_offs, approve=False)
        statement = self._statement()
        self.assertFalse(statement.silence)
        self._copy_the_database()
        self.assertIn("is a copy", statement.silence)
        for answer in (statement.action_approve, lambda: statement.action_refuse("No."), self._strike(statement)):
            with self.assertRaisesRegex(UserError, "neither approves nor books"):
                answer()
        self.assertFalse(statement.answer)

    def _strike(self, statement):
        return statement.line_ids[:1].action_strike

    def test_a_copy_books_nothing_even_by_hand_and_the_confirmed_copy_does(self):
        amounts = self._round(self.set_offs)
        self.company.hard_lock_date = "2026-12-31"
        self.engine.decide(amounts)
        self._exchange()
        notice = self._notices()
        self.assertEqual(notice.state, "blocked")
        self._copy_the_database()
        notice.with_user(self.approver).action_book_at_open_date()
        self.assertFalse(notice.move_ids)
        self.assertIn("neither approves nor books", notice.error)
        self.membership.with_user(self.administrator).action_confirm_copy()
        self.env.invalidate_all()
        notice.with_user(self.approver).action_book_at_open_date()
        self.assertEqual((notice.state, len(notice.move_ids)), ("booked", 1))

    def test_a_neutralized_copy_sends_nothing_not_even_what_was_waiting(self):
        self._round(self.set_offs, approve=False)
        self.engine.mood = "down"
        self._statement().action_approve()
        self.engine.mood = None
        asked = len(self.engine.requests)
        self.env.flush_all()
        for query in get_neutralization_queries(["bizoverbiz_network", "bizoverbiz_compensation"]):
            self.env.cr.execute(query)
        self.env.invalidate_all()
        with self.enter_registry_test_mode():
            self.env.ref("bizoverbiz_network.ir_cron_exchange").method_direct_trigger()
        with self.assertRaisesRegex(UserError, "takes part in no network"):
            self._statement().sudo()._send_answer()
        self.assertEqual(len(self.engine.requests), asked)
        self.assertEqual(self._statement().answer_state, "to_send")

    def test_while_two_copies_are_in_doubt_notices_come_and_are_not_booked(self):
        amounts = self._round(self.set_offs)
        self.engine.decide(amounts)
        known = self.engine.members[self.membership.keyid]["member"]
        known["in_doubt_since"] = "2026-11-22T10:00:00Z"
        self._exchange()
        notice = self._notices()
        self.assertEqual((notice.state, notice.move_ids.ids), ("blocked", []))
        self.assertIn("which one is live", notice.silence)
        self.membership.with_user(self.administrator).action_confirm_copy()
        self._exchange()
        self.assertEqual(notice.state, "booked")
        self.assertFalse(notice.silence)
