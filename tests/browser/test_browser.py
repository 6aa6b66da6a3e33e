"""Firms join, invite, look at what does not fit, strike, approve, and see entry, notice, invoice and PDF.

The tests share one run of the demonstration and build on each other in the order they stand here.
"""

import html
import io
import re

import pytest
from pypdf import PdfReader

from demo import rounds, scenario
from demo.rounds import state

STATEMENT = "bizoverbiz_compensation.bizoverbiz_statement_action"
NOTICE = "bizoverbiz_compensation.bizoverbiz_notice_action"
#: Its statement of the second round is approved already: a line of it is struck all the same.
STRIKER = "kerbrat"
BUTTONS_WITHIN = """list => [...list.querySelectorAll("td button")].every(
    button => button.getBoundingClientRect().right <= list.getBoundingClientRect().right)"""


@pytest.fixture(scope="session")
def waiting(members):
    """Whose statement nobody has answered; without it nothing is decided."""
    return members[scenario.LEFT_WAITING]


def _amount(text):
    """What a cell shows, "1 234,56 €", as cents."""
    return int(re.sub(r"[^\d]", "", text))


def test_a_seventh_firm_joins_by_the_button_in_the_settings(window, seventh):
    screen = window(seventh.database, login="admin").open("account.action_account_config")
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


def test_a_partner_outside_is_invited_by_a_message_with_its_own_figures(window, seventh):
    screen = window(seventh.database, login="admin").open("bizoverbiz_compensation.bizoverbiz_invitee_open_action")
    page = screen.page
    row = page.locator("tr.o_data_row", has_text="Papeterie du Lys")
    screen.picture("partners-to-invite")
    row.locator("button[name=action_invite]").click()
    page.wait_for_selector(".o_form_view button[name=action_send]")
    page.click(".o_notebook a[name=message]")
    screen.picture("invitation")
    page.click("button[name=action_send]")
    page.wait_for_selector("button[name=action_send]", state="detached")
    screen.picture("invitation-sent")
    (invitation,) = seventh.search_read("bizoverbiz.invitation", [], ["state", "next_reminder"])
    assert invitation["state"] == "invited"
    assert invitation["next_reminder"]
    of_it = [("model", "=", "bizoverbiz.invitation"), ("res_id", "=", invitation["id"])]
    (message,) = seventh.search_read("mail.message", [*of_it, ("message_type", "=", "email_outgoing")], ["body"])
    assert re.search(r"1\s000,00\s€", html.unescape(message["body"]))


def test_discrepancies_lead_to_their_way_out(window):
    screen = window("kerbrat").open("bizoverbiz_compensation.bizoverbiz_discrepancy_action")
    page = screen.page
    page.wait_for_selector("tr.o_data_row")
    screen.picture("discrepancies")
    page.locator("tr.o_data_row", has_text="Morin").first.locator("td.o_data_cell").nth(1).click()
    page.wait_for_selector(".o_form_view button[name=action_create_bill]")
    screen.picture("discrepancy")
    page.click("button[name=action_create_bill]")
    page.wait_for_selector("div[name=invoice_line_ids] tr.o_data_row")
    screen.picture("draft-bill")


def test_a_standing_mandate_is_shown_with_what_it_has_approved(window):
    screen = window(scenario.MANDATED)
    page = screen.open("bizoverbiz_compensation.bizoverbiz_mandate_action").page
    page.locator("tr.o_data_row td.o_data_cell").first.click()
    page.wait_for_selector(".o_form_view")
    screen.picture("mandate")
    screen.open(STATEMENT)
    screen.picture("statements")


def test_a_line_is_struck_from_a_statement_that_was_approved(window, demo, members):
    member = members[STRIKER]
    statement = member.statement(demo.waiting)
    assert statement["answer"] == "approve"
    lines = [line for line in member.statement_lines(statement["id"]) if line["approved"]]
    struck = min((line for line in lines if line["side"] == "receivable"), key=lambda line: line["approved"])
    screen = window(STRIKER)
    page = screen.open(STATEMENT, statement["id"]).page
    page.locator("tr.o_data_row", has_text=struck["number"]).locator("button[name=action_strike]").click()
    page.wait_for_selector(f"tr.o_data_row:has-text('{struck['number']}'):not(:has(button[name=action_strike]))")
    screen.picture("statement-struck")
    (after,) = [line for line in member.statement_lines(statement["id"]) if line["id"] == struck["id"]]
    assert after["approved"] == 0


