from odoo import fields, models

from .bizoverbiz_statement import ACTIVITY


# pylint: disable=consider-merging-classes-inherited; answering and what leads to it are long enough for a file each
class BizoverbizStatement(models.Model):
    """What comes before the answer: how much of each line, and who else is to approve."""

    _inherit = "bizoverbiz.statement"

    def action_approve_whole(self):
        """Put every line these books know to its ceiling: the decision may then go round firms that refuse."""
        self._check_approver()
        for statement in self:
            lines = statement.line_ids.filtered("move_id")
            lines._approve_up_to({line: line._approvable() for line in lines})
        return True

    def action_reset_to_proposal(self):
        """Put every line these books know back to what is proposed."""
        self._check_approver()
        for statement in self:
            lines = statement.line_ids.filtered("move_id")
            lines._approve_up_to({line: min(line.proposed, line._approvable()) for line in lines})
        return True

    def action_withdraw_first_approval(self):
        self._check_answerable()
        result = super().action_withdraw_first_approval()
        for statement in self.sudo():
            statement.activity_unlink([ACTIVITY])
            statement._announce()
        return result

    def _ask_second_approver(self):
        """Tell the other approvers that their word is missing.

        :return: a notification for the first approver
        """
        for statement in self.sudo():
            statement.activity_unlink([ACTIVITY])
            statement._ask(
                statement._approvers(),
                self.env._(
                    "%(approver)s has approved. Above %(amount)s a second approver is needed; until then nothing is "
                    "sent, and silence counts as a refusal.",
                    approver=self.env.user.name,
                    amount=statement._format_second_approval_above(),
                ),
            )
        return self.membership_id[:1]._notify(
            "info", self.env._("Your approval is kept. A second approver was asked; nothing has been sent yet.")
        )

    def _ask(self, users, note):
        """Schedule an activity, due with the deadline, for each of these users."""
        for user in users:
            day = fields.Datetime.context_timestamp(self.with_context(tz=user.tz), self._answer_by()).date()
            self.activity_schedule(
                "bizoverbiz_compensation.mail_activity_type_statement", day, note=note, user_id=user.id
            )
