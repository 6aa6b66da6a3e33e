"""The buyer's side: imports what was sent with Odoo's own importer, and does with it what the scenario says."""

import json
import time
from datetime import date
from pathlib import Path

from odoo.api import Environment

from demo.firms import BY_KEY, Firm
from demo.scenario import BuyerDid, Invoice, invoices

TAX = {True: "tva_acq_encaissement", False: "tva_acq_normale"}


#: Seconds the other firms may take to post and send their sales.
PATIENCE = 300


def record(env: Environment, firm: Firm, today: date, folder: Path) -> int:
    count = 0
    journal = env["account.journal"].search([("type", "=", "purchase")], limit=1)
    for invoice in invoices(today):
        if invoice.buyer != firm.key or invoice.buyer_did is BuyerDid.NOTHING:
            continue
        number = _sales(folder, invoice.seller)[invoice.order]
        attachment = env["ir.attachment"].create(
            {
                "name": f"{number.replace('/', '_')}.xml",
                "raw": (folder / f"{invoice.order}.xml").read_bytes(),
                "mimetype": "application/xml",
            }
        )
        bill = journal.with_context(default_move_type="in_invoice")._create_document_from_attachment(attachment.ids)
        _code(env, bill, invoice)
        _check_draft(firm, bill, invoice, number)
        if invoice.buyer_did is BuyerDid.OTHER_AMOUNT:
            bill.invoice_line_ids[0].quantity -= 1
        bill.action_post()
        _check_total(firm, bill, invoice)
        if invoice.buyer_did is BuyerDid.DISPUTED:
            bill.action_toggle_block_payment()
            bill.message_post(body="Prestation contestée : l'intervention facturée n'a pas eu lieu.")
        count += 1
    return count


def _sales(folder: Path, seller: str) -> dict[str, str]:
    """The seller's order → number, as soon as it has sent everything."""
    path = folder / f"sales-{seller}.json"
    deadline = time.monotonic() + PATIENCE
    while not path.exists():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {PATIENCE} s in vain for {path}: {seller}'s sales were not sent")
        time.sleep(0.2)
    return json.loads(path.read_text())


def _code(env: Environment, bill, invoice: Invoice) -> None:
    """Puts each line on its expense account and service lines on the tax due when paid, as an accountant would."""
    chart = env["account.chart.template"]
    by_name = {line.product.name: line.product for line in invoice.lines}
    for line in bill.invoice_line_ids:
        product = by_name.get(line.name.splitlines()[0])
        if product is None:
            raise RuntimeError(f"{invoice.order}: imported line {line.name!r} is not on the invoice")
        account = env["account.account"].search([("code", "=", product.account)])
        line.write({"account_id": account.id, "tax_ids": [(6, 0, chart.ref(TAX[product.service]).ids)]})


def _check_draft(firm: Firm, bill, invoice: Invoice, number: str) -> None:
    expected = {
        "type": "in_invoice",
        "number": number,
        "partner": BY_KEY[invoice.seller].vat,
        "issued": invoice.issued,
        "due": invoice.due,
        "total": invoice.total,
    }
    found = {
        "type": bill.move_type,
        "number": bill.ref,
        "partner": bill.partner_id.vat,
        "issued": bill.invoice_date,
        "due": bill.invoice_date_due,
        "total": round(bill.amount_total * 100),
    }
    wrong = [f"{name} {found[name]!r} instead of {value!r}" for name, value in expected.items() if found[name] != value]
    if wrong:
        raise RuntimeError(f"{firm.name}: {invoice.order} was imported wrongly: {'; '.join(wrong)}")


def _check_total(firm: Firm, bill, invoice: Invoice) -> None:
    cents = round(bill.amount_total * 100)
    if bill.state != "posted" or cents != invoice.recorded_total:
        raise RuntimeError(
            f"{firm.name}: bill {bill.ref} is {bill.state} at {cents} cents, not posted at {invoice.recorded_total}"
        )
