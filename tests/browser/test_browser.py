"""One firm joins, invites, looks at what does not fit, approves, strikes, and sees entry, invoice and PDF."""

import re

import pytest

from demo import scenario
from demo.member import Member
from demo.odoo_client import Odoo
from demo.rounds import state

STATEMENT = "bizoverbiz_compensation.bizoverbiz_statement_action"
#: Somebody whose statement is answered in the browser by striking a line; not who is left waiting.
STRIKER = "morin"


@pytest.fixture(scope="session")
def members(demo):
    return {member.firm.key: member for member in demo.members}


def test_a_seventh_firm_joins_by_the_button_in_the_settings(window, seventh):
    screen = window(seventh, login="admin").open("account.action_account_config")
    page = screen.page
    button = page.locator("button[name=action_bizoverbiz_join_demonstration]")
    button.scroll_into_view_if_needed()
    screen.picture("settings")
    button.click()
    page.wait_for_selector(".modal div[name=agreement_accepted]")
    screen.picture("joining")
    page.check(".modal div[name=agreement_accepted] input")
    page.click(".modal button[name=action_join]")
    page.wait_for_selector(".modal div[name=done] i.fa-check-circle:visible")
    screen.picture("joined")


def test_the_partners_to_invite_are_ranked_and_a_message_is_drafted(window, seventh):
    screen = window(seventh, login="admin").open("bizoverbiz_compensation.bizoverbiz_invitee_action")
    page = screen.page
    page.wait_for_selector(".o_list_renderer, .o_view_nocontent")
    screen.picture("partners-to-invite")


def test_discrepancies_lead_to_their_way_out(window):
    screen = window("kerbrat").open("bizoverbiz_compensation.bizoverbiz_discrepancy_action")
    page = screen.page
    page.wait_for_selector("tr.o_data_row")
    assert page.locator("tr.o_data_row").count() >= 1
    screen.picture("discrepancies")
    page.locator("tr.o_data_row td.o_data_cell").nth(1).click()
    page.wait_for_selector(".o_form_view")
    screen.picture("discrepancy")


def test_a_line_is_struck_and_a_statement_approved(window, demo, members):
    """The statement that waits: a line of it is struck, the totals follow, and it is approved."""
    member = members[scenario.LEFT_WAITING]
    statement = member.statement(demo.waiting)
    screen = window(scenario.LEFT_WAITING).open(STATEMENT)
    screen.picture("statements")
    page = screen.open(STATEMENT, statement["id"]).page
    page.wait_for_selector("button[name=action_approve]")
    screen.picture("statement")
    strike = page.locator("button[name=action_strike]")
    before = strike.count()
    strike.last.click()
    page.wait_for_function(f"document.querySelectorAll('button[name=action_strike]').length < {before}")
    screen.picture("statement-struck")
    page.click("button[name=action_approve]")
    page.wait_for_selector("button[name=action_approve]", state="detached")
    screen.settled()
    assert member.statement(demo.waiting)["answer"] == "approve"


def test_the_decision_is_booked_and_seen_on_entry_notice_and_invoice(window, demo, members):
    from demo import rounds

    rounds.book(demo.stack, demo.members, demo.waiting)
    assert state(demo.stack, demo.waiting) == "closed"
    member: Member = members[scenario.LEFT_WAITING]
    odoo: Odoo = member.accountant
    notices = odoo.search_read("bizoverbiz.notice", [("state", "=", "acknowledged")], ["number"])
    screen = window(scenario.LEFT_WAITING)
    page = screen.open("bizoverbiz_compensation.bizoverbiz_notice_action", max(n["id"] for n in notices)).page
    page.wait_for_selector(".o_form_view")
    screen.picture("notice")
    (entry,) = odoo.search_read(
        "account.move", [("bizoverbiz_notice_id", "=", max(n["id"] for n in notices))], ["name"], limit=1
    )
    page = screen.open("account.action_move_journal_line", entry["id"]).page
    page.wait_for_selector(".o_form_view")
    screen.picture("entry")
    invoices = odoo.search_read(
        "account.move",
        [("move_type", "=", "out_invoice"), ("payment_state", "=", "partial")],
        ["name", "bizoverbiz_set_off", "amount_residual"],
    )
    shrunk = next(invoice for invoice in invoices if invoice["bizoverbiz_set_off"])
    page = screen.open("account.action_move_out_invoice_type", shrunk["id"]).page
    page.wait_for_selector(".o_form_view")
    assert re.search("Compens", page.inner_text(".o_form_view"))
    screen.picture("invoice")


def test_the_notice_is_printed_as_pdf(window, demo, members):
    """The report as Odoo prints it, read back."""
    from io import BytesIO

    from pypdf import PdfReader

    member = members[scenario.LEFT_WAITING]
    (notice, *_) = member.accountant.search_read("bizoverbiz.notice", [("state", "=", "acknowledged")], ["number"])
    screen = window(scenario.LEFT_WAITING)
    answer = screen.page.request.get(
        f"{screen.url}/report/pdf/bizoverbiz_compensation.report_notice/{notice['id']}", timeout=120_000
    )
    assert answer.ok, answer.text()[:500]
    # wkhtmltopdf draws letters as glyphs without a map to text: that something stands on the page is all to be read
    pages = PdfReader(BytesIO(answer.body())).pages
    assert len(pages) >= 1
    assert len(pages[0].get_contents().get_data()) > 5_000
    (screen.pictures / "notice.pdf").write_bytes(answer.body())


def test_the_effect_and_the_analysis_are_shown(window):
    screen = window("kerbrat")
    for action, name in (
        ("bizoverbiz_compensation.bizoverbiz_effect_action", "effect"),
        ("bizoverbiz_compensation.bizoverbiz_round_action", "rounds"),
        ("bizoverbiz_compensation.bizoverbiz_declaration_line_action", "left-out"),
    ):
        screen.open(action)
        screen.picture(name)
