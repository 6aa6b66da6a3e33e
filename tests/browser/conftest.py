"""The demonstration, and a browser that goes through it as its users would."""

import os
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright
from stdnum import luhn

from demo import rounds
from demo.firms import BY_KEY, PASSWORD
from tests.demonstration import become_newcomer, running, stranger

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs/images"
NETWORK, COMPENSATION, ORDER, PROSPECTION = (ROOT / "addons" / name / "static/description" for name in (
    "bizoverbiz_network", "bizoverbiz_compensation", "bizoverbiz_compensation_order", "bizoverbiz_prospection",
))  # fmt: skip
#: Shown in README and docs or in the addons' descriptions, and so renewed with PICTURES=1.
SHOWN = {
    "statement": (DOCS, COMPENSATION),
    "discrepancies": (DOCS, COMPENSATION),
    "invoice": (DOCS,),
    "notice": (DOCS,),
    "effect": (DOCS,),
    "joining": (NETWORK,),
    "commitment-set-off": (ORDER,),
    "deposit-invoice": (ORDER,),
    "directory-hits": (PROSPECTION,),
    "directory-lead": (PROSPECTION,),
}
#: The SIREN of a firm in nobody's network; like those of the demonstration it belongs to nobody.
OUTSIDER = f"00029016{luhn.calc_check_digit('00029016')}"
#: Milliseconds for a screen, the first of a database on a busy machine included.
PATIENCE = 120_000
#: Without a screen, without a sandbox (root has none), and asking nobody outside.
CHROMIUM = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--force-color-profile=srgb",
)  # fmt: skip


@pytest.fixture(scope="session")
def demo():
    with running() as started:
        yield started


@pytest.fixture(scope="session")
def browser():
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    assert path, "no Chromium: install the package chromium"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=list(CHROMIUM))
        yield started
        started.close()


class Screen:
    """One person's browser window in one firm's Odoo."""

    def __init__(self, page, url, database, pictures):
        self.page, self.url, self.database, self.pictures = page, url, database, pictures

    def log_in(self, login, password=PASSWORD):
        self.page.goto(f"{self.url}/web/login?db={self.database}")
        self.page.fill("input[name=login]", login)
        self.page.fill("input[name=password]", password)
        self.page.click("button[type=submit]")
        self.page.wait_for_selector(".o_main_navbar")
        return self

    def open(self, action, record=None):
        """An action by its external id, or one record of it."""
        self.page.goto(f"{self.url}/odoo/action-{action}" + (f"/{record}" if record else ""))
        self.page.wait_for_selector(".o_action_manager .o_view_controller")
        self.settled()
        return self

    def settled(self):
        """Nothing is loading any more; Odoo keeps a connection open for its bus, so the network never falls silent."""
        self.page.wait_for_load_state("load")
        self.page.wait_for_timeout(500)
        self.page.wait_for_selector(".o_loading_indicator", state="detached")
        assert self.page.locator(".o_error_dialog").all_inner_texts() == []

    def picture(self, name):
        self.settled()
        for folder in (SHOWN.get(name, ()) if os.environ.get("BIZOVERBIZ_PICTURES") else ()) or (self.pictures,):
            self.page.screenshot(path=folder / f"{name}.png")


@pytest.fixture(scope="session")
def pictures(tmp_path_factory):
    """Where screenshots and prints go that are not shown anywhere; pytest keeps the last three runs'."""
    return tmp_path_factory.mktemp("pictures")


@pytest.fixture
def window(demo, browser, pictures):
    """`window("morin")`: the accountant of a firm, logged in; whatever a page logs as an error fails the test."""
    opened, errors = [], []

    def open_window(key, login=None):
        context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="fr-FR")
        context.set_default_timeout(PATIENCE)
        opened.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        firm = BY_KEY.get(key)
        screen = Screen(page, demo.stack.odoo_url, firm.database if firm else key, pictures)
        return screen.log_in(login or firm.accountant.login)

    yield open_window
    for context in opened:
        context.close()
    assert errors == []


@pytest.fixture(scope="session")
def seventh(demo):
    """The Odoo of a firm that is not in the network yet, and has a customer that is not in it either."""
    odoo = become_newcomer(demo, stranger(demo, "demo_seventh"))
    customer = {
        "name": "Papeterie du Lys", "is_company": True, "email": "compta@lys.example", "company_registry": OUTSIDER,
        "lang": "fr_FR",
    }  # fmt: skip
    (partner,) = odoo.call("res.partner", "create", vals_list=[customer])
    line = {"name": "Flacons de pharmacie, 100 ml", "price_unit": 1000, "tax_ids": []}
    invoice = {"move_type": "out_invoice", "partner_id": partner, "invoice_line_ids": [(0, 0, line)]}
    odoo.call("account.move", "action_post", odoo.call("account.move", "create", vals_list=[invoice]))
    return odoo


@pytest.fixture(scope="session")
def members(demo):
    return {member.firm.key: member for member in demo.members}


@pytest.fixture(scope="session")
def answered(demo, members):
    """The round left waiting is answered, if no other test has done so."""
    if rounds.state(demo.stack, demo.waiting) == "proposed":
        for member in members.values():
            statement = member.statement(demo.waiting)
            if statement and not statement["answer"]:
                member.approve(statement["id"])
        rounds.book(demo.stack, demo.members, demo.waiting)
