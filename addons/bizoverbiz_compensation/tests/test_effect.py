import json

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import SetOffCase


@tagged("post_install", "-at_install")
class TestEffect(SetOffCase):
    def _effect(self, user=None, **values):
        return (
            self.env["bizoverbiz.effect"]
            .with_user(user or self.accountant)
            .create({"company_id": self.company.id, **values})
        )

    def _invoiced(self, amount, day, move_type="out_invoice", due="2026-12-31"):
        return self._create_invoice(
            move_type,
            invoice_date=day,
            post=True,
            partner_id=self.vendor if move_type.startswith("in") else self.customer,
            invoice_date_due=due,
            ref=f"{move_type}-{day}",
            invoice_line_ids=[self._prepare_invoice_line(price_unit=amount, name="Work", tax_ids=self.no_tax)],
        )

    def _pay(self, move, amount, day):
        self.env["account.payment.register"].with_context(active_model="account.move", active_ids=move.ids).create(
            {"amount": amount, "payment_date": day}
        )._create_payments()

    def test_the_count_back_of_2500_is_82_4_days_and_its_formula_is_shown(self):
        for amount, day in ((1200, "2026-11-10"), (800, "2026-10-10"), (700, "2026-09-10")):
            self._invoiced(amount, day)
        paid = self._invoiced(900, "2026-08-10")
        self._pay(paid, 900, "2026-11-15")
        credit = self._invoiced(200, "2026-07-10", "out_refund")
        self.assertEqual(credit.amount_total, 200)
        effect = self._effect(date_from="2026-11-30", date_to="2026-11-30")
        self.assertEqual(effect.receivable_after, 2500.0)
        self.assertEqual(effect.dso_count_back_after, 82.4)
        self.assertIn("82.4 days", effect.dso_count_back_formula)
        for told in ("1,200.00", "500.00", "700.00", "21.4 of 30"):
            self.assertIn(told, effect.dso_count_back_formula)
        self.assertEqual(effect.dso_balance_after, 268.4, "2,500 / 3,400 x 365")
        self.assertIn("3,400.00", effect.dso_balance_formula)

    def test_a_set_off_lowers_dso_dpo_and_exposure_and_leaves_the_working_capital_as_it_was(self):
        invoice, bill = self._invoice(500), self._bill(300)
        notice = self._booked_round({invoice: 20_000, bill: 20_000})
        effect = self._effect()
        self.assertEqual((effect.date_from, effect.date_to), (notice.move_id.date,) * 2)
        self.assertRecordValues(
            effect,
            [
                {
                    "set_off": 200.0,
                    "receivable_before": 500.0,
                    "receivable_after": 300.0,
                    "payable_before": 300.0,
                    "payable_after": 100.0,
                    "trade_before": 200.0,
                    "trade_after": 200.0,
                }
            ],
        )
        for name in ("dso_count_back", "dso_balance", "dpo_count_back", "dpo_balance"):
            self.assertLess(effect[f"{name}_after"], effect[f"{name}_before"], name)

    def test_the_share_of_receivables_at_risk_is_that_of_what_was_overdue(self):
        overdue, fresh = self._invoice(400, due="2026-10-31"), self._invoice(600, due="2026-12-31")
        self._booked_round({overdue: 10_000, fresh: 20_000, self._bill(300, due="2026-12-31"): 30_000})
        effect = self._effect()
        self.assertRecordValues(
            effect,
            [
                {
                    "receivable_overdue_before": 400.0,
                    "receivable_overdue_after": 300.0,
                    "share_at_risk": 0.25,
                    "payable_overdue_before": 0.0,
                    "payable_overdue_after": 0.0,
                }
            ],
        )

    def test_what_was_paid_after_the_period_was_still_overdue_at_its_end(self):
        invoice = self._invoice(400, due="2026-10-31")
        self._pay(invoice, 400, "2026-11-20")
        self.assertEqual(self._effect(date_from="2026-11-10", date_to="2026-11-10").receivable_overdue_after, 400.0)
        self.assertEqual(self._effect(date_from="2026-11-21", date_to="2026-11-21").receivable_overdue_after, 0.0)

    def test_the_average_delay_weighs_by_amount_and_counts_early_as_in_time(self):
        for amount, due, paid in ((300, "2026-10-31", "2026-11-10"), (100, "2026-11-20", "2026-11-10")):
            self._pay(self._invoice(amount, due=due), amount, paid)
        effect = self._effect(date_from="2026-11-22", date_to="2026-11-22")
        self.assertEqual(effect.receivable_delay, 7.5)
        self.assertEqual(effect.payable_delay, 0.0)

    def test_nothing_in_the_books_is_zero_everywhere(self):
        effect = self._effect()
        self.assertEqual((effect.dso_count_back_after, effect.dso_balance_after, effect.share_at_risk), (0, 0, 0))
        self.assertEqual(effect.date_to, fields.Date.context_today(effect))

    def test_who_does_not_see_the_accounts_does_not_see_their_figures(self):
        with self.assertRaises(AccessError):
            self._effect(user=self.approver)

    def test_the_analysis_has_a_row_for_each_invoice_set_off_with_its_age(self):
        invoice, bill = self._invoice(500, due="2026-10-31"), self._bill(300, due="2026-12-31")
        notice = self._booked_round({invoice: 20_000, bill: 20_000})
        rows = self.env["bizoverbiz.set.off.report"].with_user(self.accountant).search([("notice_id", "=", notice.id)])
        self.assertRecordValues(
            rows.sorted("side"),
            [
                {
                    "side": "payable",
                    "move_id": bill.id,
                    "partner_id": self.vendor.id,
                    "set_off": 200.0,
                    "set_off_overdue": 0.0,
                    "days_late": 0,
                    "age": "1_not_due",
                },
                {
                    "side": "receivable",
                    "move_id": invoice.id,
                    "partner_id": self.customer.id,
                    "set_off": 200.0,
                    "set_off_overdue": 200.0,
                    "days_late": 22,
                    "age": "2_30",
                },
            ],
        )
        self.assertEqual(set(rows.mapped("date")), {notice.move_id.date})

    def test_the_analysis_shows_no_other_companys_set_offs(self):
        self._booked_round({self._invoice(10): 1_000, self._bill(10): 1_000})
        other = self.env["res.company"].create({"name": "Other"})
        stranger = new_test_user(
            self.env,
            login="other_company",
            groups="bizoverbiz_network.group_user",
            company_id=other.id,
            company_ids=[(6, 0, other.ids)],
        )
        report = self.env["bizoverbiz.set.off.report"]
        self.assertFalse(report.with_user(stranger).search([]))
        self.assertTrue(report.with_user(self.approver).search([]))

    def test_the_set_off_journals_card_says_what_awaits_a_person(self):
        invoice, bill = self._invoice(500), self._bill(300)
        self._booked_round({invoice: 20_000, bill: 20_000})
        self._round({invoice: 10_000, bill: 10_000}, approve=False, number=2)
        card = self._card(self.accountant)
        self.assertEqual((card["to_answer"], card["to_examine"]), (1, 0))
        self.assertIn("200.00", card["total"])
        self._notices().write({"state": "blocked", "error": "A period is locked."})
        self.assertEqual(self._card(self.accountant)["to_examine"], 1)

    def test_who_may_not_see_set_offs_gets_no_card(self):
        self._booked_round({self._invoice(10): 1_000, self._bill(10): 1_000})
        clerk = self._new_user("clerk", "account.group_account_invoice")
        self.assertIsNone(self._card(clerk))

    def _card(self, user):
        journal = self.company.bizoverbiz_journal_id.with_user(user).with_context(allowed_company_ids=self.company.ids)
        journal.invalidate_recordset(["kanban_dashboard"])
        return json.loads(journal.kanban_dashboard).get("set_off")

    def test_the_digest_tells_what_was_set_off_in_its_period(self):
        self._booked_round({self._invoice(500): 20_000, self._bill(300): 20_000})
        digest = self.env.ref("bizoverbiz_compensation.digest_digest_set_off").with_company(self.company)
        period = {"start_datetime": fields.Datetime.from_string("2026-11-01"), "end_datetime": fields.Datetime.now()}
        told = digest.with_context(**period).with_user(self.accountant)
        self.assertEqual(told.sudo(False).kpi_bizoverbiz_set_off_value, 200.0)
        self.assertEqual(digest.periodicity, "monthly")
        clerk = self._new_user("clerk", "account.group_account_invoice")
        with self.assertRaises(AccessError):
            digest.with_context(**period).with_user(clerk).kpi_bizoverbiz_set_off_value  # noqa: B018
