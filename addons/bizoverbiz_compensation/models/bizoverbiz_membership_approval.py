from odoo import api, fields, models


# pylint: disable=consider-merging-classes-inherited; exchanging and approving are long enough for a file each
class BizoverbizMembership(models.Model):
    """How the firm approves, set by whoever administers its membership."""

    _inherit = "bizoverbiz.membership"

    second_approval_above = fields.Monetary(
        "Second Approver Above",
        currency_field="company_currency_id",
        compute="_compute_second_approval_above",
        inverse="_inverse_second_approval_above",
        help="Above this amount a statement is sent once two approvers have approved it, and a mandate likewise. "
        "Zero: one approver is always enough.",
    )
    reminder_hours = fields.Integer(
        "Remind Approvers Before the Deadline",
        compute="_compute_reminder_hours",
        inverse="_inverse_reminder_hours",
        help="Hours before the deadline of a statement at which approvers are reminded of it. Zero: only when the "
        "network says so.",
    )

    preview_ids = fields.One2many("bizoverbiz.preview", "membership_id", "If the Round Were Cut Off Now", readonly=True)

    @api.depends("company_id.bizoverbiz_second_approval_above")
    def _compute_second_approval_above(self):
        for membership in self:
            membership.second_approval_above = membership.company_id.sudo().bizoverbiz_second_approval_above

    def _inverse_second_approval_above(self):
        """With sudo: whoever administers the membership need not be allowed to change companies."""
        for membership in self:
            membership.company_id.sudo().bizoverbiz_second_approval_above = membership.second_approval_above

    @api.depends("company_id.bizoverbiz_reminder_hours")
    def _compute_reminder_hours(self):
        for membership in self:
            membership.reminder_hours = membership.company_id.sudo().bizoverbiz_reminder_hours

    def _inverse_reminder_hours(self):
        for membership in self:
            membership.company_id.sudo().bizoverbiz_reminder_hours = membership.reminder_hours

    @api.model
    def _prepare_membership(self, invitation):
        network = self.sudo().search([("company_id", "=", self.env.company.root_id.id)]).network_name
        membership = super()._prepare_membership(invitation)
        if network and network != membership.network_name:
            membership._forget_network()
        return membership

    def _forget_network(self):
        """Another network has rounds and a mandate of its own."""
        mine = [("membership_id", "=", self.id)]
        self.env["bizoverbiz.round"].sudo().search(mine).unlink()
        self.preview_ids.sudo().unlink()
        mandates = (
            self.env["bizoverbiz.mandate"].sudo().search([*mine, ("state", "in", ("to_send", "in_force", "to_end"))])
        )
        mandates.write({"state": "ended", "ended_at": fields.Datetime.now()})

    def _users_with(self, group):
        """Everybody of a group who works for this company."""
        users = self.env.ref(group).sudo().all_user_ids
        return users.filtered(lambda user: user.active and self.company_id in user.company_ids)
