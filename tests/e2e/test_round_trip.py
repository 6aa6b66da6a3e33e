"""The demonstration with all its real parts: its result, then what goes wrong on the way to the second round's end.

The tests share one run and build on each other in the order they stand here.
"""

import json
import os
import re
import subprocess
from datetime import date, timedelta
from pathlib import Path

import httpx
import psycopg2
import pytest

from demo import scenario
from demo.checks import INVARIANTS, check, collect
from demo.firms import BY_KEY, FIRMS, PASSWORD
from demo.ledger import ENGINE_DATABASE, read_ledgers, read_notices, read_round
from demo.member import ExchangeError, Member, everybody
from demo.odoo_client import OdooError
from demo.optimum import longest_loop
from demo.progress import wait_for
from demo.rounds import state
from demo.screen import address
from demo.stack import NETWORK, Stack
from tests import demonstration
from tests.agreed_sale import set_off_an_order
from tests.demonstration import NEWCOMER

#: Seconds for the crons, which run every minute, to send an answer, fetch a notice and acknowledge it.
CRONS = 240


@pytest.fixture(scope="module")
def result(demo):
    return json.loads((demo.stack.folder / "result.json").read_text())


@pytest.fixture(scope="module")
def before_second_round(demo):
    return read_ledgers(demo.stack.cluster)


@pytest.fixture(scope="module")
def waiting(demo):
    return next(member for member in demo.members if member.firm.key == scenario.LEFT_WAITING)


@pytest.fixture(scope="module")
def stranger(demo):
    return demonstration.stranger(demo, "demo_stranger")


def _entries(demo):
    return {ledger.firm.key: ledger.entries for ledger in read_ledgers(demo.stack.cluster).values()}


def test_the_result_has_the_agreed_shape(result):
    assert set(result) == {"firms", "network", "approvals", "discrepancies", "invariants", "prospection"}
    numbers = {
        "receivable_before", "payable_before", "set_off", "receivable_after", "payable_after",
        "invoices_cleared", "invoices_partial", "entries_posted",
    }  # fmt: skip
    assert [(firm["name"], firm["siren"]) for firm in result["firms"]] == [(firm.name, firm.siren) for firm in FIRMS]
    for firm in result["firms"]:
        assert set(firm) == numbers | {"name", "siren"}
        assert all(type(firm[name]) is int for name in numbers)
    network = result["network"]
    assert set(network) == {"currency", "total_before", "proposed", "set_off", "total_after", "optimum_verified"}
    assert network["currency"] == "EUR"
    assert network["optimum_verified"] is True


def test_a_firm_that_looks_around_finds_a_supplier_with_whom_more_could_be_set_off(result):
    found = result["prospection"]
    others = {firm.siren for firm in FIRMS if firm.name != found["firm"]}
    bands = {hit["siren"]: hit["potential"] for hit in found["found"]}
    assert {bands[siren] for siren in others & bands.keys()} & {"low", "medium", "high"}
    assert all(hit["reasons"] for hit in found["found"])
    assert 0 < len(found["leads"]) <= len(found["found"])


def test_the_figures_add_up(result):
    network = result["network"]
    for firm in result["firms"]:
        assert firm["receivable_before"] - firm["set_off"] == firm["receivable_after"]
        assert firm["payable_before"] - firm["set_off"] == firm["payable_after"]
        assert firm["entries_posted"] == (firm["set_off"] > 0)
        assert (firm["invoices_cleared"] + firm["invoices_partial"] > 0) == (firm["set_off"] > 0)
    for side in ("receivable", "payable"):
        for when in ("before", "after"):
            assert sum(firm[f"{side}_{when}"] for firm in result["firms"]) == network[f"total_{when}"]
    assert sum(firm["set_off"] for firm in result["firms"]) == network["set_off"]


def test_every_matched_obligation_is_counted(demo, result):
    book = scenario.invoices(demo.books.today)
    assert result["network"]["total_before"] == sum(invoice.matched for invoice in book)


def test_the_decision_is_less_than_the_proposal_and_at_least_half_of_it(result):
    assert result["network"]["proposed"] / 2 <= result["network"]["set_off"] < result["network"]["proposed"]


def test_the_decision_has_a_loop_of_three_distinct_firms(demo):
    decided = [(line.key, line.set_off) for line in read_round(demo.stack.cluster, 1)]
    assert longest_loop(decided) >= 3


def test_the_firm_on_no_loop_is_left_as_it_was(result):
    elan = next(firm for firm in result["firms"] if firm["siren"] == BY_KEY["elan"].siren)
    assert elan["set_off"] == elan["entries_posted"] == 0
    assert elan["receivable_after"] == elan["receivable_before"] > 0


