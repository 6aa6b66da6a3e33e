"""A firm finds a supplier in the directory, makes it a lead, wins it, and their first invoices are set off."""

from datetime import date

from demo import rounds
from demo.member import Member, everybody

SEEKER, FOUND = "kerbrat", "garance"
#: Who has looked around in the demonstration already, and how its screens put the bands.
LOOKED_AROUND, POTENTIAL = "elan", {"Faible", "Moyen", "Élevé"}
ADDON = "bizoverbiz_prospection"


def test_a_profile_is_withdrawn_and_published_again(window):
    screen = window(SEEKER, login="admin").open(f"{ADDON}.bizoverbiz_profile_open_action")
    page = screen.page
    screen.picture("profile")
    page.click("button[name=action_withdraw]")
    page.wait_for_selector("button[name=action_withdraw]", state="detached")
    page.click("button[name=action_publish]")
    page.click(".modal footer .btn-primary")
    page.wait_for_selector("button[name=action_withdraw]")
    screen.picture("profile-published")


def test_a_supplier_is_found_becomes_a_lead_and_is_won(window, members):
    screen = window(SEEKER, login="admin").open(f"{ADDON}.bizoverbiz_search_new_action")
    page = screen.page
    page.fill("div[name=keywords] input", "prise de vue")
    screen.picture("directory-search")
    page.click("button[name=action_search]")
    row = page.locator("tr.o_data_row", has_text=members[FOUND].firm.name)
    row.wait_for()
    screen.picture("directory-hit")
    row.locator(".o_list_record_selector input").check()
    page.click("button[name=action_create_leads]")
    page.wait_for_selector(".modal .o_form_view")
    # The six firms have each other among their contacts: the lead hangs on that one.
    page.check(".modal div[name=include_contacts] input")
    page.wait_for_selector(".modal button[name=action_create]")
    screen.picture("directory-leads")
    page.click(".modal button[name=action_create]")
    page.wait_for_selector(".modal", state="detached")
    odoo = members[SEEKER].admin
    (made,) = odoo.search_read("crm.lead", [("bizoverbiz_identifier", "=", members[FOUND].firm.siren)], ["name"])
    page = screen.open(f"{ADDON}.crm_lead_found_action", made["id"]).page
    page.click("a[name=bizoverbiz_directory]")
    screen.picture("directory-lead-new")
    page.click("button[name=action_set_won_rainbowman]")
    page.wait_for_selector("button[name=action_set_won_rainbowman]", state="detached")
    screen.picture("directory-lead-won")
    (lead,) = odoo.search_read(
        "crm.lead", [("bizoverbiz_identifier", "=", members[FOUND].firm.siren)], ["won_status", "partner_id"]
    )
    assert lead["won_status"] == "won"
    (partner,) = odoo.search_read(
        "res.partner", [("id", "=", lead["partner_id"][0])], ["bizoverbiz_identifier", "is_bizoverbiz_member"]
    )
    assert (partner["bizoverbiz_identifier"], partner["is_bizoverbiz_member"]) == (members[FOUND].firm.siren, True)


def test_who_would_close_a_loop_is_told_on_hits_and_leads(window, members):
    screen = window(LOOKED_AROUND, login="admin").open(f"{ADDON}.bizoverbiz_hit_action")
    page = screen.page
    potential = page.locator("tr.o_data_row td[name=potential]").first
    assert potential.inner_text() in POTENTIAL
    page.mouse.move(0, 0)
    screen.picture("directory-hits")
    (best, *_) = members[LOOKED_AROUND].admin.search_read(
        "crm.lead", [("bizoverbiz_potential", "!=", False)], ["name"], order="id"
    )
    page = screen.open(f"{ADDON}.crm_lead_found_action", best["id"]).page
    page.click("a[name=bizoverbiz_directory]")
    assert page.locator("div[name=bizoverbiz_potential]").inner_text() in POTENTIAL
    page.mouse.move(0, 0)
    screen.picture("directory-lead")


def test_their_first_invoices_are_set_off_in_the_next_round(window, demo, members, answered):
    seeker, found = members[SEEKER], members[FOUND]
    bill = _sell(found, seeker, 480)
    _sell(seeker, found, 300)
    everybody(demo.members, Member.exchange)
    number = rounds.propose(demo.stack, demo.members)
    rounds.approve_all_but(demo.members, number, "")
    rounds.book(demo.stack, demo.members, number)
    (bought,) = seeker.accountant.search_read("account.move", [("id", "=", bill)], ["bizoverbiz_set_off"])
    assert bought["bizoverbiz_set_off"] > 0
    screen = window(SEEKER)
    screen.open("account.action_move_in_invoice_type", bill)
    screen.picture("directory-first-bill")


def _sell(seller: Member, buyer: Member, amount: int) -> int:
    """One sale in both books, posted; the buyer's bill. Other sellers' invoices may bear the same number."""
    invoice = _post(seller, "out_invoice", buyer.firm.siren, amount, {})
    (told,) = seller.admin.call("account.move", "read", [invoice], fields=["name"])
    return _post(buyer, "in_invoice", seller.firm.siren, amount, {"ref": told["name"]})


def _post(member: Member, move_type: str, siren: str, amount: int, more: dict[str, str]) -> int:
    odoo = member.admin
    (partner,) = odoo.search_read(
        "res.partner", [("bizoverbiz_identifier", "=", siren), ("parent_id", "=", False)], ["name"], limit=1
    )
    line = {"name": "Première commande", "quantity": 1, "price_unit": amount, "tax_ids": [(6, 0, [])]}
    values = {
        "move_type": move_type,
        "partner_id": partner["id"],
        "invoice_date": date.today().isoformat(),
        "invoice_line_ids": [(0, 0, line)],
        **more,
    }
    (move,) = odoo.call("account.move", "create", vals_list=[values])
    odoo.call("account.move", "action_post", [move])
    return move
