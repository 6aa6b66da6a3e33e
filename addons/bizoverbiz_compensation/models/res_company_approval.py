from odoo import fields, models
from odoo.tools import format_amount


# pylint: disable=consider-merging-classes-inherited; how a firm approves is a thing of its own
class ResCompany(models.Model):
    """How the legal entity answers statements; its branches have no say of their own."""

    _inherit = "res.company"

    bizoverbiz_second_approval_above = fields.Monetary(
        "Second Approver Above",
        help="Above this amount a statement is sent once two approvers have approved it, and a mandate likewise. "
        "Zero: one approver is always enough.",
    )
    bizoverbiz_reminder_hours = fields.Integer(
        "Remind Approvers Before the Deadline",
        default=24,
        help="Hours before the deadline of a statement at which approvers are reminded of it. Zero: only when the "
        "network says so.",
    )

    _bizoverbiz_second_approval_above = models.Constraint(
        "CHECK (bizoverbiz_second_approval_above >= 0)",
        "The amount above which a second approver is needed cannot be negative.",
    )
    _bizoverbiz_reminder_hours = models.Constraint(
        "CHECK (bizoverbiz_reminder_hours >= 0)", "The hours before the deadline cannot be negative."
    )

    def write(self, vals):
        """Who changed how many approvers it takes stays on record."""
        if "bizoverbiz_second_approval_above" not in vals:
            return super().write(vals)
        before = {company: company.bizoverbiz_second_approval_above for company in self}
        result = super().write(vals)
        for company, amount in before.items():
            company._bizoverbiz_log_second_approval(amount)
        return result

    def _bizoverbiz_log_second_approval(self, before):
        after = self.bizoverbiz_second_approval_above
        membership = self.bizoverbiz_membership_id.sudo()
        if membership and self.currency_id.compare_amounts(before, after):
            membership.message_post(
                body=self.env._(
                    "%(name)s changed the amount above which it takes two approvers: %(before)s before, %(after)s now.",
                    name=self.env.user.name,
                    before=format_amount(self.env, before, self.currency_id),
                    after=format_amount(self.env, after, self.currency_id),
                )
            )
