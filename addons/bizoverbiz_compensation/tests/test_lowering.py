from contextlib import contextmanager
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import SetOffCase


@tagged("post_install", "-at_install")
class TestLowering(SetOffCase):
    """What the books no longer support leaves the approval with the transaction that changes the books."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.invoice, cls.other = cls._invoice(500), cls._invoice(80)
        cls.bill = cls._bill(400)

    def setUp(self):
        super().setUp()
        self._round({self.invoice: 30000, self.other: 5000, self.bill: 35000})
        self.env.flush_all()

    def _approved(self, *moves):
        """As the next transaction sees it."""
        self.env.cr.flush()
        lines = self._statement().line_ids
        return [lines.filtered(lambda line, move=move: line.move_id == move).approved for move in moves]

    def _pay(self, moves, amount=None, **values):
        wizard = self.env["account.payment.register"].with_context(active_model="account.move", active_ids=moves.ids)
        return wizard.create({**({"amount": amount} if amount else {}), **values})._create_payments()

    def test_a_payment_lowers_at_once_and_the_answer_waits_to_be_sent(self):
        self._pay(self.invoice, 350)
        self.assertEqual(self._approved(self.invoice, self.other, self.bill), [150.0, 50.0, 350.0])
        statement = self._statement().sudo()
        self.assertEqual(statement.answer_state, "to_send")
        self.assertIn(self.invoice.name, statement.message_ids[0].body)
        self.assertEqual(len(self.engine.sent("/answer")), 1, "nothing is sent from the transaction that pays")
        self.assertTrue(self._is_exchange_triggered())
        self._exchange()
        held = {line["reference"]: line["approved"] for line in self.engine.statements[-1]["lines"]}
        self.assertEqual(held[self._reference(self.invoice)], 15000)

    def test_several_invoices_in_one_payment_are_lowered_together(self):
        self._pay(self.invoice | self.other, group_payment=True)
        self.assertEqual(self._approved(self.invoice, self.other, self.bill), [0.0, 0.0, 350.0])
        self.assertEqual(len(self._statement().sudo().message_ids.filtered(lambda m: "lowered" in m.body)), 1)

    def test_a_part_of_several_invoices_lowers_those_it_is_imputed_to(self):
        self._pay(self.invoice | self.other, 560, group_payment=True)
        self.assertEqual(sum(self._approved(self.invoice, self.other)), 20.0)

    def test_a_payment_of_what_is_not_approved_lowers_nothing(self):
        self._pay(self.invoice, 200)
        self.assertEqual(self._approved(self.invoice), [300.0])
        self.assertEqual(self._statement().answer_state, "sent")

    def test_a_credit_note_lowers_before_anybody_reconciles_it(self):
        self._invoice(330, "out_refund", reversed_entry_id=self.invoice.id)
        self.assertEqual(self._approved(self.invoice), [170.0])

    def test_a_dispute_lowers_by_its_amount_and_a_blocked_payment_by_the_whole(self):
        self.env["bizoverbiz.dispute"].with_user(self.accountant).create(
            {
                "move_id": self.bill.id,
                "reason_id": self.env.ref("bizoverbiz_compensation.dispute_reason_pu_err").id,
                "amount": 150,
            }
        ).action_mark()
        self.assertEqual(self._approved(self.bill), [250.0])
        self.bill.action_toggle_block_payment()
        self.assertEqual(self._approved(self.bill), [0.0])

    def test_what_is_kept_out_of_set_off_leaves_the_approval(self):
        self.other.bizoverbiz_withheld = "factored"
        self.bill.write({"bizoverbiz_withheld": "retention", "bizoverbiz_withheld_amount": 100})
        self.assertEqual(self._approved(self.other, self.bill), [0.0, 300.0])

    def test_an_invoice_put_back_to_draft_leaves_the_approval(self):
        self.other.button_draft()
        self.assertEqual(self._approved(self.other), [0.0])

    def test_a_payment_without_an_entry_lowers_too(self):
        self.patch(type(self.env["account.move"]), "_get_invoice_in_payment_state", lambda move: "in_payment")
        journal = self.company_data["default_journal_bank"].copy({"name": "Bank without entries", "code": "BWE"})
        journal.inbound_payment_method_line_ids.payment_account_id = False
        payment = self._pay(self.invoice, 450, journal_id=journal.id)
        self.assertFalse(payment.move_id)
        self.assertEqual(self._approved(self.invoice), [50.0])

    def test_a_payment_that_is_rolled_back_lowers_nothing(self):
        with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
            self._pay(self.invoice, 500)
            raise ZeroDivisionError
        self.assertEqual(self._approved(self.invoice), [300.0])

    def test_a_payment_is_kept_although_lowering_fails(self):
        logger = "odoo.addons.bizoverbiz_compensation.models.bizoverbiz_statement_lowering"
        with self._broken_lowering(), mute_logger(logger):
            self._pay(self.invoice, 500)
            self.assertEqual(self._approved(self.invoice), [300.0])
        self.assertEqual(self.invoice.amount_residual, 0.0)
        self._exchange()
        self.assertEqual(self._approved(self.invoice), [0.0], "the next exchange makes up for it")

    def test_a_running_exchange_is_not_disturbed_and_the_next_one_lowers(self):
        with patch.object(type(self.membership), "try_lock_for_update", lambda record, **_how: record.browse()):
            self._pay(self.invoice, 500)
            self.assertEqual(self._approved(self.invoice), [300.0])
        self.assertTrue(self._is_exchange_triggered())
        self._exchange()
        self.assertEqual(self._approved(self.invoice), [0.0])

    def test_what_is_decided_is_not_lowered_any_more(self):
        self.engine.decide(
            {self._reference(self.invoice): 30000, self._reference(self.other): 5000, self._reference(self.bill): 35000}
        )
        self.engine.broken = {"statements"}
        self._exchange(expect=False)
        self.assertEqual(self._notices().state, "booked")
        self.assertEqual(self._statement().state, "approved", "its decision has not been mirrored yet")
        self._pay(self.invoice, 200)
        self.assertEqual(self._approved(self.invoice), [300.0])
        self.assertEqual(self._statement().answer_state, "sent")

    def test_the_number_of_queries_does_not_grow_with_what_is_paid(self):
        self.env["bizoverbiz.statement.line"].sudo().search([]).write({"approved": 0})

        def queries(moves):
            self._pay(moves, group_payment=True)
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            self.env.cr.precommit.run()
            return self.env.cr.sql_log_count - before

        self.assertLessEqual(queries(self._invoice(10) | self._invoice(11)), 1)
        self.assertLessEqual(queries(self._invoice(12) | self._invoice(13) | self._invoice(14) | self._invoice(15)), 1)

    def _is_exchange_triggered(self):
        cron = self.env.ref("bizoverbiz_network.ir_cron_exchange")
        return bool(self.env["ir.cron.trigger"].sudo().search([("cron_id", "=", cron.id)]))

    @contextmanager
    def _broken_lowering(self):
        def broken(_model, _watched):
            raise RuntimeError("broken")

        with patch.object(type(self.env["bizoverbiz.statement"]), "_watched_partners", broken):
            yield
