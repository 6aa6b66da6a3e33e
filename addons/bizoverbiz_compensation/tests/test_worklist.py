import json

from odoo.addons.bizoverbiz_network.exceptions import EngineUnavailable
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common import SetOffCase
from .engine import discrepancy


@tagged("post_install", "-at_install")
class TestWorklist(SetOffCase):
    """From a discrepancy to what settles it."""

    def _listed(self, *items):
        """The worklist as the accountant sees it once the engine has listed these."""
        self.engine.discrepancies = [
            discrepancy(**{"id": f"7f3f3f0e-6a5c-4e53-9d68-2f1f35ad6a{index:02}", **item})
            for index, item in enumerate(items)
        ]
        self._exchange()
        records = self.env["bizoverbiz.discrepancy"].with_user(self.accountant)
        return records.search([("membership_id", "=", self.membership.id)], order="uuid")

    def _form(self, action):
        """The form that an action opens for the accountant."""
        return Form(self.env[action["res_model"]].with_user(self.accountant).with_context(**action["context"]))

    def _missing_here(self, **values):
        """A receivable that the vendor declares and these books do not know."""
        return {
            "kind": "missing-at-debtor",
            "creditor": "542065479",
            "debtor": "552100554",
            "number": "FR-88",
            "creditor_amount": 120000,
            "debtor_amount": None,
            "way_out": {"debtor": {"code": "enter-or-dispute", "text": "Look for the invoice."}},
            **values,
        }

    def test_a_discrepancy_says_what_to_do_and_whose_dispute_it_is(self):
        invoice = self._invoice(1200)
        disputed = {
            "kind": "disputed",
            "disputed_by": "debtor",
            "dispute_code": "QUA",
            "reference": self._reference(invoice),
            "way_out": {"creditor": {"code": "answer-dispute", "text": "The other side disputes it."}},
        }
        later = {"kind": "ambiguous", "dispute_code": "NEW", "way_out": {"creditor": {"code": "of-a-later-version"}}}
        self.assertRecordValues(
            self._listed(disputed, self._missing_here(), later),
            [
                {"way_out": "answer-dispute", "disputed_by": "them", "dispute_code": "QUA", "finding": "disputed"},
                {"way_out": "enter-or-dispute", "disputed_by": False, "dispute_code": False, "finding": "missing-here"},
                {"way_out": False, "disputed_by": False, "dispute_code": False, "finding": "ambiguous"},
            ],
        )

    def test_a_dispute_is_shown_in_the_partners_words_and_without_the_networks_english(self):
        payable = {"creditor": "542065479", "debtor": "552100554"}
        both = "disputed by the creditor: Prix ; voir devis; disputed by the debtor: Deux palettes"
        told = {
            "disputed by the debtor: Deux palettes": {},
            "disputed by the debtor: no reason given": {},
            both: {},
            f"{both} ": payable,
            "disputed by the debtor: Ours": payable,
        }
        items = [{"kind": "disputed", "reason": reason, **side} for reason, side in told.items()]
        self.assertEqual(
            self._listed(*items).mapped("their_reason"),
            ["Deux palettes", False, "Deux palettes", "Prix ; voir devis", False],
        )

    def test_what_is_missing_here_leads_to_the_document_of_its_number_whatever_its_state(self):
        found = self._listed(self._missing_here())
        self.assertEqual(found.action_open_invoice()["context"]["default_partner_id"], self.vendor.id)
        draft = self._create_invoice("in_invoice", partner_id=self.vendor, ref="FR-88", invoice_date="2026-09-01")
        self.assertEqual(found.action_open_invoice()["res_id"], draft.id)

    def test_a_missing_bill_is_drafted_with_the_vendors_data(self):
        found = self._listed(self._missing_here())
        bill = self.env["account.move"].browse(found.action_create_bill()["res_id"])
        self.assertRecordValues(
            bill,
            [
                {
                    "state": "draft",
                    "move_type": "in_invoice",
                    "partner_id": self.vendor.id,
                    "ref": "FR-88",
                    "invoice_date": found.issue_date,
                    "invoice_date_due": found.due_date,
                    "amount_total": 1200.0,
                    "company_id": self.company.id,
                }
            ],
        )
        self.assertEqual(bill.invoice_line_ids.tax_ids, self.company.account_purchase_tax_id)
        self.assertIn("Compare", "".join(bill.message_ids.mapped("body")))
        self.assertEqual(found.action_create_bill()["res_id"], bill.id, "a second click opens the same draft")

    def test_a_drafted_bill_uses_the_account_and_taxes_usual_for_the_vendor(self):
        account = self.company_data["default_account_expense"].copy()
        usual = self._bill(100)
        usual.button_draft()
        usual.invoice_line_ids.account_id = account
        usual.action_post()
        bill = self.env["account.move"].browse(self._listed(self._missing_here()).action_create_bill()["res_id"])
        self.assertEqual((bill.invoice_line_ids.account_id, bill.invoice_line_ids.tax_ids), (account, self.no_tax))
        self.assertEqual(bill.amount_total, 1200.0)

    def test_a_drafted_bill_that_is_posted_resolves_the_discrepancy(self):
        bill = self.env["account.move"].browse(self._listed(self._missing_here()).action_create_bill()["res_id"])
        bill.action_post()
        self.assertFalse(self._listed())
        self.assertEqual(self._declared()["FR-88"]["amount_open"], 120000)

    def test_only_what_is_missing_here_of_a_known_vendor_is_drafted(self):
        own = self._listed({"kind": "missing-at-debtor", "debtor_amount": None})
        with self.assertRaisesRegex(UserError, "No bill of number"):
            own.action_create_bill()
        stranger = self._listed(self._missing_here(creditor="775670417"))[-1]
        for action in (stranger.action_create_bill, stranger.action_message_partner):
            with self.assertRaisesRegex(UserError, "None of your contacts is 775670417"):
                action()

    def test_a_message_goes_to_the_partners_invoice_address_in_its_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.env["ir.module.module"]._load_module_terms(["bizoverbiz_compensation"], ["fr_FR"])
        template = self.env.ref("bizoverbiz_compensation.mail_template_discrepancy")
        template.with_context(lang="fr_FR").subject = "{{ object.company_id.name }} : facture {{ object.number }}"
        self.customer.lang = "fr_FR"
        office = self.env["res.partner"].create(
            {"name": "Comptabilité", "type": "invoice", "parent_id": self.customer.id, "email": "compta@forez.example"}
        )
        found = self._listed({"kind": "missing-at-debtor", "debtor_amount": None})
        action = found.action_message_partner()
        composer = Form(
            self.env[action["res_model"]].with_user(self.accountant).with_context(**action["context"])
        ).save()
        self.assertEqual(composer.partner_ids, office)
        self.assertEqual(composer.subject, f"{self.company.name} : facture INV/1")
        self.assertIn("Bonjour", composer.body)
        self.assertIn("1&nbsp;200,00&nbsp;€", composer.body)
        composer.action_send_mail()
        self.assertEqual(found.message_ids[0].partner_ids, office)

    def test_the_message_asks_what_the_kind_of_discrepancy_calls_for(self):
        payable = {"creditor": "542065479", "debtor": "552100554"}
        asked = {
            "has not reached us": self._missing_here(),
            "no open invoice of this number": {"kind": "missing-at-creditor", "creditor_amount": None},
            "still owe it": {"kind": "missing-at-creditor", "creditor_amount": None, **payable},
            "a payment, a credit note": {},
            "You dispute it": {"kind": "disputed", "disputed_by": "debtor"},
            "bear this number": {"kind": "ambiguous"},
        }
        template = self.env.ref("bizoverbiz_compensation.mail_template_discrepancy")
        for (words, _item), found in zip(asked.items(), self._listed(*asked.values()), strict=True):
            self.assertIn(words, template._render_field("body_html", found.ids)[found.id])

    def test_a_dispute_is_marked_and_lifted_from_the_line_with_the_difference_as_amount(self):
        bill = self._bill(1200)
        found = self._listed(
            {
                "reference": self._reference(bill),
                "creditor": "542065479",
                "debtor": "552100554",
                "creditor_amount": 100000,
                "debtor_amount": 120000,
            }
        )
        action = found.action_dispute()
        form = self._form(action)
        self.assertEqual(form.amount, 200.0)
        form.reason_id = self.env.ref("bizoverbiz_compensation.dispute_reason_pu_err")
        form.save().action_mark()
        self.assertEqual((bill.bizoverbiz_disputed, found.is_disputed_here), (200.0, True))
        template = self.env.ref("bizoverbiz_compensation.mail_template_discrepancy")
        found.sudo().write({"kind": "disputed", "disputed_by": "us"})
        self.assertIn("Unit price is wrong", template._render_field("body_html", found.ids)[found.id])
        found.action_lift_dispute()
        self.assertEqual((bill.bizoverbiz_disputed, found.is_disputed_here), (0.0, False))

    def test_what_is_not_entered_cannot_be_disputed_and_says_so(self):
        with self.assertRaisesRegex(UserError, "enter it first"):
            self._listed(self._missing_here()).action_dispute()

    def _suggested(self):
        """One invoice under two numbers: both lines are discrepancies with the same suggestion."""
        self.engine.suggest("INV/7", "INV/8")
        suggestion = self.engine.suggest("INV/1", "INV/2")
        return self._listed(
            {"kind": "missing-at-debtor", "debtor_amount": None, "suggestion": suggestion},
            {"kind": "missing-at-creditor", "creditor_amount": None, "number": "INV/2", "suggestion": suggestion},
            {},
        )

    def test_a_suggestion_shows_the_other_number_on_both_lines(self):
        self.assertRecordValues(
            self._suggested(),
            [
                {"suggested_number": "INV/2", "suggested_total": 1200.0, "suggestion_answer": False},
                {"suggested_number": "INV/1", "suggested_total": 1200.0, "suggestion_answer": False},
                {"suggested_number": False, "suggested_total": 0.0, "suggestion_answer": False},
            ],
        )

    def test_confirming_one_line_answers_both_and_may_be_changed_to_a_rejection(self):
        own, theirs, _other = self._suggested()
        self.assertEqual((own + theirs).mapped("finding"), ["suggestion", "suggestion"])
        own.action_confirm_suggestion()
        self.assertEqual((own + theirs).mapped("finding"), ["missing-there", "missing-here"])
        sent = self.engine.sent("/v1/suggestions/")[-1]
        self.assertEqual(json.loads(sent.body), {"answer": "confirm", "answered_by": "accountant@morin.example"})
        self.assertEqual(theirs.suggestion_answer, "confirm")
        self.assertIn("INV/2", own.message_ids[0].body)
        theirs.action_reject_suggestion()
        self.assertEqual(own.suggestion_answer, "reject")
        self.assertEqual(self.engine.suggestions[own.suggestion_uuid]["state"], "rejected")

    def test_an_answer_that_does_not_arrive_is_told_and_not_kept(self):
        own = self._suggested()[0]
        self.engine.broken = {"suggestions/[^/]+/answer"}
        with self.assertRaises(EngineUnavailable), self.env.cr.savepoint():
            own.action_confirm_suggestion()
        self.assertFalse(own.suggestion_answer)
        self.engine.broken = set()
        own.action_confirm_suggestion()
        self.assertEqual(own.suggestion_answer, "confirm")

    def test_a_suggestion_that_is_settled_or_gone_says_so(self):
        own = self._suggested()[0]
        self.engine.suggestions[own.suggestion_uuid]["state"] = "rejected"
        with self.assertRaisesRegex(UserError, "settled or gone"):
            own.action_confirm_suggestion()
        self.engine.suggestions.clear()
        with self.assertRaisesRegex(UserError, "settled or gone"):
            own.action_confirm_suggestion()
        self.engine.discrepancies = [{**self.engine.discrepancies[0], "suggestion": None}]
        self._exchange()
        with self.assertRaisesRegex(UserError, "Nothing is suggested"):
            own.action_confirm_suggestion()

    def test_without_a_suggestion_the_engine_is_not_asked_for_any(self):
        self._listed({})
        self.assertFalse(self.engine.sent("/v1/suggestions", "GET"))

    def test_an_unchanged_worklist_is_not_written_again(self):
        found = self._listed({}, self._missing_here()).sudo()
        self.env.flush_all()
        self.env.cr.execute("UPDATE bizoverbiz_discrepancy SET write_date = '2026-01-01' WHERE id IN %s", [found._ids])
        found.invalidate_recordset()
        self.engine.discrepancies[0]["debtor_amount"] = 110000
        self._exchange()
        self.assertEqual([str(record.write_date.date()) == "2026-01-01" for record in found], [False, True])

    def test_whoever_only_reads_the_books_opens_and_writes_but_changes_nothing(self):
        found = self._suggested()
        for user in (self.approver, self._new_user("reader", "account.group_account_readonly")):
            reader = found[0].with_user(user)
            self.assertTrue(reader.action_message_partner())
            for action in (
                reader.action_confirm_suggestion,
                reader.action_reject_suggestion,
                reader.action_create_bill,
                reader.action_dispute,
                reader.action_lift_dispute,
            ):
                with self.assertRaises(AccessError):
                    action()
        self.assertFalse(self.engine.sent("/v1/suggestions/"))
        with self.assertRaises(AccessError):
            found[0].write({"suggestion_answer": "confirm"})
