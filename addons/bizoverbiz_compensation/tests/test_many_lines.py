from odoo import Command
from odoo.tests import tagged

from .common import SetOffCase


@tagged("post_install", "-at_install")
class TestManyLines(SetOffCase):
    """Long notices are booked as sets; what is made for all lines at once is what Odoo makes pair by pair."""

    def _invoices(self, count, move_type="out_invoice", taxes=None):
        partner = self.vendor if move_type == "in_invoice" else self.customer
        moves = self.env["account.move"].create(
            [
                {
                    "move_type": move_type,
                    "partner_id": partner.id,
                    "invoice_date": "2026-09-01",
                    "invoice_date_due": "2026-10-31",
                    "ref": f"Q-{count}-{index}" if move_type == "in_invoice" else False,
                    "invoice_line_ids": [
                        Command.create(
                            {"name": "Work", "price_unit": 10 + index, "tax_ids": taxes.ids if taxes else []}
                        )
                    ],
                }
                for index in range(count)
            ]
        )
        moves.action_post()
        return moves

    def _queries_to_book(self, count, number):
        moves = self._invoices(count) | self._invoices(count, "in_invoice")
        amounts = {move: round(move.amount_total * 100) - 100 * (index % 2) for index, move in enumerate(moves)}
        difference = sum(amount if move.move_type == "out_invoice" else -amount for move, amount in amounts.items())
        amounts[moves[0]] -= difference
        self.engine.decide(self._round(amounts, number=number))
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        self.env["bizoverbiz.notice"].sudo()._fetch_and_book(self.membership)
        self.env.flush_all()
        self.assertRecordValues(self._notices()[-1], [{"state": "booked", "excess": 0.0}])
        self.assertEqual(len(self._notices()[-1].line_ids), 2 * count)
        return self.env.cr.sql_log_count - before

    def test_the_number_of_queries_hardly_grows_with_the_lines_of_a_notice(self):
        self._queries_to_book(2, 1)
        few = self._queries_to_book(5, 2)
        many = self._queries_to_book(25, 3)
        self.assertLessEqual(many - few, 30, f"{few} queries for 10 lines, {many} for 50")

    def test_cash_basis_entries_of_all_lines_are_those_of_each_pair(self):
        tax = self.env["account.tax"].search(
            [("company_id", "=", self.company.id), ("name", "=", "20% S"), ("type_tax_use", "=", "sale")]
        )
        booked, by_hand = self._invoices(4, taxes=tax), self._invoices(4, taxes=tax)
        shares = [500, 1199, 1, 1560]
        notice = self._booked_round({**dict(zip(booked, shares, strict=True)), self._bill(100): sum(shares)})
        self.assertEqual(notice.state, "booked", notice.error)
        receivable = self.company_data["default_account_receivable"]
        entry = self.env["account.move"].create(
            {
                "date": notice.decision_date,
                "line_ids": [
                    Command.create(
                        {
                            "account_id": receivable.id,
                            "partner_id": self.customer.id,
                            "balance": -share / 100,
                            "name": "x",
                        }
                    )
                    for share in shares
                ]
                + [
                    Command.create(
                        {"account_id": self.company_data["default_account_payable"].id, "balance": sum(shares) / 100}
                    )
                ],
            }
        )
        entry.action_post()
        items = entry.line_ids.filtered(lambda item: item.account_id == receivable)
        for item, invoice in zip(items, by_hand, strict=True):
            (item + invoice.line_ids.filtered("date_maturity")).reconcile()

        def made(invoice):
            moves = invoice.tax_cash_basis_created_move_ids
            lines = sorted((line.account_id.id, line.balance, line.tax_tag_ids.ids) for line in moves.line_ids)
            return moves.mapped("date"), lines, invoice.payment_state, invoice.amount_residual

        self.assertEqual([made(invoice) for invoice in booked], [made(invoice) for invoice in by_hand])
        self.assertTrue(all(booked.tax_cash_basis_created_move_ids.mapped("tax_cash_basis_rec_id")))