def test_one_firm_refuses_and_one_strikes_a_line(result):
    answers = {answer["siren"]: answer for answer in result["approvals"]}
    refused = [siren for siren, answer in answers.items() if answer["answer"] == "refuse"]
    struck = [siren for siren, answer in answers.items() if answer["struck"]]
    assert refused == [BY_KEY[scenario.REFUSES].siren]
    assert struck == [BY_KEY[scenario.STRIKES].siren]
    assert {answer["answered_by"] for answer in answers.values()} == {
        firm.accountant.login for firm in FIRMS if firm.siren in answers
    }
    firms = {firm["siren"]: firm for firm in result["firms"]}
    assert firms[refused[0]]["set_off"] == 0 < answers[refused[0]]["proposed"]


def test_a_struck_line_is_not_set_off(demo, result):
    (struck,) = [line for answer in result["approvals"] for line in answer["struck"]]
    creditor, debtor = BY_KEY[scenario.STRUCK_CREDITOR].siren, BY_KEY[scenario.STRIKES].siren
    (line,) = [line for line in read_round(demo.stack.cluster, 1) if line.key == (creditor, debtor, struck["number"])]
    assert line.set_off == 0 < line.proposed == struck["proposed"]


def test_exactly_the_planned_discrepancies_are_told_to_both_sides(demo, result):
    kinds = {"nothing": "missing-at-debtor", "other-amount": "amounts-differ", "disputed": "disputed"}
    numbers = {firm.key: json.loads((demo.books.folder / f"sales-{firm.key}.json").read_text()) for firm in FIRMS}
    planned = {
        (kinds[i.buyer_did], BY_KEY[i.seller].siren, BY_KEY[i.buyer].siren, numbers[i.seller][i.order], i.total,
         i.recorded_total or 0)
        for i in scenario.planned_discrepancies(scenario.invoices(demo.books.today))
    }  # fmt: skip
    names = ("kind", "creditor", "debtor", "number", "creditor_amount", "debtor_amount")
    assert {tuple(entry[name] for name in names) for entry in result["discrepancies"]} == planned
    assert all(set(entry["seen_by"]) == {entry["creditor"], entry["debtor"]} for entry in result["discrepancies"])


def test_every_invariant_was_checked_and_holds(result):
    assert result["invariants"] == dict.fromkeys(INVARIANTS, True)


def test_a_standing_mandate_has_approved_before_anybody_looked(demo):
    mandated = next(member for member in demo.members if member.firm.key == scenario.MANDATED)
    (mandate,) = mandated.accountant.search_read(
        "bizoverbiz.mandate", [("given_by", "!=", False)], ["state", "given_by"]
    )
    (statement,) = mandated.accountant.search_read(
        "bizoverbiz.statement",
        [("round", "=", demo.waiting)],
        ["mandate_id", "answer", "answer_state", "answered_by", "receivable", "approved_receivable", "has_left_open"],
    )
    assert mandate["state"] == "in_force"
    assert statement["mandate_id"][0] == mandate["id"]
    assert (statement["answer"], statement["answer_state"], statement["has_left_open"]) == ("approve", "sent", False)
    assert mandate["given_by"] == mandated.firm.accountant.login
    assert statement["answered_by"].startswith(f"mandate of {mandate['given_by']} given on ")
    assert 0 < statement["approved_receivable"] == statement["receivable"] <= scenario.MANDATED_PER_ROUND


def test_the_rounds_of_the_calendar_are_the_engines(demo, waiting):
    shown = waiting.accountant.search_read(
        "bizoverbiz.round", [], ["number", "state", "frozen_at", "deadline", "decided_at"]
    )
    assert [(one["number"], one["state"]) for one in shown] == [(2, "proposed"), (1, "closed")]
    assert shown[0]["frozen_at"] < shown[0]["deadline"]
    assert not shown[0]["decided_at"]
    assert shown[1]["frozen_at"] < shown[1]["decided_at"] < shown[0]["frozen_at"]


def test_the_previews_shown_are_the_engines(demo):
    with demo.stack.cluster.cursor(ENGINE_DATABASE, user="postgres") as cr:
        cr.execute("SELECT identifier, currency, set_off FROM preview JOIN member ON member.id = member_id")
        told = set(cr.fetchall())

    def shown(member):
        found = member.accountant.search_read("bizoverbiz.preview", [], ["currency_id", "set_off"])
        return {(member.firm.siren, one["currency_id"][1], round(one["set_off"] * 100)) for one in found}

    everybody(demo.members, Member.exchange)
    assert set().union(*everybody(demo.members, shown)) == told
    assert told


