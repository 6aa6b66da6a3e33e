from odoo import models


class AccountEdiXmlUBL20(models.AbstractModel):
    _inherit = "account.edi.xml.ubl_20"

    def _get_invoice_node(self, vals):
        # Here every format of the UBL family has built its document: BIS Billing 3 and national rules included.
        document_node = super()._get_invoice_node(vals)
        invoice = vals["invoice"]
        self._bizoverbiz_cite(document_node, invoice)
        if code := invoice._bizoverbiz_document_type():
            kind = "cbc:CreditNoteTypeCode" if vals["document_type"] == "credit_note" else "cbc:InvoiceTypeCode"
            document_node[kind] = {"_text": code}
        if vals["document_type"] == "invoice" and invoice.is_sale_document():
            self._bizoverbiz_tell_set_offs(document_node, invoice._bizoverbiz_edi_values())
        return document_node

    def _bizoverbiz_cite(self, document_node, invoice):
        if invoice.is_sale_document() and (cited := invoice._bizoverbiz_preceding()):
            document_node["cac:BillingReference"] = [
                {
                    "cac:InvoiceDocumentReference": {
                        "cbc:ID": {"_text": move.name},
                        "cbc:IssueDate": {"_text": move.invoice_date},
                    }
                }
                for move in cited
            ]

    def _bizoverbiz_tell_set_offs(self, document_node, values):
        if note := values.get("note"):
            # Peppol's rule R002 allows one note.
            before = (document_node.get("cbc:Note") or {}).get("_text")
            document_node["cbc:Note"] = {"_text": f"{before} {note}" if before else note}
        if (due_date := values.get("due_date")) and "cbc:DueDate" in document_node:
            document_node["cbc:DueDate"] = {"_text": due_date}
        if process := values.get("process"):
            document_node["cbc:ProfileID"] = {"_text": process}
        if code := values.get("payment_means"):
            means = document_node["cac:PaymentMeans"]
            # A bank account beside it would ask for money.
            means.update({"cbc:PaymentMeansCode": {"_text": code}, "cac:PayeeFinancialAccount": None})
