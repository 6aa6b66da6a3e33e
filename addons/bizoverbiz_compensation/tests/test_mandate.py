from datetime import date

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import BaseCase, tagged
from odoo.tools import mute_logger
from psycopg2 import IntegrityError

from ..tools.mandate import is_within
from .common import SetOffCase


@tagged("post_install", "-at_install")
class TestMandate(SetOffCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.euro = cls.env.ref("base.EUR")
        cls.invoice, cls.other, cls.bill = cls._invoice(500), cls._invoice(80), cls._bill(400)

    def setUp(self):
        super().setUp()
        self.engine.open_round(1)["frozen_at"] = "2026-11-22T08:00:00Z"
        self.amounts = {self._reference(self.invoice): 30000, self._reference(self.bill): 30000}

    def _mandate(self, user=None, per_round=1000, **values):
        mandates = self.env["bizoverbiz.mandate"].with_user(user or self.approver).with_company(self.company)
        limit = {"currency_id": self.euro.id, "per_round": per_round}
        return mandates.create({"limit_ids": [Command.create(limit)], **values})

    def _given(self, **values):
        mandate = self._mandate(**values)
        self.assertIs(mandate.action_give(), True)
        return mandate

    def _approved_by_mandate(self, approved=None):
        """A round whose statement the engine answers by mandate before it is fetched."""
        self._exchange()
        statement = self.engine.propose(self.amounts)
        self.engine.approve_by_mandate(self.amounts if approved is None else approved)
        self._exchange()
        return statement

    def _line(self, move):
        return self._statement().line_ids.filtered(lambda line: line.move_id == move)

    def test_giving_a_mandate_tells_the_network_its_rules(self):
        mandate = self._given(
            valid_until="2027-12-31",
            only_overdue=True,
            restricted=True,
            only_partner_ids=[Command.set((self.customer | self.vendor).ids)],
            partner_limit_ids=[Command.create({"partner_id": self.vendor.id, "currency_id": self.euro.id})],
        )
        self.assertEqual(mandate.state, "in_force")
        self.assertEqual(
            self.engine.mandate,
            {
                "given_by": "approver@morin.example",
                "valid_until": "2027-12-31",
                "rules": {
                    "currencies": [{"currency": "EUR", "per_round": 100000, "per_line": None, "per_counterpart": None}],
                    "counterparts": [{"counterpart": "542065479", "currency": "EUR", "per_round": 0}],
                    "only_counterparts": ["542065479", "732829320"],
                    "only_overdue": True,
                    "whole": False,
                },
            },
        )

    def test_what_the_mandate_approved_is_booked_without_anybody(self):
        mandate = self._given()
        self._approved_by_mandate()
        statement = self._statement()
        self.assertRecordValues(
            statement, [{"state": "approved", "answer": "approve", "answer_state": "sent", "mandate_id": mandate.id}]
        )
        self.assertEqual(self._line(self.invoice).approval_limit, 300.0)
        self.engine.decide(self.amounts)
        self._exchange()
        self.assertEqual(self._notices().state, "booked")

    def test_a_round_decided_before_its_statement_was_seen_is_booked_too(self):
        self._given()
        self._exchange()
        self.engine.propose(self.amounts)
        self.engine.approve_by_mandate(self.amounts)
        self.engine.decide(self.amounts)
        self._exchange()
        self.assertEqual(self._notices().state, "booked")

    def test_an_approval_beyond_the_mandate_does_not_count(self):
        self._given(per_round=299.99)
        self._approved_by_mandate()
        self.assertFalse(self._statement().answer)
        self.assertIn("not in these books", self._statement().sudo().message_ids[0].body)
        self.engine.decide(self.amounts)
        self._exchange()
        self.assertRecordValues(self._notices(), [{"state": "rejected", "rejection": "unapproved"}])

    def test_an_approval_without_or_after_the_mandate_does_not_count(self):
        mandate = self._given(valid_until="2026-11-30")
        mandate.action_end()
        mandate.sudo().ended_at = "2026-11-20 00:00:00"
        self._approved_by_mandate()
        self.assertFalse(self._statement().mandate_id)
        self._given(valid_until="2026-11-30")
        self.engine.open_round(2)["frozen_at"] = "2026-12-01T08:00:00Z"
        self.engine.propose(self.amounts, number=2)
        self.engine.approve_by_mandate(self.amounts)
        self._exchange()
        self.assertFalse(self._statement().mandate_id)

    def test_a_mandated_approval_is_lowered_by_the_books_and_by_a_person(self):
        self._given()
        self._approved_by_mandate()
        self.bill.action_toggle_block_payment()
        self._exchange()
        self._line(self.invoice).approved = 120
        self._exchange()
        approved = {line["reference"]: line["approved"] for line in self.engine.statements[-1]["lines"]}
        self.assertEqual(approved[self._reference(self.bill)], 0)
        self.assertEqual(approved[self._reference(self.invoice)], 12000)

    def test_lines_the_mandate_says_nothing_of_may_still_be_approved_by_a_person(self):
        self._given()
        self._approved_by_mandate({self._reference(self.invoice): 30000, self._reference(self.bill): 30000})
        statement, line = self._statement(), self._line(self.other)
        self.assertTrue(line.left_open)
        self.assertEqual(line.approved, 0.0)
        line.approved = 80
        self.assertEqual(statement.answer_state, "sent", "only the button sends it")
        with self.assertRaisesRegex(UserError, "never raised"):
            self._line(self.invoice).approved = 301
        statement.action_approve()
        self.assertEqual(line.approval_limit, 80.0)
        self.assertFalse(statement.has_left_open)

    def test_lowering_a_mandated_approval_approves_nothing_more(self):
        self._given()
        self._approved_by_mandate()
        self._line(self.other).approved = 80
        self._line(self.invoice).action_strike()
        self.assertEqual(self._line(self.other).approval_limit, 0.0)
        self.assertEqual(self._line(self.other).approved, 0.0)

    def test_an_invoice_these_books_do_not_know_is_taken_out_of_what_the_mandate_approved(self):
        self._given()
        self._exchange()
        statement = self.engine.propose(self.amounts)
        self.engine.approve_by_mandate(self.amounts)
        unknown = next(line for line in statement["lines"] if line["side"] == "payable")
        unknown.update(reference=None, number="F-LATE")
        self._exchange()
        self.assertEqual(self._statement().answer_state, "to_send")
        self._exchange()
        self.assertEqual(unknown["approved"], 0)

    def test_a_new_mandate_takes_the_place_of_the_one_before(self):
        first = self._given()
        draft = self.env["bizoverbiz.mandate"].browse(first.action_duplicate()["res_id"])
        draft = draft.with_user(self.approver)
        self.assertEqual((draft.state, draft.limit_ids.per_round), ("draft", 1000))
        draft.limit_ids.per_round = 50
        draft.action_give()
        self.assertEqual((first.state, draft.state), ("ended", "in_force"))
        self.assertEqual(self.engine.mandate["rules"]["currencies"][0]["per_round"], 5000)

    def test_a_mandate_that_cannot_be_sent_is_kept_and_sent_later_with_the_same_key(self):
        mandate = self._mandate()
        self.engine.broken = {"member/mandate"}
        self.assertIn("cannot be reached", mandate.action_give()["params"]["message"])
        self.engine.broken = set()
        self._exchange()
        first, second = self.engine.sent("/mandate")
        self.assertEqual(first.headers["Idempotency-Key"], second.headers["Idempotency-Key"])
        self.assertEqual(mandate.state, "in_force")

    def test_a_mandate_whose_answer_was_lost_counts_from_when_it_was_sent(self):
        mandate = self._mandate()
        self.engine.lossy = {"member/mandate"}
        mandate.action_give()
        self.assertEqual(mandate.state, "to_send")
        self.engine.lossy = set()
        self._approved_by_mandate()
        self.assertEqual(self._statement().mandate_id, mandate)

    def test_a_kept_mandate_that_the_network_refuses_is_a_draft_again_and_says_why(self):
        mandate = self._mandate()
        self.engine.broken = {"member/mandate"}
        mandate.action_give()
        self.engine.broken, self.engine.mandate_refusal = set(), "a counterpart is named twice"
        self._exchange()
        self.assertEqual(mandate.state, "draft")
        self.assertIn("named twice", mandate.error)
        mandate.limit_ids.per_round = 5

    def test_ending_a_mandate_tells_the_network_and_is_no_error_if_it_knew(self):
        mandate = self._given()
        self.engine.mandate = None
        self.assertIs(mandate.action_end(), True)
        self.assertRecordValues(mandate, [{"state": "ended", "ended_by": "approver@morin.example"}])
        self.assertIn("ended_by=approver", self.engine.sent("/mandate", "DELETE")[0].url)

    def test_the_rules_of_a_given_mandate_are_never_changed(self):
        mandate = self._given()
        for change in (
            lambda: mandate.write({"whole": True}),
            lambda: mandate.limit_ids.write({"per_round": 99999}),
            lambda: mandate.write({"limit_ids": [Command.create({"currency_id": self.euro.id, "per_round": 1})]}),
            lambda: (
                self.env["bizoverbiz.mandate.limit"]
                .with_user(self.approver)
                .create({"mandate_id": mandate.id, "currency_id": self.env.ref("base.USD").id, "per_round": 1})
            ),
            lambda: mandate.limit_ids.unlink(),
            mandate.unlink,
        ):
            with self.assertRaisesRegex(UserError, "stay as they were"):
                change()

    def test_a_mandate_needs_a_limit_a_future_and_known_partners(self):
        for values, reason in (
            ({"limit_ids": []}, "approves nothing yet"),
            ({"valid_until": "2026-11-21"}, "end before it begins"),
            ({"restricted": True}, "names none"),
        ):
            with self.subTest(reason), self.assertRaisesRegex(UserError, reason):
                self._mandate(**values).action_give()
        with self.assertRaisesRegex(ValidationError, "does not know whom you mean"):
            self._mandate(only_partner_ids=[Command.set(self.stranger.ids)])
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self._mandate(per_round=0)

    def test_above_the_firms_amount_a_mandate_takes_two_approvers(self):
        self.membership.with_user(self.administrator).second_approval_above = 500
        director = self._new_user("director", "bizoverbiz_network.group_approver")
        mandate = self._mandate()
        self.assertIn("second approver", mandate.action_give()["params"]["message"])
        self.assertFalse(self.engine.mandate)
        with self.assertRaisesRegex(UserError, "stay as they were"):
            mandate.limit_ids.per_round = 1
        mandate.with_user(director).action_give()
        self.assertEqual(mandate.state, "in_force")
        self.assertEqual(self.engine.mandate["given_by"], "approver@morin.example, director@morin.example")

    def test_only_approvers_prepare_give_and_end_mandates(self):
        mandate = self._given()
        clerk = mandate.with_user(self.accountant)
        self.assertEqual(clerk.limit_ids.per_round, 1000)
        for action in (clerk.action_end, clerk.action_give, clerk.action_duplicate, clerk.unlink):
            with self.assertRaises(AccessError):
                action()
        with self.assertRaises(AccessError):
            self._mandate(self.accountant)
        with self.assertRaises(AccessError):
            self._mandate().write({"state": "in_force"})

    def test_a_user_of_another_company_sees_no_mandate(self):
        self._given()
        other = self.env["res.company"].sudo().create({"name": "Bois du Forez"})
        stranger = self._new_user("stranger", "bizoverbiz_network.group_approver")
        stranger.sudo().write({"company_ids": [Command.set(other.ids)], "company_id": other.id})
        self.assertFalse(self.env["bizoverbiz.mandate"].with_user(stranger).search([]))
        self.assertFalse(self.env["bizoverbiz.mandate.limit"].with_user(stranger).search([]))


class TestMandateRules(BaseCase):
    """What the rules cover, line by line."""

    RULES = {
        "currencies": [{"currency": "EUR", "per_round": 100, "per_line": 60, "per_counterpart": 80}],
        "counterparts": [{"counterpart": "C", "currency": "EUR", "per_round": 20}],
        "only_counterparts": ["A", "B", "C"],
        "only_overdue": True,
        "whole": False,
    }

    def _within(self, *approved, currency="EUR", rules=None, **line):
        common = {"side": "receivable", "due_date": "2026-11-21", "ceiling": 90, "proposed": 60, **line}
        lines = [{**common, "counterpart": firm, "approved": amount} for firm, amount in approved]
        return is_within({**self.RULES, **(rules or {})}, currency, lines, date(2026, 11, 22))

    def test_each_rule_limits_what_was_approved(self):
        self.assertTrue(self._within(("A", 60), ("B", 40)))
        self.assertTrue(self._within(("A", 60), ("D", None)))
        self.assertFalse(self._within(("A", 60), ("B", 41)), "most in a round")
        self.assertFalse(self._within(("A", 61), proposed=90), "most on an invoice")
        self.assertFalse(self._within(("A", 50), ("A", 31)), "most with a partner")
        self.assertFalse(self._within(("C", 21)), "a limit of its own")
        self.assertFalse(self._within(("D", 1)), "somebody else")
        self.assertFalse(self._within(("A", 1), currency="USD"))
        self.assertFalse(self._within(("A", 1), due_date="2026-11-22"), "not overdue at the cut-off")
        self.assertFalse(self._within(("A", 1), due_date=None))
        self.assertFalse(self._within(("A", 31), proposed=30), "no more than proposed")
        self.assertTrue(self._within(("A", 31), proposed=30, rules={"whole": True}))
        self.assertFalse(self._within(("A", 31), proposed=30, ceiling=30, rules={"whole": True}))
