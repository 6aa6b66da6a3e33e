"""A sale that two firms of the demonstration agree on, from their orders to the final invoice."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from demo import rounds
from demo.firms import Firm
from demo.member import Member, everybody
from demo.odoo_client import Odoo
from demo.progress import wait_for
from demo.run import Demo

FIELDS = ["reference", "state", "set_off", "open_deposit"]


@dataclass
class AgreedSale:
    """Each firm's administrator keeps the orders, its accountant registers, approves and books."""

    seller: Member
    buyer: Member
    #: In euros, before VAT at the normal rate.
    net: int
    orders: dict[str, int] = field(default_factory=dict)
    commitments: dict[str, int] = field(default_factory=dict)

    def order(self) -> None:
        """Both firms enter and confirm the order."""
        self.orders["sale.order"] = _order(self.seller.admin, "sale.order", self.buyer.firm, self.net)
        self.orders["purchase.order"] = _order(self.buyer.admin, "purchase.order", self.seller.firm, self.net)

    def agree(self) -> None:
        """They register their orders too, under the reference that the engine makes."""
        self.order()
        for model, member in self._sides():
            # What the partner has registered is there before the same is entered here: not while it is.
            member.exchange()
            opened = member.accountant.call(model, "action_bizoverbiz_commit", [self.orders[model]])
            self.commitments[model] = opened["res_id"]
            if model == "purchase.order":
                reference = self.commitment("sale.order")["reference"]
                member.accountant.call(
                    "bizoverbiz.commitment", "write", [opened["res_id"]], vals={"reference": reference}
                )
            assert member.accountant.call("bizoverbiz.commitment", "action_register", [opened["res_id"]]) is True

    def _sides(self) -> tuple[tuple[str, Member], ...]:
        return ("sale.order", self.seller), ("purchase.order", self.buyer)

    def commitment(self, model: str) -> dict[str, Any]:
        """As the seller's (`sale.order`) or the buyer's (`purchase.order`) books have it."""
        odoo = dict(self._sides())[model].accountant
        (found,) = odoo.search_read("bizoverbiz.commitment", [("id", "=", self.commitments[model])], FIELDS)
        return found

    def deposit_invoice(self) -> dict[str, Any]:
        """The deposit invoice that the seller's booking has issued."""
        (found,) = self.invoices("sale.order")
        return found

    def invoices(self, model: str) -> list[dict[str, Any]]:
        odoo = dict(self._sides())[model].accountant
        fields = ["name", "ref", "state", "payment_state", "amount_total", "amount_tax", "amount_residual", "move_type"]
        domain = [("bizoverbiz_commitment_id", "=", self.commitments[model])]
        return odoo.search_read("account.move", domain, fields, order="id")

    def enter_deposit_bill(self) -> dict[str, Any]:
        """The buyer drafts the deposit bill from the commitment, and posts it under the vendor's number."""
        odoo = self.buyer.accountant
        drafted = odoo.call("bizoverbiz.commitment", "action_draft_deposit_bill", [self.commitments["purchase.order"]])
        _post(odoo, drafted["res_id"], self.deposit_invoice()["name"])
        (found,) = self.invoices("purchase.order")
        return found

    def invoice_finally(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """What is left is invoiced and billed from the orders; the final invoice and the final bill."""
        odoo = self.seller.admin
        order = self.orders["sale.order"]
        (wizard,) = odoo.call(
            "sale.advance.payment.inv",
            "create",
            vals_list=[{"advance_payment_method": "delivered", "sale_order_ids": [(6, 0, [order])]}],
        )
        odoo.call("sale.advance.payment.inv", "create_invoices", [wizard])
        drafts = [invoice["id"] for invoice in self.invoices("sale.order") if invoice["state"] == "draft"]
        odoo.call("account.move", "action_post", drafts)
        invoice = self.invoices("sale.order")[-1]
        billed = self.buyer.admin.call("purchase.order", "action_create_invoice", [self.orders["purchase.order"]])
        _post(self.buyer.admin, billed["res_id"], invoice["name"])
        return invoice, self.invoices("purchase.order")[-1]

    def check_deposit(self) -> None:
        """The seller has invoiced what was set off, the buyer's bill takes it off the account of deposits paid."""
        sold, bought = (self.commitment(model) for model in self.orders)
        assert sold["set_off"] == bought["set_off"] == bought["open_deposit"] >= 4_800
        deposit = self.deposit_invoice()
        assert (deposit["payment_state"], deposit["amount_total"]) == ("paid", sold["set_off"])
        bill = self.enter_deposit_bill()
        assert (bill["payment_state"], bill["amount_tax"]) == ("paid", deposit["amount_tax"])
        assert self.commitment("purchase.order")["open_deposit"] == 0

    def check_final_invoice(self) -> None:
        """Over both documents the sale bears its amount and its VAT, in both firms' books; it is fulfilled."""
        deposit = self.deposit_invoice()
        for final in self.invoice_finally():
            assert final["amount_residual"] == final["amount_total"]
            assert round(final["amount_total"] + deposit["amount_total"], 2) == self.net * 1.2
            assert round(final["amount_tax"] + deposit["amount_tax"], 2) == self.net * 0.2
        numbers = {deposit["name"], final["ref"]}

        def agreed() -> bool:
            fulfilled = self._is_fulfilled()
            return fulfilled and not numbers & {found["number"] for found in self.buyer.discrepancies()}

        wait_for("the final invoice to fulfil the commitment and to be in both firms' books", agreed, 60)

    def _is_fulfilled(self) -> bool:
        everybody([self.seller, self.buyer], Member.exchange)
        return {self.commitment(model)["state"] for model in self.orders} == {"fulfilled"}


def set_off_an_order(demo: Demo) -> AgreedSale:
    """A round of all firms that sets off a part of an order of 60,000.00; everybody has booked it."""
    # What is posted goes first: the buyer's open invoices to the seller close the loop with the order.
    sale, other = sale_and_return(demo)
    for one in (sale, other):
        one.agree()
    number = rounds.propose(demo.stack, demo.members)
    rounds.approve_all_but(demo.members, number, waiting="")
    rounds.book(demo.stack, demo.members, number)
    return sale


def sale_and_return(demo: Demo) -> tuple[AgreedSale, AgreedSale]:
    """A sale, and one the other way round, so that there is a loop whatever the earlier rounds have left of those."""
    firms = {member.firm.key: member for member in demo.members}
    return AgreedSale(firms["kerbrat"], firms["morin"], 50_000), AgreedSale(firms["morin"], firms["kerbrat"], 4_000)


def _order(odoo: Odoo, model: str, other: Firm, net: int) -> int:
    """A confirmed order of today over one product, to be delivered in four months."""
    sold = model == "sale.order"
    today = date.today()
    later = f"{today + timedelta(days=120)} 09:00:00"
    (partner,) = odoo.search_read("res.partner", [("company_registry", "=", other.siret)], ["id"])
    tax = odoo.search_read(
        "account.tax",
        [
            ("type_tax_use", "=", "sale" if sold else "purchase"),
            ("amount", "=", 20),
            ("tax_exigibility", "=", "on_invoice"),
            ("tax_scope", "=", "consu"),
            ("price_include_override", "!=", "tax_included"),
        ],
        ["id"],
        limit=1,
    )[0]
    (product,) = odoo.call(
        "product.product",
        "create",
        vals_list=[
            {"name": "Ligne de sciage", "type": "consu", "invoice_policy": "order", "purchase_method": "purchase"}
        ],
    )
    line = {"product_id": product, "price_unit": net, "tax_ids": [(6, 0, [tax["id"]])]}
    line |= {"product_uom_qty": 1} if sold else {"product_qty": 1, "date_planned": later}
    values = {"partner_id": partner["id"], "payment_term_id": False, "order_line": [(0, 0, line)]}
    (order,) = odoo.call(model, "create", vals_list=[values | ({"commitment_date": later} if sold else {})])
    odoo.call(model, "action_confirm" if sold else "button_confirm", [order])
    return order


def _post(odoo: Odoo, bill: int, number: str) -> None:
    odoo.call("account.move", "write", [bill], vals={"ref": number, "invoice_date": f"{date.today()}"})
    odoo.call("account.move", "action_post", [bill])