def test_the_address_shown_leads_the_accountant_to_the_waiting_statement(demo, waiting):
    statement = waiting.statement(demo.waiting)
    assert statement["state"] == "proposed"
    shown = address(demo.stack.odoo_url, waiting.firm, "bizoverbiz_statement_action", statement["id"])
    with httpx.Client(follow_redirects=True, trust_env=False, timeout=120) as browser:
        form = browser.get(shown)
        fields = dict(re.findall(r'<input type="hidden" name="(csrf_token|redirect)" value="([^"]*)"', form.text))
        fields |= {"login": waiting.firm.accountant.login, "password": PASSWORD}
        page = browser.post(str(form.url), data=fields)
    assert page.url.path == f"/odoo/action-bizoverbiz_compensation.bizoverbiz_statement_action/{statement['id']}"
    assert "odoo.__session_info__" in page.text


def test_repeated_and_simultaneous_exchanges_book_nothing_more(demo):
    entries = _entries(demo)
    everybody([*demo.members, *demo.members], lambda member: member.try_exchange())
    assert _entries(demo) == entries


def test_a_used_invitation_does_not_let_another_firm_in(demo, stranger):
    company = stranger.search_read("res.company", [], ["name"])[0]["id"]
    own = {"name": "Tonnellerie Vasseur", "vat": "FR64000299909", "company_registry": "00029990900010"}
    stranger.call("res.company", "write", [company], vals=own)
    used = demo.members[0].invitation
    with pytest.raises(OdooError) as refusal:
        stranger.call("bizoverbiz.membership", "join", invitation=used, agreement_accepted=True)
    assert refusal.value.status == 422
    assert "invitation" in refusal.value.message
    members = demo.stack.engine("members", "list", "--json")
    assert {member["identifier"] for member in members} == {firm.siren for firm in FIRMS}


def test_a_notice_served_again_under_the_next_number_is_refused(demo, waiting, before_second_round):
    with demo.stack.cluster.cursor(ENGINE_DATABASE, user="postgres") as cr:
        cr.execute("SET session_replication_role = replica")
        cr.execute("ALTER TABLE notice DROP CONSTRAINT notice_round_member_id_currency_key")
        cr.execute(
            "INSERT INTO notice (member_id, number, round, currency, total, jws)"
            " SELECT member_id, number + 1, round, currency, total, jws FROM notice"
            " JOIN member ON member.id = member_id WHERE identifier = %s",
            [waiting.firm.siren],
        )
    waiting.try_exchange()
    kept = waiting.accountant.search_read("bizoverbiz.notice", [], ["number", "state", "rejection"])
    assert {(notice["number"], notice["state"]) for notice in kept} == {(1, "acknowledged"), (2, "rejected")}
    assert read_ledgers(demo.stack.cluster) == before_second_round
    with demo.stack.cluster.cursor(ENGINE_DATABASE, user="postgres") as cr:
        cr.execute("DELETE FROM notice WHERE number = 2")
        cr.execute("ALTER TABLE notice ADD UNIQUE (round, member_id, currency)")


def test_an_approval_given_while_the_engine_is_down_is_kept(demo, waiting, before_second_round):
    demo.stack.stop_engine()
    shown = waiting.try_exchange()
    assert shown["type"] == "warning"
    assert demo.stack.engine_url.removeprefix("http://") in shown["message"]
    statement = waiting.statement(demo.waiting)
    with pytest.raises(ExchangeError):
        waiting.approve(statement["id"])
    assert waiting.statement(demo.waiting)["answer"] == "approve"
    assert read_ledgers(demo.stack.cluster) == before_second_round


def test_once_the_engine_is_back_the_second_round_is_booked_by_the_crons_alone(demo, waiting, before_second_round):
    demo.stack.start_engine()
    wait_for("the crons to book the second round", lambda: state(demo.stack, demo.waiting) == "closed", CRONS, 2)
    verification = demo.stack.engine("round", "verify", str(demo.waiting), "--json")
    found = collect(demo.stack.cluster, demo.waiting, before_second_round, verification)
    assert check(found) == dict.fromkeys(INVARIANTS, True)
    assert found.set_off(waiting.firm, "creditor") > 0


def test_a_lost_acknowledgement_is_given_again_and_nothing_booked_again(demo, waiting):
    entries = _entries(demo)
    with demo.stack.cluster.cursor(waiting.firm.database) as cr:
        cr.execute("UPDATE bizoverbiz_notice SET state = 'booked' WHERE number = 2 AND state = 'acknowledged'")
        assert cr.rowcount == 1
    waiting.exchange()
    (notice,) = [notice for notice in read_notices(demo.stack.cluster, demo.waiting) if notice.firm is waiting.firm]
    assert notice.acknowledged
    assert [booked["entry"] for booked in notice.booked] == [entries[waiting.firm.key][-1].name]
    assert _entries(demo) == entries


