from odoo import models

from .account_move import DEPOSIT_CREDIT_NOTE, DEPOSIT_INVOICE

#: What Odoo's importer has to take these types of document for; it knows 380 and 381 only.
READ_AS = {DEPOSIT_INVOICE: "invoice", DEPOSIT_CREDIT_NOTE: "refund"}


class AccountEdiXmlCii(models.AbstractModel):
    _inherit = "account.edi.xml.cii"

    def _get_exchanged_document_vals(self, invoice):
        values = super()._get_exchanged_document_vals(invoice)
        values["type_code"] = invoice._bizoverbiz_document_type() or values["type_code"]
        if note := invoice._bizoverbiz_edi_values().get("note"):
            values["included_note"] = " ".join(filter(None, (values["included_note"], note)))
        return values

    def _export_invoice_vals(self, invoice):
        values = super()._export_invoice_vals(invoice)
        set_off = invoice._bizoverbiz_edi_values()
        values["payment_means_code"] = set_off.get("payment_means") or values["payment_means_code"]
        # The template prints the business process and this due date where the invoice is wholly paid.
        values["bizoverbiz_process"] = set_off.get("process")
        values["bizoverbiz_due_date"] = set_off.get("due_date")
        values["bizoverbiz_preceding"] = invoice._bizoverbiz_preceding()
        values["bizoverbiz_clearing"] = bool(set_off.get("payment_means"))
        return values

    def _export_invoice_constraints(self, invoice, vals):
        constraints = super()._export_invoice_constraints(invoice, vals)
        if vals["bizoverbiz_clearing"]:
            # Nothing is left to pay: no bank account to pay it to.
            constraints.pop("seller_payment_instructions_1", None)
            constraints.pop("seller_payment_instructions_2", None)
        return constraints

    def _get_import_document_amount_sign(self, tree):
        """A deposit invoice and its credit note, which Odoo would import as empty drafts."""
        code = tree.find("./{*}ExchangedDocument/{*}TypeCode")
        if code is not None and code.text in READ_AS:
            return READ_AS[code.text], 1
        return super()._get_import_document_amount_sign(tree)
