import json
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged

from .common import SetOffCase

DECLARATION = "odoo.addons.bizoverbiz_compensation.models.bizoverbiz_declaration"


@tagged("post_install", "-at_install")
class TestDeclarationParts(SetOffCase):
    """More lines than the engine takes in one call go in parts; each is sent until it is answered, and unchanged."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.invoices = [cls._invoice(10 + index) for index in range(5)]

    def setUp(self):
        super().setUp()
        self.startPatcher(patch(f"{DECLARATION}.MOST_LINES", 2))

    def test_every_line_is_declared_once_in_as_many_parts_as_needed(self):
        self._exchange()
        parts = self.engine.declarations
        self.assertEqual(
            [(part["part"], part["parts"], len(part["lines"])) for part in parts], [(1, 3, 2), (2, 3, 2), (3, 3, 1)]
        )
        self.assertEqual(len({part["declaration"] for part in parts}), 1)
        numbers = [line["number"] for part in parts for line in part["lines"]]
        self.assertEqual(sorted(numbers), sorted(invoice.name for invoice in self.invoices))
        keys = {request.headers["Idempotency-Key"] for request in self.engine.sent("declarations", "POST")}
        self.assertEqual(len(keys), 3)
        declaration = self._declaration()
        self.assertEqual((declaration.state, declaration.accepted_count, declaration.part_count), ("sent", 5, 3))

    def test_a_declaration_in_parts_that_the_engine_knows_is_not_repeated(self):
        self._exchange()
        self._exchange()
        self.assertEqual(len(self.engine.declarations), 3)

    def test_only_unanswered_parts_are_sent_again_and_unchanged(self):
        self.engine.fail_from_part = 2
        self._exchange(expect=False)
        self.assertEqual((self._declaration().state, self._declaration().parts_answered), ("to_send", 1))
        self.invoices[0].bizoverbiz_withheld = "pledged"
        self.engine.fail_from_part = None
        self._exchange()
        sent = [json.loads(request.body) for request in self.engine.sent("declarations", "POST")]
        self.assertEqual([part["part"] for part in sent], [1, 2, 2, 3, 1, 2, 3])
        self.assertEqual(sent[1], sent[2])
        self.assertEqual(self._declaration().state, "sent")
        self.assertIn("encumbrance", json.dumps(sent[4]))

    def test_refused_lines_of_any_part_are_shown_with_their_invoice(self):
        self.engine.refused = {self.invoices[3].name: ("due_date", "Too far away.")}
        self._exchange()
        declaration = self._declaration()
        self.assertEqual((declaration.state, declaration.accepted_count), ("refused_lines", 4))
        refused = declaration.line_ids.filtered(lambda line: line.kind == "refused")
        self.assertRecordValues(refused, [{"move_id": self.invoices[3].id, "reason": "Too far away."}])
        self.assertIn("Too far away.", self.invoices[3].bizoverbiz_left_out)

    def test_one_that_the_engine_no_longer_takes_gives_way_to_a_new_one(self):
        self.engine.fail_from_part = 2
        self._exchange(expect=False)
        stale = self._declaration()
        self.engine.fail_from_part = None
        self.engine.stale = {stale.idempotency_key}
        self._exchange()
        self.assertEqual(stale.state, "refused")
        self.assertIn("not finished within 24 hours", stale.reason)
        self.assertEqual((self._declaration().state, self._declaration().accepted_count), ("sent", 5))

    def test_parts_that_got_lost_at_the_engine_are_declared_anew(self):
        self.engine.forget = {1}
        self._exchange()
        lost = self._declaration()
        self.assertEqual(lost.state, "refused")
        self.assertIn("parts 1 of 3", lost.reason)
        self.engine.forget = set()
        self._exchange()
        self.assertEqual(self._declaration().state, "sent")

    def test_lines_beyond_what_the_engine_takes_in_all_are_left_out_visibly(self):
        with patch(f"{DECLARATION}_content.MOST_DECLARED", 4):
            self._exchange()
        self.assertEqual(self._declaration().declared_count, 4)
        left = self._declaration().line_ids
        self.assertEqual((len(left), left.kind), (1, "skipped"))
        self.assertIn("takes 4 lines", left.reason)

    def test_old_declarations_are_cleaned_up_but_for_one_a_day(self):
        self._exchange()
        now = fields.Datetime.now()
        latest = self._declaration()
        ages = [{"hours": 0}, {"hours": 30}, {"days": 5}, {"days": 5, "hours": 2}, {"days": 31}]
        for age in ages:
            one = latest.copy({"state": "sent", "payload": "{}"}) if any(age.values()) else latest
            made = now - timedelta(**age)
            self.env.cr.execute("UPDATE bizoverbiz_declaration SET create_date = %s WHERE id = %s", [made, one.id])
        self.env.invalidate_all()
        unsent = latest.copy({"state": "to_send", "payload": "{}"})
        self.env["bizoverbiz.declaration"].sudo()._gc_declarations()
        left = self.env["bizoverbiz.declaration"].sudo().search([("membership_id", "=", self.membership.id)])
        self.assertIn(unsent, left)
        self.assertEqual(sorted((now - one.create_date).days for one in left - unsent), [0, 1, 5])
