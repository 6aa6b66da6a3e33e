from odoo import Command
from odoo.tests import tagged

from .common import SetOffCase


@tagged("post_install", "-at_install")
class TestBookingRules(SetOffCase):
    """The entry under Odoo's other rules: analytic plans, fiscal positions, inalterable journals, several companies."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.invoice, cls.bill = cls._invoice(500), cls._bill(300)
        cls.set_offs = {cls.invoice: 30000, cls.bill: 30000}

    def test_full_and_partial_reconciliation_as_for_a_payment(self):
        entry = self._booked_round(self.set_offs).move_id
        customer, supplier = entry.line_ids.sorted("balance")
        self.assertTrue(supplier.full_reconcile_id, "the bill is settled: lettered")
        self.assertEqual(supplier.matching_number, self.bill.line_ids.filtered("date_maturity").matching_number)
        self.assertFalse(customer.full_reconcile_id)
        self.assertTrue(customer.matching_number.startswith("P"))

    def test_each_pair_is_lettered_by_itself(self):
        others = {self._invoice(amount): amount * 100 for amount in (10, 20, 30)}
        bill = self._bill(60)
        entry = self._booked_round({**others, bill: 6000}).move_id
        self.assertEqual(len(entry.line_ids.full_reconcile_id), 4)

    def test_an_analytic_model_by_partner_counts_no_set_off_as_revenue(self):
        plan = self.env["account.analytic.plan"].create({"name": "Sites"})
        analytic = self.env["account.analytic.account"].create({"name": "Lyon", "plan_id": plan.id})
        self.env["account.analytic.distribution.model"].create(
            {"partner_id": self.customer.id, "analytic_distribution": {str(analytic.id): 100}}
        )
        self.env["account.analytic.applicability"].create(
            {"analytic_plan_id": plan.id, "business_domain": "general", "applicability": "mandatory"}
        )
        invoice = self._invoice(200)
        self.assertEqual(analytic.balance, 200.0)
        notice = self._booked_round({invoice: 20000, self.bill: 20000})
        self.assertEqual(notice.state, "booked", notice.error)
        analytic.invalidate_recordset()
        self.assertEqual(analytic.balance, 200.0)
        self.assertFalse(any(notice.move_id.line_ids.mapped("analytic_distribution")))

    def test_a_fiscal_positions_accounts_are_those_of_the_entry(self):
        exported = self.copy_account(self.company_data["default_account_receivable"])
        position = self.env["account.fiscal.position"].create(
            {
                "name": "Export",
                "account_ids": [
                    Command.create(
                        {
                            "account_src_id": self.company_data["default_account_receivable"].id,
                            "account_dest_id": exported.id,
                        }
                    )
                ],
            }
        )
        invoice = self._invoice(100, fiscal_position_id=position)
        self.assertIn(exported, invoice.line_ids.account_id)
        entry = self._booked_round({invoice: 10000, self.bill: 10000}).move_id
        self.assertIn(exported, entry.line_ids.account_id)
        self.assertEqual(invoice.payment_state, "paid")

    def test_inalterable_journals_take_a_set_off_and_its_reversal_and_their_chain_holds(self):
        journal = self.company._bizoverbiz_set_off_journal()
        (journal | self.invoice.journal_id | self.bill.journal_id).restrict_mode_hash_table = True
        sealed = self._invoice(80)
        self.assertTrue(sealed.inalterable_hash)
        payload = self.engine.decide(self._round({sealed: 5000, self.bill: 5000}))
        self._exchange()
        entry = self._notices().move_id
        self.assertEqual((sealed.amount_residual, entry.state), (30.0, "posted"))
        self.assertTrue(entry.inalterable_hash)
        statement = self.engine.propose_reversal(payload)
        self._exchange()
        self._statement().action_approve()
        self.engine.decide_reversal(statement)
        self._exchange()
        self.assertEqual((self._notices()[1].state, sealed.amount_residual), ("booked", 80.0))
        checked = self.company._check_hash_integrity()["results"]
        mine = [row for row in checked if journal.name in row["journal_name"]]
        self.assertEqual({row["status"] for row in mine}, {"verified"}, mine)

    def test_another_company_of_the_database_neither_books_nor_sees_it(self):
        other = self.setup_other_company(name="Menuiserie Petit")["company"]
        self.membership.env.user.company_ids |= other
        amounts = self._round(self.set_offs)
        self.engine.decide(amounts)
        elsewhere = self.membership.with_company(other).with_context(allowed_company_ids=other.ids)
        self.assertTrue(elsewhere._exchange_safely(), self.membership.last_error)
        notice = self._notices()
        self.assertRecordValues(notice.move_id, [{"company_id": self.company.id, "state": "posted"}])
        self.assertEqual(notice.move_id.line_ids.account_id.company_ids, self.company)
        self.assertFalse(other.bizoverbiz_journal_id)
        stranger = self._new_user("stranger", "account.group_account_user,bizoverbiz_network.group_approver")
        stranger.write({"company_id": other.id, "company_ids": [Command.set(other.ids)]})
        self.assertFalse(self.env["bizoverbiz.notice"].with_user(stranger).search([]))

    def test_the_voucher_is_attached_to_the_entry(self):
        notice = self._booked_round(self.set_offs)
        attached = self.env["ir.attachment"].search(
            [("res_model", "=", "account.move"), ("res_id", "=", notice.move_id.id)]
        )
        self.assertEqual((attached.name, attached.raw.decode()), (f"{notice.reference}.jws", notice.jws))
        self.assertEqual(notice.line_ids.item_ids, notice.move_id.line_ids)
