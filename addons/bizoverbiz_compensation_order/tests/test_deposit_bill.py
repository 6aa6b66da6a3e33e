from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import CommitmentCase


@tagged("post_install", "-at_install")
class TestDepositBill(CommitmentCase):
    def setUp(self):
        super().setUp()
        self.order = self._agreed("purchase.order", (5000, "20% G"))
        self.commitment = self._confirmed(self.order)
        self.notice = self._set_off_commitment(self.commitment, 450000)

    def _incoming(self, price, **values):
        return self._sale((self.goods, price, "20% G"), move_type="in_invoice", post=False, due=False, **values)

    def test_a_bill_that_names_the_order_takes_the_deposit_over_and_gives_it_back_as_a_draft(self):
        bill = self._incoming(5000, invoice_origin=self.order.name)
        bill.action_post()
        self.assertEqual(bill.bizoverbiz_commitment_id, self.commitment.sudo())
        self.assertRecordValues(bill, [{"amount_residual": 1500.0, "bizoverbiz_set_off": 4500.0}])
        [paid] = bill.invoice_payments_widget["content"]
        self.assertEqual((paid["is_set_off"], paid["set_off_notice"]), (True, self.notice.reference))
        self.assertEqual(self.commitment.open_deposit, 0.0)
        bill.button_draft()
        self.assertEqual(self.commitment.open_deposit, 4500.0)
        self.assertFalse(bill.bizoverbiz_takeover_ids)
        bill.action_post()
        self.assertEqual(bill.amount_residual, 1500.0)

    def test_an_imported_deposit_bill_is_booked_as_one_and_only_for_the_whole_deposit(self):
        bill = self._incoming(3750, narration=f"Deposit invoice, commitment {self.commitment.reference}.")
        bill.bizoverbiz_commitment_id = self.commitment
        self.assertTrue(bill.bizoverbiz_may_be_deposit)
        bill.action_bizoverbiz_make_deposit_bill()
        self.assertEqual(bill.invoice_line_ids.account_id.code[:4], "4091")
        bill.action_post()
        self.assertEqual(bill.payment_state, "paid")
        self.assertTrue(bill._bizoverbiz_is_deposit())
        other = self._incoming(1000, ref="F-2")
        other.bizoverbiz_commitment_id = self.commitment
        self.assertFalse(other.bizoverbiz_may_be_deposit)
        with self.assertRaisesRegex(UserError, "A deposit bill is a draft over what was set off"):
            other.action_bizoverbiz_make_deposit_bill()

    def test_a_final_bill_that_deducts_the_deposit_itself_takes_nothing_over(self):
        bill = self._incoming(5000, invoice_origin=self.order.name)
        bill.write({"invoice_line_ids": [Command.create({"name": "Deposit", "quantity": -1, "price_unit": 3750})]})
        bill.action_post()
        self.assertFalse(bill.bizoverbiz_takeover_ids)
        self.assertIn("enter the deposit bill", "".join(map(str, bill.message_ids.mapped("body"))))
        self.assertEqual(self.commitment.open_deposit, 4500.0)
