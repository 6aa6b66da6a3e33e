from odoo.tests import tagged

from .common import SetOffCase


@tagged("post_install", "-at_install")
class TestVoucher(SetOffCase):
    """Entries that bear a notice's reference already: made before the addon was installed again, or by hand."""

    def setUp(self):
        super().setUp()
        self.invoice, self.bill = self._invoice(500), self._bill(300)

    def _forget(self):
        """What uninstalling does to notices: they and the ties to them are gone, the entries stay."""
        moves = self._notices().move_ids
        moves.line_ids.bizoverbiz_notice_line_id = False
        moves.bizoverbiz_notice_id = False
        self.env.flush_all()
        if "bizoverbiz.collection" in self.env:
            # What depends on this addon goes with it.
            self.env.cr.execute("DELETE FROM bizoverbiz_collection")
        self.env.cr.execute("DELETE FROM bizoverbiz_notice_line")
        self.env.cr.execute("DELETE FROM bizoverbiz_notice")
        self.env.invalidate_all()
        self.company.bizoverbiz_journal_id = False
        return moves

    def _entries(self):
        return self.env["account.move"].search([("ref", "like", "AVIS-")], order="id")

    def test_a_notice_fetched_again_takes_over_its_entry_and_its_journal(self):
        journal = self._booked_round({self.invoice: 30000, self.bill: 30000}).move_id.journal_id
        entry = self._forget()
        self._exchange()
        notice = self._notices()
        self.assertRecordValues(notice, [{"state": "booked", "move_id": entry.id, "excess": 0.0}])
        self.assertEqual(self._entries(), entry)
        self.assertEqual(notice.line_ids.item_ids, entry.line_ids)
        self.assertEqual(self.company.bizoverbiz_journal_id, journal)
        self.assertEqual(self.invoice.amount_residual, 200.0)
        self._exchange()
        self.assertEqual(self.engine.acknowledged[1][0]["entry"], entry.name)

    def test_so_does_a_reversal_of_a_part(self):
        amounts = self._round({self.invoice: 30000, self.bill: 30000})
        payload = self.engine.decide(amounts)
        self._exchange()
        part = {self._reference(move): 10000 for move in (self.invoice, self.bill)}
        statement = self.engine.propose_reversal(payload, part)
        self._exchange()
        self._statement().action_approve()
        self.engine.decide_reversal(statement)
        self._exchange()
        entries = self._forget()
        self._exchange()
        self.assertEqual(self._notices().mapped("state"), ["booked", "booked"])
        self.assertEqual(self._entries(), entries)
        self.assertEqual(self.invoice.amount_residual, 300.0)

    def test_an_entry_that_says_something_else_blocks_the_notice_until_it_is_renamed(self):
        amounts = self._round({self.invoice: 30000, self.bill: 30000})
        by_hand = self.env["account.move"].create(
            {
                "ref": "Réseau du Forez AVIS-000001",
                "line_ids": [
                    (0, 0, {"account_id": term.account_id.id, "partner_id": term.partner_id.id, "balance": balance})
                    for term, balance in (
                        (self.bill.line_ids.filtered("date_maturity"), 200.0),
                        (self.invoice.line_ids.filtered("date_maturity"), -200.0),
                    )
                ],
            }
        )
        by_hand.action_post()
        self.engine.decide(amounts)
        self._exchange()
        self.assertRecordValues(self._notices(), [{"state": "blocked", "obstacle": "entry"}])
        self.assertIn(by_hand.name, self._notices().error)
        by_hand.ref = "Something else"
        self._notices().with_user(self.approver).action_book()
        self.assertEqual(self._notices().state, "booked")
