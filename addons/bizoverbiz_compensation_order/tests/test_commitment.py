from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .common import CommitmentCase


@tagged("post_install", "-at_install")
class TestCommitment(CommitmentCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sale = cls._agreed("sale.order", (5000, "20% G"))
        cls.purchase = cls._agreed("purchase.order", (5000, "20% G"))

    def test_an_order_says_what_the_commitment_is_about_and_the_network_makes_its_reference(self):
        commitment = self._commit(self.sale)
        self.assertRecordValues(
            commitment,
            [{"state": "draft", "side": "receivable", "amount": 6000.0, "partner_id": self.customer.id}],
        )
        self.assertEqual((str(commitment.agreed_on), str(commitment.due_date)), ("2026-11-01", "2027-03-31"))
        self.assertEqual(commitment.description, f"{self.sale.name}, 1 × Pump 1")
        commitment.action_register()
        self.assertRecordValues(commitment, [{"state": "one_sided", "reference": "7K2MW9RB41QXC"}])
        sent = self.engine.commitments["7K2MW9RB41QXC"]["own"]
        self.assertEqual((sent["amount"], sent["due_date"], sent["nettable"]), (600000, "2027-03-31", True))
        self.assertEqual(self._commit(self.sale), commitment, "an order has one commitment")

    def test_the_reference_is_written_to_the_partner(self):
        commitment = self._commit(self.sale)
        with self.assertRaisesRegex(UserError, "Register the commitment first"):
            commitment.action_share()
        commitment.action_register()
        context = commitment.action_share()["context"]
        template = self.env["mail.template"].browse(context["default_template_id"])
        self.assertIn("7K2MW9RB41QXC", template._render_field("body_html", commitment.ids)[commitment.id])

    def test_what_the_partner_registered_is_confirmed_with_ones_own_order(self):
        reference = self.engine.register_theirs(
            "payable",
            "542065479",
            currency="EUR",
            amount=600000,
            agreed_on="2026-11-01",
            due_date="2027-03-31",
            expires_on="2027-03-31",
            description="40 pumps",
            nettable=True,
        )
        self._exchange()
        commitment = self.env["bizoverbiz.commitment"].search([("reference", "=", reference)])
        self.assertRecordValues(
            commitment,
            [{"state": "to_confirm", "amount": 6000.0, "description": "40 pumps", "partner_id": self.vendor.id}],
        )
        self.assertTrue(commitment.activity_ids, "somebody is asked")
        commitment = commitment.with_user(self.approver)
        with self.assertRaisesRegex(UserError, "Choose the order"):
            commitment.action_register()
        commitment.purchase_order_id = self.purchase
        commitment.action_register()
        self.assertRecordValues(commitment, [{"state": "matched", "matched_amount": 6000.0}])
        other = self.engine.register_theirs("payable", "542065479", **self.engine.commitments[reference]["theirs"])
        self._exchange()
        self.engine.commitments.pop(other)
        self._exchange()
        withdrawn = self.env["bizoverbiz.commitment"].search([("reference", "=", other)])
        self.assertEqual(withdrawn.state, "withdrawn", "by the partner, before anybody confirmed it here")

    def test_a_reference_that_was_typed_joins_what_the_partner_registered(self):
        own = self._commit(self.purchase)
        own.reference = "b0b0 0000-0001t"
        theirs = {
            "currency": "EUR",
            "amount": 590000,
            "agreed_on": "2026-11-01",
            "due_date": "2027-03-31",
            "expires_on": "2027-03-31",
            "description": None,
            "nettable": True,
        }
        self.engine.register_theirs("payable", "542065479", reference="B0B000000001T", **theirs)
        self._exchange()
        self.assertRecordValues(own, [{"state": "draft", "their_amount": 5900.0, "reference": "B0B000000001T"}])
        own.action_register()
        self.assertEqual(own.state, "differs")
        self.assertIn("6,000.00", own.differences.replace("\xa0", " "))
        self.assertIn("5,900.00", own.differences.replace("\xa0", " "))
        other = self._commit(self._agreed("purchase.order", (5000, "20% G")))
        self.engine.register_theirs("payable", "542065479", reference="B0B000000002R", **theirs)
        self._exchange()
        other.reference = "B0B000000002R"
        self.assertEqual(self.env["bizoverbiz.commitment"].search_count([("reference", "=", "B0B000000002R")]), 1)

    def test_a_reference_with_a_slip_of_the_pen_is_refused(self):
        with self.assertRaisesRegex(ValidationError, "B0B000000001R is no reference"):
            self._commit(self.purchase).reference = "B0B000000001R"

    def test_a_line_without_description_is_refused_and_named(self):
        self.sale.order_line.name = " "
        with self.assertRaisesRegex(UserError, f"Line 1 of {self.sale.name}.*no description"):
            self._commit(self.sale)

    def test_what_is_not_agreed_too_small_or_another_amount_is_refused(self):
        draft = self.sale.copy()
        with self.assertRaisesRegex(UserError, "not agreed yet"):
            self._commit(draft)
        with self.assertRaisesRegex(UserError, "is set off once it is invoiced"):
            self._commit(self._agreed("sale.order", (800, "20% G"))).action_register()
        commitment = self._commit(self.sale)
        commitment.amount = 5000
        with self.assertRaisesRegex(UserError, "Both sides register the order's total"):
            commitment.action_register()

    def test_a_commitment_is_kept_while_the_network_cannot_be_reached(self):
        commitment = self._commit(self.sale)
        self.engine.mood = "down"
        self.assertEqual(commitment.action_register()["params"]["type"], "warning")
        self.assertEqual(commitment.state, "to_send")
        self.engine.mood = None
        self._exchange()
        self.assertEqual(commitment.state, "one_sided")
        keys = [request.headers["Idempotency-Key"] for request in self.engine.sent("commitments", "POST")]
        self.assertEqual(len(set(keys)), 1, "one registration, however often it is sent")

    def test_a_withdrawal_lowers_what_was_approved(self):
        commitment = self._confirmed(self.sale)
        bill = self._bill(2000)
        self._exchange()
        self.engine.propose({self._reference(bill): 200000, commitment.reference: 200000})
        self._exchange()
        line = self._statement().line_ids.filtered("commitment_id")
        self.assertRecordValues(
            line, [{"approved": 2000.0, "ceiling": 6000.0, "commitment_description": commitment.description}]
        )
        self._statement().action_approve()
        commitment.action_withdraw()
        self.assertEqual((commitment.state, line.approved), ("withdrawn", 0.0))
        self._exchange()
        self.assertIsNone(self.engine.commitments[commitment.reference]["own"])
        told = {line["number"]: line["approved"] for line in self.engine.statements[-1]["lines"]}
        self.assertEqual(told[commitment.reference], 0)

    def test_a_deposit_invoice_is_blocked_by_its_own_lock_and_issued_at_the_first_open_date(self):
        commitment = self._confirmed(self.sale)
        self.company.sale_lock_date = "2026-11-22"
        notice = self._set_off_commitment(commitment, 200000)
        self.assertRecordValues(notice, [{"state": "blocked", "obstacle": "lock"}])
        self.assertFalse(notice.line_ids.filtered("commitment_id").move_id, "nothing is issued")
        notice.with_user(self.approver).action_book_at_open_date()
        deposit = notice.line_ids.filtered("commitment_id").move_id
        self.assertEqual((notice.state, deposit.payment_state), ("booked", "paid"), notice.error)
        self.assertEqual(str(deposit.invoice_date), "2026-11-23")

    def test_a_cancelled_order_blocks_the_booking_until_it_is_confirmed_again(self):
        commitment = self._confirmed(self.purchase)
        self.purchase.state = "cancel"
        notice = self._set_off_commitment(commitment, 200000)
        self.assertRecordValues(notice, [{"state": "blocked", "obstacle": "invoice"}])
        self.assertIn(commitment.reference, notice.error)
        self.purchase.state = "purchase"
        notice.with_user(self.approver).action_book()
        self.assertEqual(notice.state, "booked", notice.error)
