import base64
import csv

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common import ElectronicInvoiceCase


@tagged("post_install", "-at_install")
class TestCollections(ElectronicInvoiceCase):
    def _pay(self, move, amount):
        self.env["account.payment.register"].with_context(active_model="account.move", active_ids=move.ids).create(
            {"amount": amount}
        )._create_payments()

    def _two_rates(self):
        return self._sale((self.service, 1234.56, "20% S"), (self.service, 789.01, "5.5% S"))

    def test_each_notice_tells_date_amount_and_vat_of_each_rate_once(self):
        invoice = self._two_rates()
        notice = self._set_off(invoice, 100000)
        self.assertRecordValues(
            notice.collection_ids.sorted("rate"),
            [
                {
                    "date": notice.decision_date,
                    "move_id": invoice.id,
                    "rate": rate,
                    "exigibility": "on_payment",
                    "total": total,
                    "vat": vat,
                    "base": base,
                    "share": 0.43217453,
                    "company_id": self.company.id,
                    "partner_id": self.customer.id,
                }
                for rate, total, vat, base in ((5.5, 359.75, 18.76, 340.99), (20.0, 640.25, 106.71, 533.54))
            ],
        )
        notice._create_collections()
        self.assertEqual(len(notice.collection_ids), 2, "nothing is counted twice")

    def test_settlements_of_every_kind_add_up_to_the_invoice(self):
        invoice = self._two_rates()
        notices = self._set_off(invoice, 33333)
        self._pay(invoice, 777.77)
        notices |= self._set_off(invoice, 120278)
        collected = notices.collection_ids
        self.assertAlmostEqual(sum(collected.mapped("total")), 333.33 + 1202.78)
        self.assertEqual(
            [sum(notice.collection_ids.mapped("total")) for notice in notices.sorted("number")], [333.33, 1202.78]
        )

    def test_what_the_invoice_could_not_take_is_not_collected(self):
        invoice = self._sale((self.service, 1000, "20% S"))
        bill = self._bill(1200)
        amounts = self._round({invoice: 120000, bill: 120000})
        self._pay(invoice, 300)
        self.engine.decide(amounts)
        self.engine.too_late = True
        self._exchange()
        notice = self._notices()
        self.assertEqual(notice.excess, 300.0)
        self.assertRecordValues(notice.collection_ids, [{"total": 900.0, "vat": 150.0}])

    def _reverse(self, payload, amounts, number):
        statement = self.engine.propose_reversal(payload, amounts, number=number)
        self._exchange()
        self._statement().action_approve()
        self.engine.decide_reversal(statement)
        self._exchange()
        return self._notices()[-1]

    def test_a_reversal_takes_collections_back_in_part_and_wholly(self):
        invoice, bill = self._two_rates(), self._bill(1000)
        payload = self.engine.decide(self._round({invoice: 100000, bill: 100000}))
        self._exchange()
        collected = self._notices().collection_ids
        part = {self._reference(move): 30000 for move in (invoice, bill)}
        first = self._reverse(payload, part, 2).collection_ids
        self.assertEqual({row.rate: row.total for row in first}, {20.0: -192.07, 5.5: -107.93})
        self.assertEqual(set(first.mapped("date")), {self._notices()[-1].decision_date})
        rest = {self._reference(move): 70000 for move in (invoice, bill)}
        second = self._reverse(payload, rest, 3).collection_ids
        for field in ("total", "vat", "base"):
            for rate in (20.0, 5.5):
                rows = (collected | first | second).filtered(lambda row, rate=rate: row.rate == rate)
                self.assertAlmostEqual(sum(rows.mapped(field)), 0.0)

    def test_purchases_are_no_collections(self):
        notice = self._set_off(self._sale((self.goods, 100, "20% G")), 12000)
        self.assertEqual(notice.collection_ids.move_id.mapped("move_type"), ["out_invoice"])

    def test_a_row_is_exported_once_and_its_file_kept(self):
        invoice = self._two_rates()
        rows = self._set_off(invoice, 100000).collection_ids
        accountant = new_test_user(
            self.env,
            "exporting",
            "account.group_account_user",
            company_id=self.company.id,
            company_ids=self.company.ids,
        )
        action = rows.with_user(accountant).action_export()
        export = self.env["bizoverbiz.collection.export"].with_user(accountant).browse(action["res_id"])
        text = base64.b64decode(export.file).decode("utf-8-sig")
        table = list(csv.reader(text.splitlines(), delimiter=";"))
        self.assertEqual(len(table), 3)
        self.assertEqual(table[1][1:3], ["2026-11-22", invoice.name])
        self.assertEqual(
            table[1][4:], ["732829320", "EUR", "20", "On collection", "640,25", "533,54", "106,71", "0,43217453"]
        )
        self.assertEqual(export.filename[-4:], ".csv")
        with self.assertRaisesRegex(UserError, "counts once"):
            rows.action_export()
        for kept in (export.sudo(), rows):
            with self.assertRaises(UserError):
                kept.unlink()

    def test_a_name_is_no_formula_in_a_spreadsheet(self):
        self.customer.name = "=HYPERLINK(1)"
        rows = self._set_off(self._sale((self.goods, 100, "20% G")), 12000).collection_ids
        rows.action_export()
        self.assertIn(";'=HYPERLINK(1);", base64.b64decode(rows.export_id.file).decode("utf-8-sig"))

    def test_only_accountants_export_and_nobody_writes_rows(self):
        rows = self._set_off(self._sale((self.goods, 100, "20% G")), 12000).collection_ids
        reader = new_test_user(
            self.env,
            "reading",
            "bizoverbiz_network.group_user",
            company_id=self.company.id,
            company_ids=self.company.ids,
        )
        self.assertEqual(rows.with_user(reader).mapped("total"), [120.0])
        with self.assertRaises(AccessError):
            rows.with_user(reader).action_export()
        for user in (reader, self.administrator):
            with self.assertRaises(AccessError):
                rows.with_user(user).write({"total": 1.0})
        other = self.env["res.company"].create({"name": "Elsewhere"})
        stranger = new_test_user(
            self.env, "elsewhere", "bizoverbiz_network.group_user", company_id=other.id, company_ids=other.ids
        )
        self.assertFalse(self.env["bizoverbiz.collection"].with_user(stranger).search([]))
        self.assertFalse(self.env["bizoverbiz.collection.export"].with_user(stranger).search([]))
