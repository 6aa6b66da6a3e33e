from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import CommitmentCase


@tagged("post_install", "-at_install")
class TestDraft(CommitmentCase):
    """The figures are those of docs/worked-examples.md, 11: a draft is settled as an order is, to the cent."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.invoice, cls.bill = (
            cls._sale(
                (cls.goods, 2345.67, "20% G"),
                (cls.goods, 987.65, "5.5% G"),
                move_type=move_type,
                post=False,
                due="2027-03-31",
                invoice_date="2026-11-01",
                ref=False,
            )
            for move_type in ("out_invoice", "in_invoice")
        )

    def test_deposits_on_a_draft_invoice_are_invoiced_and_deducted_by_the_draft(self):
        commitment = self._confirmed(self.invoice)
        self.assertRecordValues(commitment, [{"side": "receivable", "amount": 3856.77, "partner_id": self.customer.id}])
        self.assertEqual((str(commitment.agreed_on), str(commitment.due_date)), ("2026-11-01", "2027-03-31"))
        self.assertIn(f"1 × {self.goods.name}", commitment.description)
        notice = self._set_off_commitment(commitment, 260000)
        self.assertEqual(notice.state, "booked", notice.error)
        deposit = self._deposit_of(notice)
        self.assertEqual(self._items(deposit), {"411": 2600.0, "4191": -2247.12, "44571": -352.88})
        self.assertEqual(self._items(notice.move_id), {"401": 2600.0, "411": -2600.0})
        self.assertRecordValues(deposit, [{"payment_state": "paid", "invoice_date": notice.decision_date}])
        self.assertIn(commitment.reference, str(deposit.narration))
        self.assertIn(self.goods.name, deposit.invoice_line_ids[0].name)
        self.assertEqual((self.invoice.state, self.invoice.amount_total), ("draft", 1256.77))
        self._exchange()
        second = self._deposit_of(
            self._set_off_commitment(commitment, 100000, number=2, decided_at="2026-11-22T11:00:00Z")
        )
        self.assertEqual(self._items(second), {"411": 1000.0, "4191": -864.28, "44571": -135.72})
        self.assertEqual(self.invoice.amount_total, 256.77, "both are deducted")
        self.invoice.write({"invoice_date": "2026-11-25", "invoice_date_due": "2026-12-25"})
        self.invoice.action_post()
        self.assertEqual(self._items(self.invoice), {"411": 256.77, "4191": 3111.40, "44571": -34.85, "707": -3333.32})
        deduction = self.invoice.invoice_line_ids.filtered("bizoverbiz_deposit_line_id")[:1]
        self.assertIn(deposit.name, deduction.name)
        self.assertEqual(self.invoice._bizoverbiz_preceding(), deposit | second)
        self.assertEqual(self.invoice._bizoverbiz_edi_values()["process"], "B4")
        for content in (self._ubl(deposit), self._cii(deposit)):
            self.assertEqual(self._terms(content)["BT-3"], "386")
        self._exchange()
        declared = self._declared()[self.invoice.name]
        self.assertEqual((declared["amount_open"], declared["commitment"]), (25677, commitment.reference))
        self.assertNotIn(deposit.name, self._declared())

    def test_a_draft_that_deducts_another_deposit_is_an_agreed_sale_over_the_rest(self):
        """Such as one that was invoiced before the addon was uninstalled: nothing may be set off of it twice."""
        self._set_off_commitment(self._confirmed(self.invoice), 260000)
        self.assertEqual(self.env["bizoverbiz.commitment"]._agreed_total(self.invoice), 3856.77)
        self.invoice.invoice_line_ids.bizoverbiz_deposit_line_id = False
        self.assertEqual(self.env["bizoverbiz.commitment"]._agreed_total(self.invoice), 1256.77)

    def test_a_deposit_on_a_draft_bill_waits_on_4091_and_is_deducted_by_the_draft(self):
        commitment = self._confirmed(self.bill)
        notice = self._set_off_commitment(commitment, 260000)
        self.assertEqual(self._items(notice.move_id), {"4091": 2600.0, "411": -2600.0})
        self.assertFalse(self.bill.bizoverbiz_may_be_deposit, "and nothing invites to book it as one")
        with self.assertRaisesRegex(UserError, "the deposit bill is another one"):
            self.bill.action_bizoverbiz_make_deposit_bill()
        deposit = self.env["account.move"].browse(commitment.action_draft_deposit_bill()["res_id"])
        deposit.ref = "QR/ACO/1"
        deposit.action_post()
        self.assertEqual(self._items(deposit), {"401": -2600.0, "4091": 2247.12, "44566": 352.88})
        self.assertEqual((deposit.payment_state, commitment.open_deposit), ("paid", 0.0))
        self.assertEqual(self.bill.amount_total, 1256.77)
        self.bill.write({"ref": "QR/2", "invoice_date": "2026-11-25"})
        self.bill.action_post()
        self.assertEqual(self._items(self.bill), {"401": -1256.77, "4091": -2247.12, "44566": 170.57, "607": 3333.32})
        everything = notice.move_id | deposit | deposit.bizoverbiz_takeover_ids | self.bill
        self.assertNotIn("4091", self._items(everything), "nothing is left")

    def test_a_draft_bill_posted_without_a_deposit_bill_takes_the_deposit_over(self):
        commitment = self._confirmed(self.bill)
        self._set_off_commitment(commitment, 260000)
        self.bill.ref = "QR/2"
        self.bill.action_post()
        self.assertRecordValues(self.bill, [{"amount_residual": 1256.77, "bizoverbiz_set_off": 2600.0}])
        self.assertEqual(commitment.open_deposit, 0.0)

    def test_a_draft_that_is_posted_is_an_invoice_which_a_late_decision_settles(self):
        commitment = self._confirmed(self.invoice)
        bill = self._bill(2600)
        self._exchange()
        amounts = {self._reference(bill): 260000, commitment.reference: 260000}
        self.engine.propose(amounts)
        self._exchange()
        self._statement().action_approve()
        self.invoice.action_post()
        self.assertEqual(self.invoice.amount_total, 3856.77)
        self._exchange()
        self.assertEqual(self._declared()[self.invoice.name]["commitment"], commitment.reference)
        self.engine.decide(amounts)
        self._exchange()
        notice = self._notices()[-1:]
        self.assertEqual((notice.state, self._deposit_of(notice)), ("booked", self.invoice), notice.error)
        self.assertEqual((self.invoice.amount_residual, self.invoice.bizoverbiz_set_off), (1256.77, 2600.0))

    def test_a_cancelled_draft_is_withdrawn_and_its_deposit_credited(self):
        commitment = self._confirmed(self.invoice)
        deposit = self._deposit_of(self._set_off_commitment(commitment, 260000))
        with self.assertRaises(UserError) as refused:
            self.invoice.unlink()
        self.assertIn("cancel it instead of deleting it", str(refused.exception))
        self.invoice.button_cancel()
        credit = deposit.reversal_move_ids
        self.assertEqual(self._items(credit), {"411": -2600.0, "4191": 2247.12, "44571": 352.88})
        self.assertEqual((commitment.state, credit.bizoverbiz_owed_back), ("withdrawn", True))
        self.assertEqual(self._commit(self.invoice), commitment, "what was set off of it stays its own")
        self.invoice.button_draft()
        self.invoice.action_post()
        self.assertEqual(self.invoice.amount_total, 3856.77, "a deposit that was credited is not deducted")

    def test_a_deleted_draft_is_withdrawn(self):
        commitment = self._confirmed(self.bill)
        self.bill.unlink()
        self.assertRecordValues(commitment, [{"state": "withdrawn", "invoice_id": False}])
        self.assertIsNone(self.engine.commitments[commitment.reference]["own"])

    def test_only_an_approver_commits_the_firm_by_a_draft(self):
        self.approver.group_ids -= self.env.ref("bizoverbiz_network.group_approver")
        self.approver.group_ids += self.env.ref("bizoverbiz_network.group_user")
        with self.assertRaises(AccessError):
            self._commit(self.bill)

    def test_a_draft_that_cannot_be_designated_or_bear_the_deposit_is_refused(self):
        commitment = self._confirmed(self.invoice)
        line = self.bill.invoice_line_ids[0]
        line.name = False
        with self.assertRaisesRegex(UserError, "Line 1 of .* has no product or no description"):
            self._commit(self.bill)
        line.name = "Pump"
        other = self._commit(self.bill)
        other.amount = 3000
        with self.assertRaisesRegex(UserError, "Both sides register the order's total"):
            other.action_register()
        other.write({"invoice_id": self.invoice.id, "amount": 3856.77})
        with self.assertRaisesRegex(UserError, "cannot stand behind this commitment"):
            other.action_register()
        order = self._agreed("sale.order", (5000, "20% G"))
        invoice = order._create_invoices()
        self.assertEqual(self._commit(invoice).sale_order_id, order, "the order is registered")
        self.invoice.invoice_line_ids[0].price_unit = 1000
        notice = self._set_off_commitment(commitment, 260000)
        self.assertRecordValues(notice, [{"state": "blocked", "obstacle": "invoice"}])
        self.assertIn("complete the draft", notice.error)
        self.invoice.invoice_line_ids[0].price_unit = 2345.67
        notice.with_user(self.approver).action_book()
        self.assertEqual(notice.state, "booked", notice.error)

    # Drafts made from an order

    def test_a_draft_invoice_made_before_the_set_off_deducts_the_deposit_and_gives_it_up_with_it(self):
        order = self._agreed("sale.order", (2345.67, "20% G"), (987.65, "5.5% G"))
        commitment = self._confirmed(order)
        draft = order._create_invoices()
        deposit = self._deposit_of(self._set_off_commitment(commitment, 260000))
        self.assertEqual(draft.amount_total, 1256.77)
        self.assertEqual(draft._bizoverbiz_preceding(), deposit)
        self.assertEqual(set(order.order_line.mapped("qty_to_invoice")), {0.0}, "nothing is left to invoice")
        draft.action_post()
        self.assertEqual(self._items(draft), {"411": 1256.77, "4191": 2247.12, "44571": -170.57, "707": -3333.32})
        draft.button_draft()
        deposit._bizoverbiz_credit_deposits()
        self.assertEqual(draft.amount_total, 3856.77, "a deposit that was credited is not deducted")

    def test_a_draft_over_less_than_the_deposit_says_that_it_does_not_deduct_it(self):
        order = self._agreed("sale.order", (2345.67, "20% G"), (987.65, "5.5% G"))
        commitment = self._confirmed(order)
        draft = order._create_invoices()
        draft.invoice_line_ids[0].unlink()
        self._set_off_commitment(commitment, 260000)
        self.assertEqual(draft.amount_total, 1041.97)
        self.assertIn("does not deduct", "".join(map(str, draft.message_ids.mapped("body"))))

    def test_a_draft_bill_made_before_the_deposit_bill_deducts_it(self):
        order = self._agreed("purchase.order", (2345.67, "20% G"), (987.65, "5.5% G"))
        commitment = self._confirmed(order)
        bill = self.env["account.move"].browse(order.action_create_invoice()["res_id"])
        notice = self._set_off_commitment(commitment, 260000)
        deposit = self.env["account.move"].browse(commitment.action_draft_deposit_bill()["res_id"])
        deposit.ref = "QR/ACO/1"
        deposit.action_post()
        self.assertEqual(bill.amount_total, 1256.77)
        bill.write({"ref": "QR/2", "invoice_date": "2026-11-25"})
        bill.action_post()
        self.assertEqual(self._items(bill), {"401": -1256.77, "4091": -2247.12, "44566": 170.57, "607": 3333.32})
        everything = notice.move_id | deposit | deposit.bizoverbiz_takeover_ids | bill
        self.assertNotIn("4091", self._items(everything), "nothing is left")

    def test_an_order_invoiced_before_the_decision_is_settled_by_the_set_off_itself(self):
        for model, cents in (("sale.order", 260000), ("purchase.order", 240000)):
            with self.subTest(model):
                order = self._agreed(model, (2345.67, "20% G"), (987.65, "5.5% G"))
                commitment = self._confirmed(order)
                final = (
                    order._create_invoices()
                    if model == "sale.order"
                    else self.env["account.move"].browse(order.action_create_invoice()["res_id"])
                )
                final.write({"ref": f"QR-F-{cents}", "invoice_date": "2026-11-20"})
                final.action_post()
                number = len(self._notices()) + 1
                decided_at = f"2026-11-22T1{number}:00:00Z"
                notice = self._set_off_commitment(commitment, cents, number=number, decided_at=decided_at)
                self.assertEqual(self._deposit_of(notice), final)
                self.assertEqual(final.bizoverbiz_set_off, cents / 100)
                self.assertFalse(notice.excess)
