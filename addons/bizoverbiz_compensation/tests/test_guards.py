from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import SetOffCase


@tagged("post_install", "-at_install")
class TestGuards(SetOffCase):
    """What must not happen even when somebody tries, or when the engine says what nobody foresaw."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.invoice, cls.bill = cls._invoice(500), cls._bill(400)
        cls.set_offs = {cls.invoice: 30000, cls.bill: 30000}

    def test_an_unforeseen_answer_stops_one_step_and_keeps_the_others(self):
        amounts = self._round(self.set_offs)
        self.engine.decide(amounts)
        self.engine.discrepancies = [{"id": "1", "kind": "of-a-later-version"}]
        with mute_logger("odoo.addons.bizoverbiz_compensation.models.bizoverbiz_membership"):
            self._exchange(expect=False)
        self.assertIn("unexpected error", self.membership.last_error)
        self.assertEqual(self._notices().state, "booked")
        self.assertEqual(self._statement().state, "decided", "the steps after the failed one are taken")

    def test_an_ambiguous_number_is_on_the_worklist(self):
        self.engine.discrepancies = [
            {
                "id": "7f3f3f0e-6a5c-4e53-9d68-2f1f35ad6a02",
                "kind": "ambiguous",
                "creditor": "552100554",
                "debtor": "732829320",
                "number": "INV/1",
                "currency": "EUR",
                "creditor_amount": 100,
                "debtor_amount": 100,
                "issue_date": "2026-09-01",
                "due_date": None,
                "reason": "several declarations mean the same number",
                "reference": None,
            }
        ]
        self._exchange()
        found = self.env["bizoverbiz.discrepancy"].sudo().search([("membership_id", "=", self.membership.id)])
        self.assertEqual(found.kind, "ambiguous")

    def test_nobody_ties_an_entry_to_a_notice_by_hand(self):
        notice = self._booked_round(self.set_offs)
        accountant = self._new_user("billing", "account.group_account_manager")
        with self.assertRaisesRegex(AccessError, "ties an entry"):
            notice.move_id.with_user(accountant).bizoverbiz_notice_id = False
        with self.assertRaisesRegex(AccessError, "ties an entry"):
            self.env["account.move"].with_user(accountant).create({"bizoverbiz_notice_id": notice.id})

    def test_a_set_off_is_not_taken_off_its_invoice(self):
        self._booked_round(self.set_offs)
        term = self.invoice.line_ids.filtered(lambda line: line.account_type == "asset_receivable")
        with self.assertRaisesRegex(UserError, "cannot be undone on one side alone"):
            term.remove_move_reconcile()
        self.assertEqual(self.invoice.amount_residual, 200.0)

    def test_an_administrator_chooses_the_journal_and_only_a_general_one(self):
        membership = self.membership.with_user(self.administrator)
        journals = self.env["account.journal"].sudo()
        general = journals.create({"name": "Netting", "type": "general", "code": "NET", "company_id": self.company.id})
        membership.bizoverbiz_journal_id = general
        self.assertEqual(self.company.bizoverbiz_journal_id, general)
        with self.assertRaisesRegex(ValidationError, "cannot take set-offs"):
            membership.bizoverbiz_journal_id = self.company_data["default_journal_sale"]

    def test_books_with_notices_of_one_network_do_not_join_another(self):
        self._booked_round(self.set_offs)
        self.membership.write({"state": "disconnected", "network_name": "Autre réseau"})
        memberships = self.env["bizoverbiz.membership"].with_user(self.administrator)
        with self.assertRaisesRegex(UserError, "Autre réseau"):
            memberships.join(self.engine.invite(secret=bytes(range(1, 33))), True)

    def test_a_refusal_that_could_not_be_sent_approves_nothing(self):
        amounts = self._round(self.set_offs, approve=False)
        self.engine.broken = {"statements/[^/]+/answer"}
        self._statement().action_refuse("We prefer to be paid.")
        self.engine.broken = set()
        self.engine.decide(amounts)
        self._exchange()
        self.assertRecordValues(self._notices(), [{"state": "rejected", "rejection": "unapproved"}])

    def test_accepting_a_notice_twice_books_it_once(self):
        amounts = self._round(self.set_offs)
        self._statement().sudo().line_ids.approval_limit = 0.0
        self.engine.decide(amounts)
        self._exchange()
        notice = self._notices().with_user(self.administrator)
        notice.action_accept()
        notice.action_accept()
        self.assertEqual((notice.state, len(notice.sudo().move_ids)), ("booked", 1))

    def test_the_same_line_is_not_set_off_by_a_second_notice(self):
        amounts = self._round(self.set_offs)
        self.engine.decide(amounts)
        self._exchange()
        self.engine.decide(amounts)
        self._exchange()
        self.assertEqual(self._notices().mapped("state"), ["acknowledged", "rejected"])
        self.assertEqual(self.invoice.amount_residual, 200.0)

    def test_an_invoice_these_books_do_not_know_is_not_approved_by_default_and_is_found_once_it_is_there(self):
        self._exchange()
        amounts = {self._reference(self.invoice): 30000, self._reference(self.bill): 30000}
        statement = self.engine.propose(amounts)
        for line in statement["lines"]:
            if line["side"] == "payable":
                line.update(reference=None, number="F-LATE")
        self._exchange()
        unknown = self._statement().line_ids.filtered(lambda line: line.side == "payable")
        self.assertFalse(unknown.move_id)
        self.assertEqual(unknown.approved, 0.0)
        unknown.action_restore()
        self._statement().action_approve()
        self.engine.decide({self._reference(self.invoice): 30000, "F-LATE": 30000})
        self._exchange()
        self.assertRecordValues(self._notices(), [{"state": "blocked"}])
        self.assertIn("F-LATE", self._notices().error)
        late = self._bill(350, ref="F-LATE")
        self._exchange()
        self.assertEqual(self._notices().state, "booked")
        self.assertLess(late.amount_residual, late.amount_total)
