import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from lxml import etree
from odoo import Command
from odoo.addons.bizoverbiz_compensation.tests.common import SetOffCase

RAM = "{urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100}"
CBC = "{urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2}"
CAC = "{urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2}"


def _lift_memory_limit():
    """Odoo limits its own address space; Saxon reserves more than that."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (hard, hard))


class Judge:
    """The process that knows the rules, started at first need and shared by all tests."""

    process = None

    @classmethod
    def broken_rules(cls, content):
        if cls.process is None or cls.process.poll() is not None:
            cls.process = subprocess.Popen(
                [sys.executable, str(Path(__file__).with_name("schematron.py"))],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                preexec_fn=_lift_memory_limit,
            )
        with tempfile.NamedTemporaryFile(suffix=".xml") as file:
            file.write(content)
            file.flush()
            cls.process.stdin.write(f"{file.name}\n")
            cls.process.stdin.flush()
            answer = json.loads(cls.process.stdout.readline())
        if "error" in answer:
            raise AssertionError(answer["error"])
        return set(answer["broken"])

    @classmethod
    def stop(cls):
        if cls.process:
            cls.process.stdin.close()
            cls.process.stdout.close()
            cls.process.kill()
            cls.process.wait()
            cls.process = None


class ElectronicInvoiceCase(SetOffCase):
    """Firms with everything an electronic invoice needs."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        france = cls.env.ref("base.fr").id
        cls.company.write(
            {
                "vat": "FR96552100554",
                "email": "compta@morin.example",
                "phone": "+33 4 77 00 00 01",
                "street": "1 rue de la Scierie",
                "zip": "42600",
                "city": "Montbrison",
                "country_id": france,
            }
        )
        cls.customer.write(
            {
                "vat": "FR44732829320",
                "email": "compta@forez.example",
                "phone": "+33 4 77 00 00 02",
                "street": "2 route de Boën",
                "zip": "42130",
                "city": "Boën",
                "invoice_edi_format": "ubl_bis3",
            }
        )
        cls.bank = cls.env["res.partner.bank"].create(
            {
                "acc_number": "FR1420041010050500013M02606",
                "partner_id": cls.company.partner_id.id,
                "allow_out_payment": True,
            }
        )
        cls.goods = cls._product("Planks", "consu")
        cls.service = cls._product("Joinery", "service")
        cls.addClassCleanup(Judge.stop)

    @classmethod
    def _product(cls, name, kind):
        return cls.env["product.product"].create({"name": name, "type": kind, "taxes_id": [Command.clear()]})

    @classmethod
    def _tax(cls, name, use="sale"):
        tax = (
            cls.env["account.tax"]
            .with_context(active_test=False)
            .search([("company_id", "=", cls.company.id), ("name", "=", name), ("type_tax_use", "=", use)])
        )
        tax.active = True
        return tax

    @classmethod
    def _sale(cls, *lines, post=True, move_type="out_invoice", partner=None, due="2026-10-31", **values):
        """An invoice of 2026-09-01; each line is (product, price before tax, tax's name)."""
        incoming = move_type.startswith("in")
        move = cls.env["account.move"].create(
            {
                "move_type": move_type,
                "partner_id": (partner or (cls.vendor if incoming else cls.customer)).id,
                "invoice_date": "2026-09-01",
                "invoice_date_due": due,
                "partner_bank_id": False if incoming else cls.bank.id,
                "ref": "F-1" if incoming else False,
                "invoice_line_ids": [
                    Command.create(
                        {
                            "product_id": product.id,
                            "name": product.name,
                            "price_unit": price,
                            "tax_ids": [
                                Command.set(cls._tax(tax, "purchase" if incoming else "sale").ids if tax else [])
                            ],
                        }
                    )
                    for product, price, tax in lines
                ],
                **values,
            }
        )
        if post:
            move.action_post()
        return move

    def _set_off(self, invoice, cents, **decision):
        """Set off so much of the invoice against a bill of the vendor without VAT; returns the notice."""
        other = self._bill(cents / 100, ref=f"QR-{invoice.id}-{cents}")
        return self._booked_round({invoice: cents, other: cents}, **decision)

    def _ubl(self, invoice):
        content, errors = self.env["account.edi.xml.ubl_bis3"]._export_invoice(invoice)
        self.assertFalse(errors)
        return content

    def _cii(self, invoice):
        content, errors = self.env["account.edi.xml.cii"]._export_invoice(invoice)
        self.assertFalse(errors)
        return content

    def _terms(self, content):
        """The business terms that a set-off may change, by their names in EN 16931, alike for both syntaxes."""
        tree = etree.fromstring(content)
        if tree.tag.endswith("CrossIndustryInvoice"):
            paths = {
                "BT-3": f".//{RAM}TypeCode",
                "BT-9": f".//{RAM}DueDateDateTime/*",
                "BT-22": f".//{RAM}IncludedNote/{RAM}Content",
                "BT-23": f".//{RAM}BusinessProcessSpecifiedDocumentContextParameter/{RAM}ID",
                "BT-81": f".//{RAM}SpecifiedTradeSettlementPaymentMeans/{RAM}TypeCode",
                "BT-84": f".//{RAM}PayeePartyCreditorFinancialAccount/{RAM}IBANID",
                "BT-112": f".//{RAM}GrandTotalAmount",
                "BT-113": f".//{RAM}TotalPrepaidAmount",
                "BT-115": f".//{RAM}DuePayableAmount",
            }
        else:
            paths = {
                "BT-3": f"./{CBC}InvoiceTypeCode",
                "BT-9": f"./{CBC}DueDate",
                "BT-22": f"./{CBC}Note",
                "BT-23": f"./{CBC}ProfileID",
                "BT-81": f".//{CBC}PaymentMeansCode",
                "BT-84": f".//{CAC}PayeeFinancialAccount/{CBC}ID",
                "BT-112": f".//{CBC}TaxInclusiveAmount",
                "BT-113": f".//{CBC}PrepaidAmount",
                "BT-115": f".//{CBC}PayableAmount",
            }
        terms = {}
        for name, path in paths.items():
            values = [element.text for element in tree.findall(path)]
            if name != "BT-3":
                self.assertLessEqual(len(values), 1, f"{name} stands there more than once")
            terms[name] = values[0] if values else None
        if terms["BT-9"]:
            terms["BT-9"] = terms["BT-9"].replace("-", "")
        return terms

    def _export_fec(self):
        """The year's accounting entries as Odoo exports them: content and name of the file."""
        wizard = self.env["l10n_fr.fec.export.wizard"].create(
            {"date_from": "2026-01-01", "date_to": "2026-12-31", "test_file": True}
        )
        export = wizard.generate_fec()
        return export["file_content"], export["file_name"]
