from odoo.tests import tagged

from .common import SetOffCase
from .engine import discrepancy


@tagged("post_install", "-at_install")
class TestDiscrepancy(SetOffCase):
    def _mirrored(self):
        records = self.env["bizoverbiz.discrepancy"].with_user(self.accountant).with_context(active_test=False)
        return records.search([("membership_id", "=", self.membership.id)])

    def test_a_discrepancy_shows_both_amounts_and_opens_the_invoice(self):
        invoice = self._invoice(1200)
        self.engine.discrepancies = [discrepancy(reference=self._reference(invoice), number=invoice.name)]
        self._exchange()
        self.assertRecordValues(
            self._mirrored(),
            [
                {
                    "side": "receivable",
                    "partner_id": self.customer.id,
                    "our_amount": 1200.0,
                    "their_amount": 1000.0,
                    "difference": 200.0,
                    "move_id": invoice.id,
                    "active": True,
                }
            ],
        )
        self.assertEqual(self._mirrored().action_open_invoice()["res_id"], invoice.id)

    def test_what_is_missing_here_names_the_partner_all_the_same(self):
        self.engine.discrepancies = [
            discrepancy(
                kind="missing-at-debtor",
                creditor="542065479",
                debtor="552100554",
                creditor_amount=900,
                debtor_amount=None,
            )
        ]
        self._exchange()
        record = self._mirrored()
        self.assertEqual((record.side, record.partner_id, record.our_amount), ("payable", self.vendor, 0.0))
        self.assertEqual(record.action_open_invoice()["context"]["default_partner_id"], self.vendor.id)

    def test_what_is_no_longer_listed_is_resolved_and_kept(self):
        self.engine.discrepancies = [discrepancy()]
        self._exchange()
        self.engine.discrepancies = []
        self._exchange()
        self.assertRecordValues(self._mirrored(), [{"active": False}])
        self.assertTrue(self._mirrored().resolved_at)
        self.engine.discrepancies = [discrepancy()]
        self._exchange()
        self.assertRecordValues(self._mirrored(), [{"active": True, "resolved_at": False}])

    def test_a_reference_to_another_kind_of_document_is_not_followed(self):
        bill = self._bill(5)
        self.engine.discrepancies = [discrepancy(reference=self._reference(bill))]
        self._exchange()
        self.assertFalse(self._mirrored().move_id)
