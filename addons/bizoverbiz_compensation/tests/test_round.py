from datetime import datetime

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import SetOffCase


@tagged("post_install", "-at_install")
class TestRound(SetOffCase):
    """The calendar of rounds mirrors what the network publishes."""

    def _rounds(self):
        return self.env["bizoverbiz.round"].with_user(self.accountant).search([])

    def test_a_round_in_collection_stands_at_its_planned_cut_off(self):
        self.engine.open_round(1, cut_at="2026-11-27T17:00:00Z")
        self._exchange()
        planned = datetime(2026, 11, 27, 17)
        self.assertRecordValues(
            self._rounds(),
            [{"number": 1, "state": "collection", "starts_at": planned, "stops_at": planned}],
        )

    def test_a_round_is_followed_until_it_is_over_and_then_left_alone(self):
        told = self.engine.open_round(1)
        self._exchange()
        told.update(state="proposed", frozen_at="2026-11-20T08:00:00Z", deadline="2026-12-01T12:00:00Z")
        self._exchange()
        self.assertRecordValues(
            self._rounds(),
            [
                {
                    "state": "proposed",
                    "starts_at": datetime(2026, 11, 20, 8),
                    "stops_at": datetime(2026, 12, 1, 12),
                }
            ],
        )
        told.update(state="closed", decided_at="2026-11-30T12:00:00Z")
        self.engine.open_round(2)
        self._exchange()
        self.assertEqual(self._rounds().mapped("state"), ["collection", "closed"])
        before = len(self.engine.sent("/rounds/1", "GET"))
        self._exchange()
        self.assertEqual(len(self.engine.sent("/rounds/1", "GET")), before)

    def test_whoever_joins_late_catches_up_over_several_exchanges(self):
        for number in range(1, 24):
            self.engine.open_round(number)["state"] = "closed"
        self._exchange()
        self.assertEqual(len(self._rounds()), 20)
        self._exchange()
        self.assertEqual(len(self._rounds()), 23)

    def test_asking_for_a_round_that_is_not_there_yet_is_not_worth_a_line_in_the_log(self):
        with self.assertNoLogs("odoo.addons.bizoverbiz_network", "INFO"):
            self._exchange()
        self.assertTrue(self.engine.sent("/rounds/1", "GET"))

    def test_a_round_leads_to_the_firms_statement(self):
        self.engine.open_round(1)
        self._round({self._invoice(500): 30000, self._bill(400): 30000}, approve=False)
        action = self._rounds().action_open_statements()
        self.assertEqual(action["res_id"], self._statement().id)

    def test_another_network_has_rounds_and_a_mandate_of_its_own(self):
        self.engine.open_round(1)
        self._exchange()
        limit = {"currency_id": self.env.ref("base.EUR").id, "per_round": 1000}
        mandates = self.env["bizoverbiz.mandate"].with_user(self.approver).with_company(self.company)
        mandate = mandates.create({"limit_ids": [Command.create(limit)]})
        mandate.action_give()
        self.membership.write({"state": "disconnected", "network_name": "Autre réseau"})
        memberships = self.env["bizoverbiz.membership"].with_user(self.administrator)
        memberships.join(self.engine.invite(secret=bytes(range(1, 33))), True)
        self.assertFalse(self._rounds())
        self.assertEqual(mandate.state, "ended")

    def test_nobody_writes_rounds(self):
        self.engine.open_round(1)
        self._exchange()
        with self.assertRaises(AccessError):
            self._rounds().with_user(self.administrator).write({"state": "closed"})