def test_the_statement_that_waits_is_approved(window, demo, waiting):
    statement = waiting.statement(demo.waiting)
    screen = window(scenario.LEFT_WAITING)
    page = screen.open(STATEMENT, statement["id"]).page
    page.wait_for_selector("button[name=action_approve]")
    receivable, payable = (
        _amount(page.locator(f"div[name=totals] div[name={side}]").inner_text()) for side in ("receivable", "payable")
    )
    assert receivable == payable == round(statement["receivable"] * 100)
    page.set_viewport_size({"width": 1720, "height": 960})
    screen.picture("statement")
    for side in page.locator(".o_bizoverbiz_sides .o_list_renderer").all():
        assert side.evaluate(BUTTONS_WITHIN), "a list's buttons are cut off"
    page.click("button[name=action_approve]")
    page.wait_for_selector("button[name=action_approve]", state="detached")
    screen.settled()
    assert waiting.statement(demo.waiting)["answer"] == "approve"


def test_the_decision_is_booked_and_seen_on_notice_entry_and_invoice(window, demo, waiting):
    rounds.book(demo.stack, demo.members, demo.waiting)
    assert state(demo.stack, demo.waiting) == "closed"
    odoo = waiting.accountant
    (notice,) = odoo.search_read("bizoverbiz.notice", [("round", "=", demo.waiting)], ["reference", "total", "state"])
    assert notice["state"] == "acknowledged"
    screen = window(scenario.LEFT_WAITING)
    screen.open(NOTICE, notice["id"])
    screen.picture("notice")
    told = screen.page.locator(".o-mail-Message-body").first
    assert told.evaluate("body => body.scrollWidth <= body.clientWidth"), "the e-mail's table is cut off"
    (entry,) = odoo.search_read("account.move", [("bizoverbiz_notice_id", "=", notice["id"])], ["ref", "amount_total"])
    assert (entry["ref"], entry["amount_total"]) == (notice["reference"], notice["total"])
    page = screen.open("account.action_move_journal_line", entry["id"]).page
    assert notice["reference"] in page.input_value("div[name=ref] input")
    assert page.locator("div[name=line_ids] tr.o_data_row").count() >= 2
    assert not page.locator("button[name=button_draft]").count()
    screen.picture("entry")
    invoices = odoo.search_read(
        "account.move",
        [("move_type", "=", "out_invoice"), ("payment_state", "=", "partial")],
        ["name", "bizoverbiz_set_off", "amount_residual"],
    )
    shrunk = next(invoice for invoice in invoices if invoice["bizoverbiz_set_off"])
    page = screen.open("account.action_move_out_invoice_type", shrunk["id"]).page
    for name in ("bizoverbiz_set_off", "amount_residual"):
        shown = page.locator(f".oe_stat_button div[name={name}]:visible").first.inner_text()
        assert _amount(shown) == round(shrunk[name] * 100)
    screen.picture("invoice")
    page.click("button[name=action_bizoverbiz_open_correction]")
    page.wait_for_selector(".modal .alert-warning:visible")
    screen.picture("correction")


def test_the_notice_is_printed_as_pdf(window, demo, waiting):
    """The report as Odoo prints it, read back."""
    (notice,) = waiting.accountant.search_read("bizoverbiz.notice", [("round", "=", demo.waiting)], ["number"])
    screen = window(scenario.LEFT_WAITING)
    answer = screen.page.request.get(
        f"{screen.url}/report/pdf/bizoverbiz_compensation.report_notice/{notice['id']}", timeout=120_000
    )
    assert answer.ok, answer.text()[:500]
    # wkhtmltopdf draws letters as glyphs without a map to text: that something stands on the page is all to be read
    pages = PdfReader(io.BytesIO(answer.body())).pages
    assert len(pages) >= 1
    assert len(pages[0].get_contents().get_data()) > 5_000
    (screen.pictures / "notice.pdf").write_bytes(answer.body())


@pytest.mark.parametrize(
    ("action", "name"),
    [
        ("bizoverbiz_effect_action", "effect"),
        ("bizoverbiz_set_off_report_action", "analysis"),
        ("bizoverbiz_round_action", "rounds"),
        ("bizoverbiz_declaration_line_action", "left-out"),
    ],
)
def test_the_effect_and_the_lists_are_shown(window, action, name):
    screen = window("kerbrat").open(f"bizoverbiz_compensation.{action}")
    screen.picture(name)


@pytest.mark.parametrize("view", ["kanban", "calendar"])
def test_statements_are_shown_as_a_board_and_in_the_calendar(window, view):
    screen = window("kerbrat").open(STATEMENT)
    screen.page.click(f".o_switch_view.o_{view}")
    screen.page.wait_for_selector(f".o_{view}_renderer, .o_{view}_container")
    screen.picture(f"statements-{view}")
