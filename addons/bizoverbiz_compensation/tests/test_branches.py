from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import SetOffCase


@tagged("post_install", "-at_install")
class TestBranches(SetOffCase):
    """A legal entity takes part with its branches: an entry each, or a joint one on an approver's word."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.branch = cls._branch()

    def _in_branch(self, move_type, amount, **values):
        move = self._draft_in(
            self.branch, move_type, self.vendor if move_type == "in_invoice" else self.customer, amount
        )
        move.write({"ref": f"QR-{amount}", **values})
        move.action_post()
        return move

    def test_each_branch_that_balances_has_its_entry(self):
        moves = [
            self._invoice(50),
            self._bill(50),
            self._in_branch("out_invoice", 30),
            self._in_branch("in_invoice", 30),
        ]
        notice = self._booked_round({move: round(move.amount_total * 100) for move in moves})
        self.assertEqual(notice.move_ids.company_id, self.company | self.branch)
        self.assertEqual({move.amount_residual for move in moves}, {0.0})
        self._exchange()
        self.assertEqual(sorted(entry["amount"] for entry in self.engine.acknowledged[1]), [3000, 5000])

    def test_across_branches_nothing_is_booked_before_an_approver_says_so(self):
        invoice, bill = self._invoice(50), self._in_branch("in_invoice", 50)
        notice = self._booked_round({invoice: 5000, bill: 5000})
        self.assertRecordValues(notice, [{"state": "blocked", "obstacle": "branches"}])
        self.assertIn("does not balance in", notice.error)
        self.assertFalse(notice.move_ids)
        with self.assertRaises(AccessError):
            notice.with_user(self.accountant).action_book_in_legal_entity()
        notice.with_user(self.approver).action_book_in_legal_entity()
        self.assertRecordValues(notice, [{"state": "booked", "obstacle": False, "in_legal_entity": True}])
        self.assertEqual(notice.move_ids.company_id, self.company)
        self.assertEqual((invoice.payment_state, bill.payment_state), ("paid", "paid"))
        self._exchange()
        self.assertEqual([entry["amount"] for entry in self.engine.acknowledged[1]], [5000])

    def test_a_branch_that_balances_keeps_its_own_entry_beside_that_of_the_legal_entity(self):
        second = self._branch("Morin Nantes")
        crossing = self._draft_in(second, "in_invoice", self.vendor, 50)
        crossing.ref = "QR-N"
        crossing.action_post()
        own = [self._in_branch("out_invoice", 30), self._in_branch("in_invoice", 30)]
        moves = [self._invoice(50), crossing, *own]
        notice = self._booked_round({move: round(move.amount_total * 100) for move in moves})
        self.assertEqual(notice.obstacle, "branches")
        notice.with_user(self.approver).action_book_in_legal_entity()
        self.assertEqual(notice.move_ids.company_id, self.company | self.branch)
        self.assertEqual({move.amount_residual for move in moves}, {0.0})

    def test_the_branchs_own_locks_and_cash_basis_entries_count(self):
        tax = self.env["account.tax"].search(
            [("company_id", "=", self.company.id), ("name", "=", "20% S"), ("type_tax_use", "=", "sale")]
        )
        self.branch.tax_cash_basis_journal_id = self.company.tax_cash_basis_journal_id
        invoice = self._in_branch("out_invoice", 60)
        invoice.button_draft()
        invoice.invoice_line_ids.tax_ids = tax
        invoice.action_post()
        bill = self._bill(72)
        self.branch.tax_lock_date = "2026-11-22"
        notice = self._booked_round({invoice: 7200, bill: 7200})
        self.assertEqual(notice.obstacle, "branches")
        notice.with_user(self.approver).action_book_in_legal_entity()
        self.assertEqual(notice.obstacle, "lock")
        self.assertIn(self.branch.name, notice.error)
        self.branch.tax_lock_date = False
        notice.with_user(self.approver).action_book()
        self.assertEqual(notice.state, "booked", notice.error)
        self.assertEqual(invoice.tax_cash_basis_created_move_ids.company_id, self.branch)
