from odoo.tests import tagged

from .common import CommitmentCase


@tagged("post_install", "-at_install")
class TestReversal(CommitmentCase):
    """docs/worked-examples.md, 15: what was set off of a commitment is opened again, and no deposit stays behind."""

    def _set_off_and_reverse(self, order, before_reversal=lambda: None, cents=450000):
        """Set 4,500.00 off of the order and open it again, or so many cents of it; returns both notices."""
        self.commitment = self._confirmed(order)
        first = self._set_off_commitment(self.commitment, 450000)
        self._exchange()
        before_reversal()
        amounts = {line["reference"] or line["number"]: cents for line in self.decided["lines"]}
        statement = self.engine.propose_reversal(self.decided, amounts)
        self._exchange()
        self._statement().action_approve()
        self.engine.decide_reversal(statement)
        self._exchange()
        return first, self._notices()[-1:]

    def test_the_sellers_deposit_is_credited_and_nothing_is_declared_twice(self):
        order = self._agreed("sale.order", (5000, "20% G"))
        first, reversal = self._set_off_and_reverse(order)
        self.assertEqual(reversal.state, "booked", reversal.error)
        deposit = first.line_ids.filtered("commitment_id").move_id
        credit = deposit.reversal_move_ids
        self.assertRecordValues(
            credit, [{"state": "posted", "payment_state": "paid", "invoice_date": reversal.move_id.date}]
        )
        self.assertEqual(deposit.amount_residual, 0.0)
        self.assertEqual(self._items(first.move_id | reversal.move_id | deposit | credit), {})
        self.assertIn(credit.name, "".join(map(str, deposit.message_ids.mapped("body"))))
        deducted = order.order_line.filtered(lambda line: line.is_downpayment and not line.display_type)
        self.assertEqual((self.commitment.set_off, deducted.qty_invoiced), (0.0, 0.0))
        self._exchange()
        self.assertFalse({deposit.name, credit.name} & self._declared().keys())
        self.assertEqual(order._create_invoices(final=True).amount_total, 6000.0)

    def test_a_deposit_that_the_final_invoice_deducts_is_owed_again(self):
        order = self._agreed("sale.order", (5000, "20% G"))
        first, reversal = self._set_off_and_reverse(order, lambda: order._create_invoices(final=True).action_post())
        self.assertEqual(reversal.state, "booked", reversal.error)
        deposit = first.line_ids.filtered("commitment_id").move_id
        self.assertFalse(deposit.reversal_move_ids)
        self.assertEqual(deposit.amount_residual, 4500.0)
        self.assertIn("is owed again", "".join(map(str, deposit.message_ids.mapped("body"))))
        self._exchange()
        self.assertEqual(self._declared()[deposit.name]["amount_open"], 450000)

    def test_a_deposit_that_is_opened_again_in_part_stays_invoiced_and_is_owed_for_that_part(self):
        order = self._agreed("sale.order", (5000, "20% G"))
        first, reversal = self._set_off_and_reverse(order, cents=100000)
        self.assertEqual(reversal.state, "booked", reversal.error)
        deposit = first.line_ids.filtered("commitment_id").move_id
        self.assertFalse(deposit.reversal_move_ids)
        self.assertEqual((deposit.amount_residual, self.commitment.set_off), (1000.0, 3500.0))
        self.assertIn("is owed again", "".join(map(str, deposit.message_ids.mapped("body"))))
        self._exchange()
        self.assertEqual(self._declared()[deposit.name]["amount_open"], 100000)
        self.assertEqual(order._create_invoices(final=True).amount_total, 1500.0, "the whole deposit is deducted")

    def test_a_locked_sales_journal_blocks_the_reversal_that_would_credit(self):
        order = self._agreed("sale.order", (5000, "20% G"))

        def lock():
            self.company.sale_lock_date = "2026-11-25"

        first, reversal = self._set_off_and_reverse(order, lock)
        self.assertRecordValues(reversal, [{"state": "blocked", "obstacle": "lock"}])
        self.assertFalse(first.line_ids.filtered("commitment_id").move_id.reversal_move_ids)

    def test_the_buyers_deposit_is_taken_off_4091(self):
        first, reversal = self._set_off_and_reverse(self._agreed("purchase.order", (5000, "20% G")))
        self.assertEqual(reversal.state, "booked", reversal.error)
        self.assertEqual(self._items(reversal.move_id), {"4091": -4500.0, "411": 4500.0})
        self.assertEqual((self.commitment.open_deposit, reversal.excess), (0.0, 0.0))
        self.assertTrue(all(first.move_id.line_ids.mapped("reconciled")))

    def test_the_buyers_deposit_that_is_opened_again_in_part_waits_on_4091_for_the_rest(self):
        first, reversal = self._set_off_and_reverse(self._agreed("purchase.order", (5000, "20% G")), cents=100000)
        self.assertEqual(reversal.state, "booked", reversal.error)
        self.assertEqual(self._items(reversal.move_id), {"4091": -1000.0, "411": 1000.0})
        self.assertEqual((self.commitment.open_deposit, self.commitment.set_off), (3500.0, 3500.0))
        self.assertEqual(self._items(first.move_id | reversal.move_id), {"4091": 3500.0, "411": -3500.0})

    def test_a_bill_that_took_the_deposit_over_is_open_until_its_credit_note(self):
        order = self._agreed("purchase.order", (5000, "20% G"))

        def enter_bill():
            self.bill = self.env["account.move"].browse(self.commitment.action_draft_deposit_bill()["res_id"])
            self.bill.ref = "QR/ACO/1"
            self.bill.action_post()
            self.assertEqual(self.bill.payment_state, "paid")

        _first, reversal = self._set_off_and_reverse(order, enter_bill)
        self.assertEqual(reversal.state, "booked", reversal.error)
        self.assertEqual((self.bill.amount_residual, self.commitment.open_deposit), (4500.0, 0.0))
        self.assertIn("credit note", "".join(map(str, self.bill.message_ids.mapped("body"))))
        credit = self.bill._reverse_moves([{"ref": "QR/AV/1", "invoice_date": "2026-11-25"}], cancel=False)
        credit.action_post()
        self.assertEqual((self.bill.amount_residual, credit.amount_residual), (0.0, 0.0))
        self._exchange()
        self.assertFalse({"QR/ACO/1", "QR/AV/1"} & self._declared().keys())
