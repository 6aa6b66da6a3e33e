import json

from freezegun import freeze_time
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import SetOffCase


@tagged("post_install", "-at_install")
class TestStatement(SetOffCase):
    def setUp(self):
        super().setUp()
        self.invoice, self.other = self._invoice(500), self._invoice(80)
        self.bill = self._bill(400)

    def _proposed(self, **proposal):
        self._round({self.invoice: 30000, self.other: 5000, self.bill: 35000}, approve=False, **proposal)
        return self._statement()

    def _line(self, move, user=None):
        return self._statement(user).line_ids.filtered(lambda line: line.move_id == move)

    def _answers(self):
        return [json.loads(request.body) for request in self.engine.sent("/answer")]

    def _approved_at_engine(self):
        return {line["reference"]: line["approved"] for line in self.engine.statements[-1]["lines"]}

    def _pay(self, move, amount):
        self.env["account.payment.register"].with_context(active_model="account.move", active_ids=move.ids).create(
            {"amount": amount}
        )._create_payments()

    def test_a_statement_arrives_with_equal_totals_and_an_activity_for_approvers(self):
        statement = self._proposed()
        self.assertRecordValues(
            statement, [{"state": "proposed", "receivable": 350.0, "payable": 350.0, "at_most": 350.0, "is_open": True}]
        )
        self.assertRecordValues(
            self._line(self.invoice),
            [
                {
                    "partner_id": self.customer.id,
                    "number": self.invoice.name,
                    "days_late": 22,
                    "amount_open": 500.0,
                    "ceiling": 500.0,
                    "proposed": 300.0,
                    "approved": 300.0,
                    "approval_limit": 0.0,
                    "remaining": 200.0,
                }
            ],
        )
        self.assertEqual(statement.payable_line_ids.move_id, self.bill)
        self.assertIn(self.approver, statement.sudo().activity_ids.user_id)
        self.assertNotIn(self.accountant, statement.sudo().activity_ids.user_id)

    def test_approving_sends_every_proposed_line_up_to_what_the_accountant_saw(self):
        statement = self._proposed()
        self.assertIs(statement.action_approve(), True)
        self.assertEqual(
            self._answers(),
            [
                {
                    "answer": "approve",
                    "answered_by": "approver@morin.example",
                    "lines": [
                        {"id": line.uuid, "approved": int(line.proposed * 100)} for line in statement.sudo().line_ids
                    ],
                }
            ],
        )
        self.assertRecordValues(statement, [{"state": "approved", "answer_state": "sent"}])
        self.assertEqual(self._line(self.invoice).approval_limit, 300.0)
        self.assertFalse(statement.sudo().activity_ids)

    def test_struck_and_lowered_lines_are_approved_for_less(self):
        statement = self._proposed()
        self._line(self.other).action_strike()
        statement.write({"receivable_line_ids": [(1, self._line(self.invoice).id, {"approved": 120.5})]})
        self.assertEqual(self._line(self.other).struck, True)
        self.assertRecordValues(
            statement, [{"approved_receivable": 120.5, "approved_payable": 350.0, "at_most": 120.5}]
        )
        statement.action_approve()
        self.assertEqual(
            self._approved_at_engine(),
            {self._reference(self.invoice): 12050, self._reference(self.other): 0, self._reference(self.bill): 35000},
        )

    def test_a_struck_line_comes_back_before_the_answer_and_not_after(self):
        statement = self._proposed()
        line = self._line(self.other)
        line.action_strike()
        line.action_restore()
        self.assertEqual(line.approved, 50.0)
        line.action_strike()
        statement.action_approve()
        with self.assertRaisesRegex(UserError, "never raised"):
            line.action_restore()

    def test_striking_after_the_approval_lowers_it_at_once(self):
        self._proposed().action_approve()
        self._line(self.other).action_strike()
        self.assertEqual(self._approved_at_engine()[self._reference(self.other)], 0)
        self.assertEqual(self._line(self.other).approval_limit, 0.0)

    def test_an_approved_amount_never_exceeds_the_ceiling(self):
        self._proposed()
        for amount in (500.01, -0.01):
            with self.assertRaisesRegex(UserError, "between 0 and"):
                self._line(self.invoice).approved = amount

    def test_refusing_takes_a_reason_and_is_final(self):
        statement = self._proposed()
        with self.assertRaisesRegex(UserError, "Say why"):
            statement.action_refuse("  ")
        wizard = (
            self.env["bizoverbiz.refusal"]
            .with_user(self.approver)
            .create({"statement_ids": statement.ids, "reason": "Customer under review"})
        )
        wizard.action_refuse()
        self.assertRecordValues(statement, [{"state": "refused", "reason": "Customer under review"}])
        self.assertEqual(self.engine.statements[-1]["reason"], "Customer under review")
        with self.assertRaisesRegex(UserError, "settled"):
            statement.action_approve()

    def test_a_refusal_may_follow_an_approval(self):
        statement = self._proposed()
        statement.action_approve()
        statement.action_refuse("We changed our mind")
        self.assertEqual(statement.state, "refused")
        self.assertEqual(self._line(self.invoice).approval_limit, 0.0)

    def test_after_the_deadline_nothing_is_sent(self):
        statement = self._proposed(deadline="2026-11-22T12:00:00Z")
        with freeze_time("2026-11-22 12:00:01"):
            statement.invalidate_recordset()
            self.assertFalse(statement.is_open)
            for action in (
                statement.action_approve,
                lambda: statement.action_refuse("late"),
                self._line(self.other).action_strike,
            ):
                with self.assertRaisesRegex(UserError, "deadline"):
                    action()
        self.assertFalse(self._answers())

    def test_the_engines_word_on_lateness_reaches_the_user_and_leaves_no_approval(self):
        statement = self._proposed()
        self.engine.too_late = True
        with self.assertRaisesRegex(UserError, "The deadline has passed"), self.env.cr.savepoint():
            statement.action_approve()
        self.assertFalse(statement.answer)
        self.assertEqual(self._line(self.invoice).approval_limit, 0.0)

    def test_without_the_right_nothing_can_be_answered(self):
        self._proposed()
        statement = self._statement(self.accountant)
        self.assertEqual(statement.receivable, 350.0)
        for action in (
            statement.action_approve,
            lambda: statement.action_refuse("no"),
            self._line(self.other, self.accountant).action_strike,
            lambda: self._line(self.other, self.accountant).write({"approved": 0}),
        ):
            with self.assertRaises(AccessError):
                action()
        self.assertFalse(self._answers())

    def test_the_proposal_cannot_be_written_by_an_approver(self):
        statement = self._proposed()
        for record, values in (
            (statement, {"state": "approved"}),
            (statement, {"deadline": "2027-01-01 00:00:00"}),
            (self._line(self.invoice), {"proposed": 500.0}),
            (self._line(self.invoice), {"approval_limit": 500.0}),
            (statement, {"receivable_line_ids": [(1, self._line(self.invoice).id, {"set_off": 1.0})]}),
        ):
            with self.assertRaises(AccessError):
                record.write(values)

    def test_an_approval_that_cannot_be_sent_is_kept_told_and_sent_later_with_the_same_key(self):
        statement = self._proposed()
        self.engine.broken = {"statements/[^/]+/answer"}
        told = statement.action_approve()
        self.assertIn("cannot be reached", told["params"]["message"])
        self.assertRecordValues(statement, [{"state": "proposed", "answer": "approve", "answer_state": "to_send"}])
        self.assertIn("cannot be reached", statement.sudo().message_ids[0].body)
        self.engine.broken = set()
        self._exchange()
        first, second = self.engine.sent("/answer")
        self.assertEqual(first.headers["Idempotency-Key"], second.headers["Idempotency-Key"])
        self.assertRecordValues(statement, [{"state": "approved", "answer_state": "sent"}])

    def test_an_approval_whose_answer_was_lost_counts_as_given(self):
        statement = self._proposed()
        self.engine.lossy = {"statements/[^/]+/answer"}
        statement.action_approve()
        self.assertEqual(statement.answer_state, "to_send")
        self.assertEqual(self._line(self.invoice).approval_limit, 300.0)

    def test_a_stored_answer_that_comes_too_late_is_told(self):
        statement = self._proposed()
        self.engine.broken = {"statements/[^/]+/answer"}
        statement.action_approve()
        self.engine.broken, self.engine.too_late = set(), True
        self._exchange()
        self.assertEqual(statement.answer_state, "refused")
        self.assertIn("The deadline has passed", statement.answer_error)

    def test_a_payment_lowers_the_approval_by_itself(self):
        self._proposed().action_approve()
        self._pay(self.invoice, 350)
        self._exchange()
        self.assertEqual(self._approved_at_engine()[self._reference(self.invoice)], 15000)
        self.assertEqual(self._line(self.invoice).approved, 150.0)
        self.assertIn(self.invoice.name, self._statement().sudo().message_ids[0].body)

    def test_a_dispute_takes_the_invoice_out_of_the_approval(self):
        self._proposed().action_approve()
        self.bill.action_toggle_block_payment()
        self._exchange()
        self.assertEqual(self._approved_at_engine()[self._reference(self.bill)], 0)

    def test_a_lowering_that_comes_too_late_restores_what_the_engine_holds(self):
        self._proposed().action_approve()
        self._pay(self.invoice, 500)
        self.engine.too_late = True
        self._exchange()
        line = self._line(self.invoice)
        self.assertEqual((line.approved, line.approval_limit), (300.0, 300.0))

    def test_silence_is_mirrored_as_a_refusal(self):
        statement = self._proposed()
        self.engine.statements[-1].update(state="refused", reason="No answer by the deadline.")
        self._exchange()
        self.assertRecordValues(statement, [{"state": "refused", "reason": "No answer by the deadline."}])
        self.assertFalse(statement.sudo().activity_ids)

    def test_the_engine_cannot_raise_an_approval(self):
        self._proposed()
        self.engine.statements[-1]["state"] = "approved"
        for line in self.engine.statements[-1]["lines"]:
            line["approved"] = line["ceiling"]
        self._exchange()
        self.assertEqual(self._line(self.invoice).approval_limit, 0.0)
