"""The seller's side: posts its invoices and exports each as Peppol UBL with Odoo's own exporter."""

import json
from datetime import date
from pathlib import Path

from odoo.api import Environment

from demo.firms import BY_KEY, Firm
from demo.scenario import Invoice, invoices


def post(env: Environment, firm: Firm, today: date, folder: Path) -> int:
    """Leaves `folder`/<order>.xml for each invoice and, at last, `folder`/sales-<firm>.json: order → number."""
    env["account.journal"].search([("type", "=", "sale")], limit=1).code = "FAC"
    numbers: dict[str, str] = {}
    for invoice in invoices(today):
        if invoice.seller != firm.key:
            continue
        move = _create(env, invoice)
        move.action_post()
        cents = round(move.amount_total * 100)
        if cents != invoice.total:
            raise RuntimeError(f"{firm.name}: invoice {move.name} came to {cents} cents instead of {invoice.total}")
        content, errors = env["account.edi.xml.ubl_bis3"]._export_invoice(move)
        if errors:
            raise RuntimeError(f"{firm.name}: invoice {move.name} cannot be exported as UBL: {'; '.join(errors)}")
        (folder / f"{invoice.order}.xml").write_bytes(content)
        numbers[invoice.order] = move.name
    written = folder / f"sales-{firm.key}.part"
    written.write_text(json.dumps(numbers, indent=1))
    written.rename(folder / f"sales-{firm.key}.json")
    return len(numbers)


def _create(env: Environment, invoice: Invoice):
    products = {product.name: product for product in env["product.product"].search([("sale_ok", "=", True)])}
    return env["account.move"].create(
        {
            "move_type": "out_invoice",
            "partner_id": env["res.partner"].search([("vat", "=", BY_KEY[invoice.buyer].vat)]).id,
            "invoice_date": invoice.issued,
            "invoice_date_due": invoice.due,
            "invoice_payment_term_id": False,
            "ref": invoice.order,
            "invoice_line_ids": [
                (0, 0, {"product_id": products[line.product.name].id, "quantity": line.quantity})
                for line in invoice.lines
            ],
        }
    )
