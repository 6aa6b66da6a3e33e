"""An agreed sale and an agreed purchase, set off against each other before they are invoiced."""

from odoo import Command, fields

CENTS = 300000


def set_off_orders(env, engine, membership) -> None:
    """Orders of 5,000.00 each, registered by both sides; a round sets 3,000.00 off of either."""
    product = env["product.product"].create({"name": "Ligne de sciage", "type": "consu"})
    references = []
    for model, partner in (("sale.order", "Bois du Forez"), ("purchase.order", "Quincaillerie Roux")):
        order = _order(env, model, partner, product)
        commitment = env["bizoverbiz.commitment"].browse(order.action_bizoverbiz_commit()["res_id"])
        commitment.action_register()
        counterpart = commitment.partner_id._bizoverbiz_identifier()
        references.append(engine.register_theirs(commitment.side, counterpart, reference=commitment.reference))
    membership._exchange_safely()
    amounts = dict.fromkeys(references, CENTS)
    engine.propose(amounts, number=2, deadline="2099-12-01T12:00:00Z")
    membership._exchange_safely()
    env["bizoverbiz.statement"].search([("round", "=", 2)]).action_approve()
    engine.decide(amounts, decided_at="2026-11-23T10:00:00Z")
    membership._exchange_safely()


def _order(env, model: str, partner: str, product):
    sold = model == "sale.order"
    later = fields.Datetime.add(fields.Datetime.now(), days=90)
    line = {"product_id": product.id, "price_unit": 5000, "tax_ids": [Command.clear()]}
    line |= {"product_uom_qty": 1} if sold else {"product_qty": 1, "date_planned": later}
    order = env[model].create(
        {
            "partner_id": env["res.partner"].search([("name", "=", partner)]).id,
            "payment_term_id": False,
            "order_line": [Command.create(line)],
            **({"commitment_date": later} if sold else {}),
        }
    )
    order.action_confirm() if sold else order.button_confirm()
    return order
