from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import CommitmentCase


@tagged("post_install", "-at_install")
class TestRights(CommitmentCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.order = cls._agreed("sale.order", (5000, "20% G"))
        cls.salesman = new_test_user(
            cls.env,
            login="set_off_salesman",
            groups="sales_team.group_sale_salesman_all_leads,bizoverbiz_network.group_user",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )

    def test_only_an_approver_commits_the_firm(self):
        with self.assertRaises(AccessError):
            self._commit(self.order, self.salesman)
        commitment = self._commit(self.order)
        with self.assertRaises(AccessError):
            commitment.with_user(self.salesman).action_register()
        commitment.action_register()
        shown = self.order.with_user(self.salesman).action_view_bizoverbiz_commitment()
        self.assertEqual(shown["res_id"], commitment.id, "and everybody may look")
        self.assertEqual(commitment.with_user(self.salesman).state, "one_sided")
        with self.assertRaises(AccessError):
            commitment.with_user(self.salesman).action_withdraw()

    def test_nobody_writes_what_the_network_says(self):
        commitment = self._commit(self.order)
        for values in ({"state": "matched"}, {"matched_amount": 1.0}, {"is_registered": True}):
            with self.assertRaises(AccessError):
                commitment.write(values)
        with self.assertRaises(AccessError):
            commitment.copy({"state": "matched"})

    def test_a_bookkeeper_enters_the_deposit_bill_and_an_approver_alone_does_not(self):
        self.approver.group_ids -= self.env.ref("account.group_account_invoice")
        with self.assertRaises(AccessError):
            self._commit(self.order).action_draft_deposit_bill()

    def test_a_firm_sees_its_own_commitments(self):
        commitment = self._commit(self.order)
        other = self.env["res.company"].create({"name": "Elsewhere"})
        stranger = new_test_user(
            self.env,
            login="set_off_elsewhere",
            groups="bizoverbiz_network.group_approver",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        self.assertFalse(self.env["bizoverbiz.commitment"].with_user(stranger).search([("id", "=", commitment.id)]))
        with self.assertRaises(AccessError):
            commitment.with_user(stranger).read(["amount"])
