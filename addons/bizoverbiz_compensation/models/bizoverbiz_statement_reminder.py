from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import format_amount, format_datetime

from .bizoverbiz_statement import ACTIVITY


# pylint: disable=consider-merging-classes-inherited; reminding is a thing of its own
class BizoverbizStatement(models.Model):
    """Reminding approvers while there is time: silence counts as a refusal."""

    _inherit = "bizoverbiz.statement"

    reminded_at = fields.Datetime("Reminded", readonly=True, copy=False)

    @api.model
    def _cron_remind(self):
        """Remind of statements whose deadline is near, whether or not the network can be reached."""
        for statement in self.sudo().search(self._unanswered()):
            hours = statement.company_id.bizoverbiz_reminder_hours
            remind_at = hours and statement.deadline - timedelta(hours=hours)
            if remind_at and max(remind_at, statement.proposed_at) <= fields.Datetime.now():
                statement._remind_since(remind_at)

    @api.model
    def _unanswered(self):
        return [("state", "=", "proposed"), ("answer", "=", False), ("deadline", ">", fields.Datetime.now())]

    def _mirror(self, item):
        """The network reminds at hours of its own."""
        result = super()._mirror(item)
        if item.get("reminders") and self.filtered_domain(self._unanswered()):
            self._remind_since(max(map(self.company_id._bizoverbiz_utc, item["reminders"])))
        return result

    def _remind_since(self, moment):
        """Remind each approver whose word is missing, unless that was done after this moment."""
        self.ensure_one()
        if self.reminded_at and self.reminded_at >= moment:
            return
        self.reminded_at = fields.Datetime.now()
        for user in self._approvers():
            self.with_context(lang=user.lang, tz=user.tz)._remind_user(user)
        today = fields.Date.context_today(self)
        self.activity_search([ACTIVITY]).filtered(lambda one: one.date_deadline > today).date_deadline = today

    def _remind_user(self, user):
        self.message_notify(
            partner_ids=user.partner_id.ids,
            subject=self.env._("%(statement)s waits for your answer", statement=self.display_name),
            body=self.env._(
                "%(amount)s of what you are owed and as much of what you owe can be set off. Answer before "
                "%(deadline)s: silence counts as a refusal.",
                amount=format_amount(self.env, self.at_most, self.currency_id),
                deadline=format_datetime(self.env, self.deadline),
            ),
        )
