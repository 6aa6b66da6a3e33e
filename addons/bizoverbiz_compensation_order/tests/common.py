from datetime import datetime

from odoo import Command
from odoo.addons.bizoverbiz_compensation_edi.tests.common import ElectronicInvoiceCase


class CommitmentCase(ElectronicInvoiceCase):
    """Atelier Morin sells pumps to Bois du Forez and buys timber from Quincaillerie Roux, before any invoice."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids += cls.env.ref("sales_team.group_sale_manager")
        cls.company._bizoverbiz_ensure_deposit_accounts()
        cls.goods.write({"invoice_policy": "order", "purchase_method": "purchase"})
        cls.approver.group_ids += cls.env.ref("account.group_account_invoice")

    @classmethod
    def _agreed(cls, model, *lines, partner=None, product=None, **values):
        """A confirmed order of 2026-11-01 to be delivered in March; each line is (price, tax's name)."""
        selling = model == "sale.order"
        price, use = ("price_unit", "sale") if selling else ("price_unit", "purchase")
        quantity = "product_uom_qty" if selling else "product_qty"
        order = cls.env[model].create(
            {
                "partner_id": (partner or (cls.customer if selling else cls.vendor)).id,
                "date_order": datetime(2026, 11, 1, 9),
                "payment_term_id": False,
                **({"commitment_date": datetime(2027, 3, 31, 9)} if selling else {}),
                "order_line": [
                    Command.create(
                        {
                            "product_id": (product or cls.goods).id,
                            "name": f"Pump {number}",
                            quantity: 1,
                            price: amount,
                            "tax_ids": [Command.set(cls._tax(tax, use).ids)],
                            **({} if selling else {"date_planned": datetime(2027, 3, 31, 9)}),
                        }
                    )
                    for number, (amount, tax) in enumerate(lines, start=1)
                ],
                **values,
            }
        )
        order.action_confirm() if selling else order.button_confirm()
        order.write({"date_order" if selling else "date_approve": datetime(2026, 11, 1, 9)})
        return order

    def _commit(self, order, user=None):
        """What the button on the order opens, as the approver sees it."""
        action = order.with_user(user or self.approver).sudo(False).action_bizoverbiz_commit()
        return self.env["bizoverbiz.commitment"].with_user(user or self.approver).browse(action["res_id"])

    def _confirmed(self, order):
        """A commitment that both sides have registered alike."""
        commitment = self._commit(order)
        commitment.action_register()
        identifier = commitment.partner_id._bizoverbiz_identifier()
        self.engine.register_theirs(commitment.side, identifier, reference=commitment.reference)
        self._exchange()
        self.assertEqual(commitment.state, "matched")
        return commitment

    def _set_off_commitment(self, commitment, cents, decided_at="2026-11-22T10:00:00Z", **proposal):
        """A round that sets off so much of the commitment against an invoice or bill without VAT."""
        incoming = commitment.side == "receivable"
        other = self._bill(cents / 100, ref=f"QR-{cents}") if incoming else self._invoice(cents / 100)
        self._exchange()
        amounts = {self._reference(other): cents, commitment.reference: cents}
        self.engine.propose(amounts, **proposal)
        self._exchange()
        self._statement().action_approve()
        self.decided = self.engine.decide(amounts, decided_at=decided_at)
        self._exchange()
        return self._notices()[-1:]

    def _deposit_of(self, notice):
        self.assertEqual(notice.state, "booked", notice.error)
        return notice.line_ids.filtered("commitment_id").move_id

    def _items(self, moves):
        """Lines of entries as (first four digits of the account, debit, credit), sorted and added up by account."""
        totals = {}
        for line in moves.line_ids.filtered(lambda line: line.account_id):
            code = line.account_id.code
            code = code[:5] if code.startswith("445") else code[:4] if code[:3] in ("409", "419") else code[:3]
            totals[code] = totals.get(code, 0.0) + line.balance
        return {code: round(balance, 2) for code, balance in sorted(totals.items()) if round(balance, 2)}
