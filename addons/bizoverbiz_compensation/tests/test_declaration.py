import json
from datetime import timedelta
from unittest.mock import patch

from odoo import Command, fields
from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import SetOffCase


@tagged("post_install", "-at_install")
class TestDeclaration(SetOffCase):
    def test_lines_are_exact_to_the_cent_and_bear_the_sellers_number(self):
        invoice = self._invoice(1234.56)
        bill = self._bill(0.07, ref="QR-2026-118")
        self._exchange()
        self.assertEqual(
            self._declared(),
            {
                invoice.name: {
                    "side": "receivable",
                    "counterpart": "732829320",
                    "number": invoice.name,
                    "currency": "EUR",
                    "amount_total": 123456,
                    "amount_open": 123456,
                    "amount_disputed": 0,
                    "dispute_reason": None,
                    "issue_date": "2026-09-01",
                    "due_date": "2026-10-31",
                    "reference": f"account.move,{invoice.id}",
                },
                "QR-2026-118": {
                    "side": "payable",
                    "counterpart": "542065479",
                    "number": "QR-2026-118",
                    "currency": "EUR",
                    "amount_total": 7,
                    "amount_open": 7,
                    "amount_disputed": 0,
                    "dispute_reason": None,
                    "issue_date": "2026-09-01",
                    "due_date": "2026-10-31",
                    "reference": f"account.move,{bill.id}",
                },
            },
        )
        self.assertEqual(self.engine.declarations[-1]["last_notice"], 0)
        self.assertTrue(self.engine.declarations[-1]["full"])
        declaration = self._declaration()
        self.assertEqual((declaration.state, declaration.accepted_count), ("sent", 2))

    def test_only_open_posted_invoices_and_bills_of_members_leave_the_books(self):
        unidentified = self._invoice(100, partner=self.stranger)
        outside = self._invoice(100, partner=self._new_partner("Papeterie Lys", "383474814"))
        paid = self._invoice(70)
        self._pay(paid, 70)
        draft = self._create_invoice(partner_id=self.customer)
        declared = self._invoice(60)
        self._exchange()
        self.assertEqual(set(self._declared()), {declared.name})
        self.assertEqual(draft.state, "draft")
        left_out = {line.move_id: (line.kind, line.reason) for line in self._declaration().line_ids}
        self.assertEqual(
            left_out,
            {
                unidentified: (
                    "unidentified",
                    "Jeanne Martin has no valid SIREN, SIRET or VAT number: enter it if this is a firm.",
                ),
                outside: ("stranger", "Papeterie Lys is no member of the network."),
            },
        )
        self.assertEqual(outside.bizoverbiz_left_out, left_out[outside][1])
        self.assertFalse((declared | paid | draft).filtered("bizoverbiz_left_out"))

    def test_a_partner_that_joins_is_declared_by_the_next_exchange(self):
        invoice = self._invoice(100, partner=self._new_partner("Papeterie Lys", "383474814"))
        self._exchange()
        self.assertFalse(self.engine.declarations)
        self.engine.also_members.add("383474814")
        self._exchange()
        self.assertIn(invoice.name, self._declared())

    def test_a_part_payment_leaves_the_rest_declared(self):
        invoice = self._invoice(100)
        self._pay(invoice, 40.01)
        self._exchange()
        line = self._declared()[invoice.name]
        self.assertEqual((line["amount_total"], line["amount_open"]), (10000, 5999))

    def test_a_blocked_invoice_is_declared_as_disputed(self):
        bill = self._bill(500)
        bill.action_toggle_block_payment()
        self._exchange()
        line = self._declared()[bill.ref]
        self.assertEqual((line["amount_open"], line["amount_disputed"]), (50000, 50000))
        self.assertTrue(line["dispute_reason"])

    def test_a_bill_without_reference_is_left_out_visibly(self):
        bill = self._bill(500, ref=False)
        self._invoice(10)
        self._exchange()
        self.assertEqual(len(self._declared()), 1)
        left_out = self._declaration().line_ids
        self.assertEqual((left_out.move_id, left_out.kind, left_out.field_name), (bill, "skipped", "ref"))
        bill.ref = "QR-9"
        self._exchange()
        self.assertIn("QR-9", self._declared())
        self.assertFalse(self._declaration().line_ids)

    def test_instalments_of_one_invoice_are_one_line(self):
        terms = self.env["account.payment.term"].create(
            {
                "name": "Thirds",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": 33.33, "nb_days": 0}),
                    Command.create({"value": "percent", "value_amount": 66.67, "nb_days": 30}),
                ],
            }
        )
        invoice = self._invoice(100.01, due=None, invoice_payment_term_id=terms)
        self._exchange()
        line = self._declared()[invoice.name]
        self.assertEqual((line["amount_open"], line["due_date"]), (10001, "2026-09-01"))

    def test_branches_are_declared_with_their_legal_entity(self):
        invoice = self._draft_in(self._branch(), "out_invoice", self.customer, 80)
        invoice.action_post()
        self._exchange()
        self.assertEqual(self._declared()[invoice.name]["amount_open"], 8000)

    def test_a_declaration_the_engine_knows_is_not_repeated_within_a_day(self):
        self._invoice(10)
        self._exchange()
        self._exchange()
        self.assertEqual(len(self.engine.declarations), 1)
        self._declaration().answered_at = fields.Datetime.now() - timedelta(hours=25)
        self._exchange()
        self.assertEqual(len(self.engine.declarations), 2)

    def test_refused_lines_are_shown_with_field_and_reason_and_the_rest_is_kept(self):
        invoice, bill = self._invoice(10), self._bill(20)
        self.engine.refused = {bill.ref: ("counterpart", "Unknown identifier.")}
        self._exchange()
        declaration = self._declaration()
        self.assertEqual(
            (declaration.state, declaration.accepted_count, declaration.refused_count), ("refused_lines", 1, 1)
        )
        self.assertRecordValues(
            declaration.line_ids,
            [{"kind": "refused", "move_id": bill.id, "field_name": "counterpart", "reason": "Unknown identifier."}],
        )
        self.assertNotEqual(declaration.line_ids.move_id, invoice)

    def test_an_unsent_declaration_is_sent_again_unchanged_before_a_newer_one(self):
        self._invoice(10)
        self.engine.broken = {"declarations"}
        self._exchange(expect=False)
        unsent = self._declaration()
        self.assertEqual(unsent.state, "to_send")
        self.assertIn("cannot be reached", self.membership.last_error)
        newer = self._invoice(20)
        self.engine.broken = set()
        self._exchange()
        first, again, second = self.engine.sent("declarations", "POST")
        self.assertEqual(first.headers["Idempotency-Key"], again.headers["Idempotency-Key"])
        self.assertEqual(first.body, again.body)
        self.assertNotEqual(second.headers["Idempotency-Key"], first.headers["Idempotency-Key"])
        self.assertEqual(unsent.state, "sent")
        self.assertIn(newer.name, self._declared())
        self.assertFalse(self.membership.last_error)

    def test_a_lost_answer_is_asked_for_again_and_nothing_is_declared_twice(self):
        self._invoice(10)
        self.engine.lossy = {"declarations"}
        self._exchange(expect=False)
        self.engine.lossy = set()
        self._exchange()
        self.assertEqual(len(self.engine.declarations), 1)
        self.assertEqual(self._declaration().accepted_count, 1)

    def test_what_was_sent_is_kept_as_sent_and_leads_to_the_invoices(self):
        invoice, bill = self._invoice(10), self._bill(20)
        self._exchange()
        action = self._declaration().with_user(self.accountant).action_open_invoices()
        self.assertEqual(self.env[action["res_model"]].search(action["domain"]), invoice | bill)
        [request] = self.engine.sent("declarations", "POST")
        self.assertEqual(json.loads(self._declaration().payload), json.loads(request.body))

    def test_what_is_left_out_is_listed_once_and_only_what_changes_is_written(self):
        outside = self._new_partner("Papeterie Lys", "383474814")
        first = self._invoice(100, partner=outside)
        self._exchange()
        rows = self.env["bizoverbiz.declaration.line"].sudo()
        row = rows.search([("membership_id", "=", self.membership.id)])
        second = self._invoice(200, partner=outside)
        self._exchange()
        self.assertEqual(rows.search([("move_id", "=", first.id)]), row)
        self.assertEqual(rows.search([("membership_id", "=", self.membership.id)]).move_id, first | second)
        self._pay(first, 100)
        self._exchange()
        self.assertFalse(row.exists())
        self.assertFalse(self.engine.declarations, "there was nothing to declare")

    def test_a_user_sees_what_is_left_out_in_the_own_companies_only(self):
        self._invoice(100, partner=self.stranger)
        self._exchange()
        rows = self.env["bizoverbiz.declaration.line"]
        self.assertTrue(rows.with_user(self.accountant).search([]))
        other = self.env["res.company"].create({"name": "Fonderie Lys"})
        stranger = self._new_user("elsewhere", "bizoverbiz_network.group_administrator")
        stranger.write({"company_ids": [Command.set(other.ids)], "company_id": other.id})
        self.assertFalse(rows.with_user(stranger).search([]))
        with self.assertRaises(AccessError):
            rows.with_user(self.administrator).search([]).unlink()

    def test_the_number_of_queries_does_not_grow_with_the_lines(self):
        """However many: Odoo's own limit of what is read at once is made so small that it would show."""
        declarations = self.env["bizoverbiz.declaration"].sudo()

        def queries():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            lines, _told = declarations._prepare_lines(self.membership)
            return len(lines), self.env.cr.sql_log_count - before

        def invoice(count):
            for index in range(count):
                self._invoice(10 + index, partner=self._new_partner(f"Site {index}", "732829320"))

        self.membership.write({"smallest_amount": 5, "due_rule": "overdue", "risky_only": True, "branches_apart": True})
        self.startPatcher(patch("odoo.orm.fields.PREFETCH_MAX", 4))
        invoice(5)
        queries()
        few_lines, few = queries()
        invoice(45)
        queries()
        many_lines, many = queries()
        self.assertEqual((few_lines, many_lines), (5, 50))
        self.assertEqual(few, many)

    def _pay(self, invoice, amount):
        self.env["account.payment.register"].with_context(active_model="account.move", active_ids=invoice.ids).create(
            {"amount": amount, "payment_date": "2026-10-01"}
        )._create_payments()
