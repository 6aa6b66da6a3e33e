from odoo.exceptions import AccessError
from odoo.tests import Form, tagged

from .common import SetOffCase


@tagged("post_install", "-at_install")
class TestCorrection(SetOffCase):
    """An invoice issued in error is corrected by credit note and new invoice, set-offs staying where they are."""

    def _set_off(self, invoice, amount):
        return self._booked_round({invoice: round(amount * 100), self._bill(amount): round(amount * 100)})

    def _correct(self, invoice, modify=True):
        action = invoice.action_bizoverbiz_open_correction()
        form = Form(self.env[action["res_model"]].with_context(**action["context"]))
        self.assertIn("stays so", form.bizoverbiz_set_off_note)
        form.date = "2026-11-22"
        wizard = form.save()
        wizard.modify_moves() if modify else wizard.refund_moves()
        return invoice.reversal_move_ids, wizard.new_move_ids

    def test_the_credit_note_settles_what_is_open_and_leaves_the_rest_to_the_new_invoice(self):
        invoice = self._invoice(50000)
        notice = self._set_off(invoice, 45000)
        credit_note, new = self._correct(invoice)
        self.assertRecordValues(
            invoice | credit_note,
            [
                {"amount_residual": 0.0, "bizoverbiz_set_off": 45000.0, "state": "posted"},
                {"amount_residual": 45000.0, "bizoverbiz_set_off": 0.0, "state": "posted"},
            ],
        )
        self.assertTrue(all(notice.move_id.line_ids.mapped("reconciled")), "the set-off stays booked")
        new.invoice_line_ids.price_unit = 48000
        new.action_post()
        (new | credit_note).line_ids.filtered(
            lambda line: line.account_type == "asset_receivable" and not line.reconciled
        ).reconcile()
        self.assertEqual((new.amount_residual, credit_note.amount_residual), (3000.0, 0.0))

    def test_of_a_wholly_set_off_invoice_the_whole_credit_note_is_for_the_new_one(self):
        invoice = self._invoice(1200)
        notice = self._set_off(invoice, 1200)
        credit_note, new = self._correct(invoice)
        self.assertEqual((credit_note.amount_residual, new.state), (1200.0, "draft"))
        self.assertTrue(all(notice.move_id.line_ids.mapped("reconciled")))

    def test_a_plain_credit_note_stays_a_draft_for_the_accountant(self):
        invoice = self._invoice(1200)
        self._set_off(invoice, 200)
        credit_note, _new = self._correct(invoice, modify=False)
        self.assertEqual((credit_note.state, invoice.amount_residual), ("draft", 1000.0))

    def test_correcting_takes_the_right_to_change_invoices(self):
        invoice = self._invoice(100)
        with self.assertRaisesRegex(AccessError, "Correcting an invoice takes the right"):
            invoice.with_user(self.approver).action_bizoverbiz_open_correction()

    def test_an_invoice_without_set_off_is_cancelled_as_ever(self):
        invoice = self._invoice(100)
        credit_note = invoice._reverse_moves(cancel=True)
        self.assertEqual((invoice.amount_residual, credit_note.amount_residual), (0.0, 0.0))
        self.assertEqual(invoice.payment_state, "reversed")
