from odoo import api, fields, models
from odoo.exceptions import UserError


# pylint: disable=consider-merging-classes-inherited; inviting is long enough for a file of its own
class ResPartner(models.Model):
    _inherit = "res.partner"

    bizoverbiz_no_invitation = fields.Boolean(
        "No Network Invitations",
        groups="bizoverbiz_network.group_user",
        help="The partner has asked not to be invited to a set-off network.",
    )
    bizoverbiz_invitation_id = fields.Many2one(
        "bizoverbiz.invitation",
        "Network Invitation",
        compute="_compute_bizoverbiz_invitation_id",
        groups="bizoverbiz_network.group_user",
    )
    bizoverbiz_invitation_state = fields.Selection(
        selection=lambda self: self.env["bizoverbiz.invitation"]._fields["state"].selection,
        compute="_compute_bizoverbiz_invitation_id",
        string="Network Invitation Stage",
        groups="bizoverbiz_network.group_user",
    )

    @api.depends_context("company")
    def _compute_bizoverbiz_invitation_id(self):
        invitations = self.env["bizoverbiz.invitation"].search(
            [
                ("partner_id", "in", self.commercial_partner_id.ids),
                ("company_id", "=", self.env.company.root_id.id),
            ]
        )
        found = {invitation.partner_id: invitation for invitation in invitations}
        for partner in self:
            partner.bizoverbiz_invitation_id = found.get(partner.commercial_partner_id)
            partner.bizoverbiz_invitation_state = partner.bizoverbiz_invitation_id.state

    def action_view_bizoverbiz_invitation(self):
        self.ensure_one()
        return self.bizoverbiz_invitation_id._show()

    def action_bizoverbiz_invite(self):
        """The invitations of these partners, made if they were not: to be looked at, then sent."""
        self.env["bizoverbiz.membership"]._check_group("bizoverbiz_network.group_approver")
        if not self:
            raise UserError(self.env._("Select the partners to invite."))
        return self.env["bizoverbiz.invitation"]._invite(self)._show()
