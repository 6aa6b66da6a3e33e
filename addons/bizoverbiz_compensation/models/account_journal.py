from odoo import fields, models
from odoo.tools import format_amount


class AccountJournal(models.Model):
    _inherit = "account.journal"

    def _fill_general_dashboard_data(self, dashboard_data):
        """The set-off journal's card says what awaits a person, and what was set off this year."""
        result = super()._fill_general_dashboard_data(dashboard_data)
        if self.env.user.has_group("bizoverbiz_network.group_user"):
            for journal in self.filtered(lambda journal: journal == journal.company_id.bizoverbiz_journal_id):
                dashboard_data[journal.id]["set_off"] = journal._prepare_set_off_card()
        return result

    def _prepare_set_off_card(self):
        self.ensure_one()
        company = self.company_id
        own = [("company_id", "=", company.id)]
        to_answer = [
            ("state", "=", "proposed"),
            ("answer", "=", False),
            "|",
            ("deadline", "=", False),
            ("deadline", ">", fields.Datetime.now()),
        ]
        year = fields.Date.context_today(self).replace(month=1, day=1)
        [(total,)] = self.env["bizoverbiz.set.off.report"]._read_group(
            [("company_id", "child_of", company.id), ("side", "=", "receivable"), ("date", ">=", year)],
            aggregates=["set_off:sum"],
        )
        return {
            "to_answer": self.env["bizoverbiz.statement"].search_count(own + to_answer),
            "to_examine": self.env["bizoverbiz.notice"].search_count(
                [*own, "|", ("state", "in", ("blocked", "rejected")), ("error", "!=", False)]
            ),
            "discrepancies": self.env["bizoverbiz.discrepancy"].search_count(own),
            "total": format_amount(self.env, total or 0.0, company.currency_id),
        }
