"""docs/worked-examples.md, Deposits, in cents. The figures stand there; they are copied, not computed."""

from lxml import etree
from odoo.addons.bizoverbiz_compensation_edi.tests import fec
from odoo.addons.bizoverbiz_compensation_edi.tests.common import CAC, CBC, RAM, Judge
from odoo.addons.bizoverbiz_compensation_edi.tests.test_electronic_invoices import BROKEN_BY_ODOO
from odoo.tests import tagged

from .common import CommitmentCase


@tagged("post_install", "-at_install")
class TestWorkedExamples(CommitmentCase):
    def _preceding(self, content):
        """BG-3: number and day of the preceding invoice, in either syntax."""
        tree = etree.fromstring(content)
        if tree.tag.endswith("CrossIndustryInvoice"):
            references = tree.findall(f".//{RAM}InvoiceReferencedDocument")
            return [(one[0].text, "".join(one[1].itertext()).strip()) for one in references]
        references = tree.findall(f"./{CAC}BillingReference/{CAC}InvoiceDocumentReference")
        return [(one.find(f"{CBC}ID").text, one.find(f"{CBC}IssueDate").text.replace("-", "")) for one in references]

    def _by_rate(self, move):
        """Net and VAT by rate, in document currency."""
        found = {}
        for line in move.line_ids:
            if line.tax_line_id:
                found.setdefault(line.tax_line_id.amount, [0.0, 0.0])[1] += abs(line.balance)
                found[line.tax_line_id.amount][0] = abs(line.tax_base_amount)
        return {rate: [round(net, 2), round(vat, 2)] for rate, (net, vat) in found.items()}

    def test_11_a_deposit_and_its_final_invoice_at_two_rates(self):
        order = self._agreed("sale.order", (2345.67, "20% G"), (987.65, "5.5% G"))
        self.assertEqual(order.amount_total, 3856.77)
        commitment = self._confirmed(order)
        notice = self._set_off_commitment(commitment, 260000)
        self.assertEqual(notice.state, "booked", notice.error)
        deposit = notice.line_ids.move_id.filtered(lambda move: move.move_type == "out_invoice")
        self.assertEqual(self._items(deposit), {"411": 2600.0, "4191": -2247.12, "44571": -352.88})
        self.assertEqual(self._items(notice.move_id), {"401": 2600.0, "411": -2600.0})
        self.assertRecordValues(
            deposit, [{"amount_total": 2600.0, "payment_state": "paid", "invoice_date": notice.decision_date}]
        )
        self.assertEqual(self._by_rate(deposit), {20.0: [1581.31, 316.26], 5.5: [665.81, 36.62]})
        said = self.env["ir.actions.report"]._render_qweb_html("bizoverbiz_compensation.report_notice", notice.ids)[0]
        (sold,) = etree.HTML(said).findall(".//div[@name='commitment']")
        text = " ".join("".join(sold.itertext()).split())
        self.assertEqual(text, f"Sale agreed, not invoiced: {commitment.description}")
        self.assertIn("Pump 1", deposit.invoice_line_ids.filtered(lambda line: line.tax_ids.amount == 20).name)
        for word in (notice.reference, commitment.reference, order.name):
            self.assertIn(word, str(deposit.narration))
        final = order._create_invoices(final=True)
        final.write({"invoice_date": "2026-11-25", "invoice_date_due": "2026-12-25"})
        final.action_post()
        self.assertEqual(self._items(final), {"411": 1256.77, "4191": 2247.12, "44571": -170.57, "707": -3333.32})
        self.assertEqual(self._by_rate(final), {20.0: [764.36, 152.87], 5.5: [321.84, 17.70]})
        self._exchange()
        self.assertEqual(self._declared()[final.name]["amount_open"], 125677)
        self.assertEqual(self._declared()[final.name]["commitment"], commitment.reference)
        self._check_electronic(deposit, "386", "B2", ("2600.00", "2600.00", "0.00"), [])
        preceding = [(deposit.name, "20261122")]
        self._check_electronic(final, "380", "B4", ("1256.77", "0.00", "1256.77"), preceding)
        self._check_read_back(deposit, final)

    def _check_electronic(self, invoice, kind, process, amounts, preceding):
        for syntax, content in (("UBL", self._ubl(invoice)), ("CII", self._cii(invoice))):
            told = self._terms(content)
            self.assertEqual((told["BT-3"], told["BT-23"]), (kind, process), syntax)
            self.assertEqual(tuple(told[name] for name in ("BT-112", "BT-113", "BT-115")), amounts)
            self.assertEqual(self._preceding(content), preceding)

            self.assertLessEqual(Judge.broken_rules(content), BROKEN_BY_ODOO[syntax], syntax)

    def _check_read_back(self, *invoices):
        """What the buyer's Odoo makes of the files: documents over the same amounts, VAT to the cent."""
        journal = self.company_data["default_journal_purchase"]
        for invoice in invoices:
            for content in (self._ubl(invoice), self._cii(invoice)):
                attachment = self.env["ir.attachment"].create({"name": "invoice.xml", "raw": content})
                bill = journal._create_document_from_attachment(attachment.ids)
                kind = "in_refund" if invoice.move_type == "out_refund" else "in_invoice"
                told = {"amount_total": invoice.amount_total, "amount_tax": invoice.amount_tax}
                self.assertRecordValues(bill, [{"move_type": kind, "ref": invoice.name, **told}])

    def test_11_the_buyers_deposit_waits_on_4091_until_its_bill_arrives(self):
        order = self._agreed("purchase.order", (2345.67, "20% G"), (987.65, "5.5% G"))
        commitment = self._confirmed(order)
        notice = self._set_off_commitment(commitment, 260000)
        self.assertEqual(self._items(notice.move_id), {"4091": 2600.0, "411": -2600.0})
        self.assertFalse(notice.excess)
        deposit = self.env["account.move"].browse(commitment.action_draft_deposit_bill()["res_id"])
        deposit.ref = "QR/ACO/1"
        deposit.action_post()
        self.assertEqual(self._items(deposit), {"401": -2600.0, "4091": 2247.12, "44566": 352.88})
        self.assertEqual(self._items(deposit.bizoverbiz_takeover_ids), {"401": 2600.0, "4091": -2600.0})
        self.assertRecordValues(deposit, [{"payment_state": "paid", "bizoverbiz_set_off": 2600.0}])
        action = order.action_create_invoice()
        final = self.env["account.move"].browse(action["res_id"])
        final.write({"ref": "QR/2", "invoice_date": "2026-11-25"})
        final.action_post()
        self.assertEqual(self._items(final), {"401": -1256.77, "4091": -2247.12, "44566": 170.57, "607": 3333.32})
        self.assertFalse(final.bizoverbiz_takeover_ids)
        self.assertEqual(
            self._items(notice.move_id | deposit | deposit.bizoverbiz_takeover_ids | final)["401"], -1256.77
        )
        self.assertNotIn(
            "4091", self._items(notice.move_id | deposit | deposit.bizoverbiz_takeover_ids | final), "nothing is left"
        )
        self._exchange()
        self.assertEqual(self._declared()["QR/2"]["commitment"], commitment.reference)
        self.assertNotIn("QR/ACO/1", self._declared())
        self.assertEqual(fec.check(*self._export_fec()), [])

    def test_12_a_cancelled_deposit_is_credited_and_owed_back(self):
        order = self._agreed("sale.order", (5000, "20% G"))
        commitment = self._confirmed(order)
        notice = self._set_off_commitment(commitment, 450000)
        deposit = notice.line_ids.move_id.filtered(lambda move: move.move_type == "out_invoice")
        self.assertEqual(self._items(deposit), {"411": 4500.0, "4191": -3750.0, "44571": -750.0})
        order._action_cancel()
        credit = deposit.reversal_move_ids
        self.assertEqual(self._items(credit), {"411": -4500.0, "4191": 3750.0, "44571": 750.0})
        self.assertEqual(commitment.state, "withdrawn")
        self._invoice(4500)
        self._exchange()
        declared = self._declared()[credit.name]
        self.assertEqual(
            (declared["side"], declared["counterpart"], declared["amount_open"], declared.get("commitment")),
            ("payable", "732829320", 450000, None),
        )
        other = self._invoice(4500, partner=self.vendor)
        later = self._booked_round({credit: 450000, other: 450000}, decided_at="2026-11-22T11:00:00Z")
        item = later.line_ids.filtered(lambda line: line.side == "payable").item_ids
        self.assertEqual((item.account_id.code[:3], item.debit), ("411", 4500.0))
        self.assertEqual(credit.amount_residual, 0.0)
        self.assertEqual(self._items(deposit | credit | notice.move_id), {"401": 4500.0, "411": -4500.0})
        [row] = later.collection_ids.filtered(lambda row: row.move_id == credit)
        self.assertEqual((row.rate, row.total, row.vat), (20.0, -4500.0, -750.0), "it goes back to the customer")
        for syntax, content in (("UBL", self._ubl(credit)), ("CII", self._cii(credit))):
            self.assertEqual([number for number, _day in self._preceding(content)], [deposit.name])
            self.assertIn(b"503", content, "the credit note of a deposit, as XP Z12-014 has it")
            self.assertLessEqual(Judge.broken_rules(content), BROKEN_BY_ODOO[syntax], syntax)
        self._check_read_back(credit)
        self.customer.invoice_sending_method = "peppol"
        self.assertNotIn(b"503", self._ubl(credit))

    def test_12_the_buyers_credit_note_is_a_receivable(self):
        order = self._agreed("purchase.order", (5000, "20% G"))
        commitment = self._confirmed(order)
        self._set_off_commitment(commitment, 450000)
        deposit = self.env["account.move"].browse(commitment.action_draft_deposit_bill()["res_id"])
        deposit.ref = "QR/ACO/2"
        deposit.action_post()
        credit = deposit._reverse_moves([{"ref": "QR/AV/2", "invoice_date": "2026-11-22"}], cancel=False)
        credit.action_post()
        self._exchange()
        declared = self._declared()["QR/AV/2"]
        self.assertEqual((declared["side"], declared["amount_open"]), ("receivable", 450000))
        bill = self._bill(4500, ref="QR-9")
        later = self._booked_round({credit: 450000, bill: 450000}, decided_at="2026-11-22T11:00:00Z")
        item = later.line_ids.filtered(lambda line: line.side == "receivable").item_ids
        self.assertEqual((item.account_id.code[:3], item.credit), ("401", 4500.0))
        self.assertEqual(credit.amount_residual, 0.0)
        self.assertFalse(later.line_ids.filtered(lambda line: line.side == "receivable" and line.excess))

    def test_13_two_deposits_on_one_order_are_each_split_by_rate_and_both_deducted(self):
        order = self._agreed("sale.order", (2345.67, "20% G"), (987.65, "5.5% G"))
        commitment = self._confirmed(order)
        first = self._deposit_of(self._set_off_commitment(commitment, 260000))
        self._exchange()
        self.assertEqual(commitment.matched_amount, 1256.77)
        second = self._deposit_of(
            self._set_off_commitment(commitment, 100000, number=2, decided_at="2026-11-22T11:00:00Z")
        )
        self.assertEqual(self._by_rate(second), {20.0: [608.20, 121.64], 5.5: [256.08, 14.08]})
        final = order._create_invoices(final=True)
        final.action_post()
        self.assertEqual(self._by_rate(final), {20.0: [156.16, 31.23], 5.5: [65.76, 3.62]})
        self.assertEqual((final.amount_total, commitment.set_off), (256.77, 3600.0))
        self.assertEqual(fec.check(*self._export_fec()), [])
        self.assertNotIn("4191", self._items(first | second | final))
        self.assertEqual([number for number, _day in self._preceding(self._cii(final))], [first.name, second.name])

    def test_14_vat_on_a_deposit_for_services_falls_due_with_the_set_off(self):
        self.service.invoice_policy = "order"
        order = self._agreed("sale.order", (1000, "20% S"), product=self.service)
        commitment = self._confirmed(order)
        notice = self._set_off_commitment(commitment, 60000)
        deposit = self._deposit_of(notice)
        [row] = notice.collection_ids.filtered(lambda row: row.move_id == deposit)
        self.assertRecordValues(row, [{"total": 600.0, "vat": 100.0, "date": notice.decision_date}])
        self.assertEqual(self._vat_due(deposit), 100.0)
        final = order._create_invoices(final=True)
        final.write({"invoice_date": "2026-11-22"})
        final.action_post()
        self.assertEqual(self._vat_due(deposit | final), 100.0, "nothing of the rest is collected yet")
        later = self._set_off(final, 60000, decided_at="2026-11-22T12:00:00Z")
        self.assertEqual(later.collection_ids.filtered(lambda row: row.move_id == final).vat, 100.0)
        self.assertEqual(self._vat_due(deposit | final), 200.0)

    def _vat_due(self, moves):
        """What cash-basis entries of these documents put on the account of VAT to be paid."""
        entries = self.env["account.move"].search([("tax_cash_basis_origin_move_id", "in", moves.ids)])
        return -self._items(entries).get("44571", 0.0)
