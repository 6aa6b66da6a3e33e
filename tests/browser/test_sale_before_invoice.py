"""An order is set off before it is invoiced, as seller and buyer see it, from its button to the final invoice."""

import pytest

from demo import rounds
from demo.member import Member, everybody
from tests.agreed_sale import sale_and_return

COMMITMENTS = "bizoverbiz_compensation_order.bizoverbiz_commitment_action"


@pytest.fixture(scope="module")
def sale(demo, answered):
    agreed, other = sale_and_return(demo)
    agreed.order()
    other.agree()
    return agreed


def _commitment(sale, model):
    """Its record in the books of the seller or the buyer."""
    side, member, other = {
        "sale.order": ("receivable", sale.seller, sale.buyer),
        "purchase.order": ("payable", sale.buyer, sale.seller),
    }[model]
    domain = [("side", "=", side), ("partner_id.bizoverbiz_identifier", "=", other.firm.siren)]
    (found,) = member.accountant.search_read("bizoverbiz.commitment", domain, ["reference", "state"])
    return found


def test_the_seller_registers_its_order_from_the_button(window, sale):
    screen = window(sale.seller.firm.key).open("sale.action_orders", sale.orders["sale.order"])
    page = screen.page
    screen.picture("order")
    page.click("button[name=action_bizoverbiz_commit]")
    page.wait_for_selector("button[name=action_register]:visible")
    screen.picture("commitment-draft")
    page.click("button[name=action_register]:visible")
    page.wait_for_selector("button[name=action_withdraw]:visible")
    screen.picture("commitment-registered")
    sale.commitments["sale.order"] = _commitment(sale, "sale.order")["id"]
    assert sale.commitment("sale.order")["state"] == "one_sided"


def test_the_buyer_finds_it_chooses_its_order_and_confirms(window, sale):
    everybody([sale.buyer], Member.exchange)
    found = _commitment(sale, "purchase.order")
    sale.commitments["purchase.order"] = found["id"]
    assert (found["state"], found["reference"]) == ("to_confirm", sale.commitment("sale.order")["reference"])
    screen = window(sale.buyer.firm.key).open(COMMITMENTS)
    screen.picture("commitments")
    page = screen.open(COMMITMENTS, found["id"]).page
    screen.picture("commitment-to-confirm")
    (order,) = sale.buyer.admin.search_read(
        "purchase.order", [("id", "=", sale.orders["purchase.order"])], ["display_name", "name"]
    )
    page.fill("div[name=purchase_order_id] input", order["name"])
    page.click(f".o-autocomplete--dropdown-item:has-text('{order['name']}')")
    page.click("button[name=action_register]:visible")
    page.wait_for_selector("button[name=action_withdraw]:visible")
    screen.picture("commitment")
    assert sale.commitment("purchase.order")["state"] == "matched"


def test_it_is_approved_on_the_statement_and_becomes_a_deposit(window, demo, sale):
    everybody(demo.members, Member.exchange)
    number = rounds.propose(demo.stack, demo.members)
    statement = sale.seller.statement(number)
    screen = window(sale.seller.firm.key)
    page = screen.open("bizoverbiz_compensation.bizoverbiz_statement_action", statement["id"]).page
    screen.picture("statement-with-commitment")
    assert sale.commitment("sale.order")["reference"] in page.locator(".o_form_view").inner_text()
    rounds.approve_all_but(demo.members, number, waiting="")
    rounds.book(demo.stack, demo.members, number)
    screen.open(COMMITMENTS, sale.commitments["sale.order"])
    screen.picture("commitment-set-off")
    page.click("button[name=action_open_documents]")
    screen.picture("deposit-invoice")
    deposit = sale.deposit_invoice()
    assert deposit["name"] in page.locator(".o_action_manager").inner_text()
    assert deposit["payment_state"] == "paid"


def test_the_buyer_enters_the_deposit_bill_from_the_commitment(window, sale):
    screen = window(sale.buyer.firm.key).open(COMMITMENTS, sale.commitments["purchase.order"])
    page = screen.page
    screen.picture("commitment-open-deposit")
    page.click("button[name=action_draft_deposit_bill]")
    page.wait_for_selector("button[name=action_post]:visible")
    page.fill("div[name=ref] input >> visible=true", sale.deposit_invoice()["name"])
    screen.picture("deposit-bill-draft")
    page.click("button[name=action_post]:visible")
    page.wait_for_selector("button[name=action_post]", state="detached")
    screen.picture("deposit-bill")
    assert sale.commitment("purchase.order")["open_deposit"] == 0


def test_the_final_invoice_deducts_the_deposit(window, sale):
    sale.invoice_finally()
    for member, model, name in (
        (sale.seller, "sale.order", "final-invoice"),
        (sale.buyer, "purchase.order", "final-bill"),
    ):
        final = max(sale.invoices(model), key=lambda one: one["id"])
        action = (
            "account.action_move_out_invoice_type" if name == "final-invoice" else "account.action_move_in_invoice_type"
        )
        screen = window(member.firm.key).open(action, final["id"])
        screen.picture(name)
        assert final["amount_residual"] == final["amount_total"] > 0