def test_what_is_set_off_of_orders_is_a_deposit_that_the_final_invoice_deducts(demo):
    sale = set_off_an_order(demo)
    sale.check_deposit()
    sale.check_final_invoice()


def test_a_new_framework_agreement_is_shown_and_accepted_by_the_administrator(demo, waiting):
    day = date.today() + timedelta(days=30)
    demo.stack.engine("network", "agreement", "2027-01", "--from", day.isoformat())
    waiting.exchange()
    fields = ["agreement", "agreement_to_accept", "agreement_from", "member_status"]
    (told,) = waiting.accountant.search_read("bizoverbiz.membership", [], fields)
    assert (told["agreement_to_accept"], told["agreement_from"]) == ("2027-01", day.isoformat())
    (wizard,) = waiting.admin.call(
        "bizoverbiz.agreement", "create", vals_list=[{"membership_id": waiting.membership, "accepted": True}]
    )
    waiting.admin.call("bizoverbiz.agreement", "action_accept", [wizard])
    (accepted,) = waiting.accountant.search_read("bizoverbiz.membership", [], fields)
    assert (accepted["agreement"], accepted["agreement_to_accept"]) == ("2027-01", False)
    assert accepted["member_status"] == "active"
    versions = {one["version"]: one for one in demo.stack.engine("network", "agreements", "--json")}
    assert versions["2027-01"]["accepted"] == 1


@pytest.fixture(scope="module")
def newcomer(demo, stranger):
    return demonstration.become_newcomer(demo, stranger)


def test_an_odoo_on_the_same_machine_joins_the_demonstration_by_the_button_in_its_settings(demo, newcomer):
    (settings,) = newcomer.call("res.config.settings", "create", vals_list=[{}])
    wizard = newcomer.call("res.config.settings", "action_bizoverbiz_join_demonstration", [settings])["res_id"]
    newcomer.call("bizoverbiz.join", "write", [wizard], vals={"agreement_accepted": True})
    newcomer.call("bizoverbiz.join", "action_join", [wizard])
    (joined,) = newcomer.search_read("bizoverbiz.membership", [], ["state", "identifier", "network_name"])
    assert joined | {"id": 0} == {"id": 0, "state": "joined", "identifier": NEWCOMER, "network_name": NETWORK}
    assert NEWCOMER in {member["identifier"] for member in demo.stack.engine("members", "list", "--json")}


def test_the_demonstrations_invitations_are_for_this_machine_and_for_other_firms_only(demo, waiting):
    address = f"http://127.0.0.1:{demo.stack.doorman_port}/invitations"
    for status, body, headers in (
        (409, {"identifier": waiting.firm.siren}, {}),
        (422, {"identifier": "--help"}, {}),
        (422, {"identifier": "552100555"}, {}),
        (400, ["552100554"], {}),
        (403, {"identifier": NEWCOMER}, {"Host": "rebound.example"}),
        (415, {"identifier": NEWCOMER}, {"Content-Type": "text/plain"}),
    ):
        answer = httpx.post(address, json=body, headers=headers, trust_env=False, timeout=60)
        assert answer.status_code == status, answer.text
        assert answer.json()["detail"]


def test_a_staging_copy_made_by_odoos_neutralization_holds_no_key_and_is_disconnected(demo, newcomer):
    stack = demo.stack
    command = [stack.cluster.odoo_bin, "neutralize", "-c", stack.cluster.odoo_rc, "-d", newcomer.database]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    with stack.cluster.cursor(newcomer.database) as cr:
        cr.execute("SELECT state, private_key, next_private_key, lineage_current FROM bizoverbiz_membership")
        assert cr.fetchall() == [("disconnected", None, None, None)]
        cr.execute("SELECT active FROM ir_cron WHERE cron_name LIKE 'BizOverBiz%'")
        assert not any(active for (active,) in cr.fetchall())


def test_stopping_leaves_no_process(demo):
    folder = demo.stack.folder
    assert set(Stack.stop(folder)) == {"engine", "worker", "doorman", "odoo"}
    others = (path for path in Path("/proc").glob("[0-9]*/cmdline") if path.parent.name != str(os.getpid()))
    assert not any(str(folder).encode() in _read(path) for path in others)
    with pytest.raises(psycopg2.OperationalError), demo.stack.cluster.cursor():
        pass
    assert Stack.stop(folder) == []


def _read(path):
    try:
        return path.read_bytes()
    except OSError:
        return b""
