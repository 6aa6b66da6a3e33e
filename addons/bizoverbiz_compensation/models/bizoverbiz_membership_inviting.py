from odoo import api, fields, models
from odoo.addons.bizoverbiz_network.exceptions import EngineRefused, EngineUnavailable


# pylint: disable=consider-merging-classes-inherited; inviting is long enough for a file of its own
class BizoverbizMembership(models.Model):
    """What a firm whose partners are not in the network yet is told to do next."""

    _inherit = "bizoverbiz.membership"

    declare_non_members = fields.Boolean(
        "Declare What Non-members Owe",
        copy=False,
        tracking=True,
        help="Also tell the network's engine which invoices are open with partners that have a SIREN or VAT number and "
        "are no members. They can be matched the moment such a partner joins. Off: only invoices with members leave "
        "your books.",
    )
    member_partner_count = fields.Integer("Partners in the Network", readonly=True, copy=False)
    invitee_ids = fields.One2many("bizoverbiz.invitee", "membership_id", "Partners to Invite", readonly=True)
    best_invitee_ids = fields.Many2many("bizoverbiz.invitee", compute="_compute_best_invitee_ids")

    @api.depends("invitee_ids")
    def _compute_best_invitee_ids(self):
        for membership in self:
            membership.best_invitee_ids = membership.invitee_ids.search(
                [("membership_id", "=", membership.id)], limit=5
            )

    def action_invite_partners(self):
        self.ensure_one()
        return self.env["bizoverbiz.invitee"].with_company(self.company_id).action_open_list()

    def _refresh_invitees(self):
        """Bring the list of partners to invite up to date; returns why it could not be, or an empty string."""
        self.ensure_one()
        try:
            self.env["bizoverbiz.invitee"].sudo()._refresh(self.sudo())
        except (EngineUnavailable, EngineRefused) as error:
            return str(error)
        return ""

    def _join(self, invitation, agreement):
        """Who has just joined finds its partners to invite at the next look, not a day later."""
        result = super()._join(invitation, agreement)
        if cron := self.env.ref("bizoverbiz_compensation.ir_cron_invite", raise_if_not_found=False):
            cron.sudo()._trigger()
        return result

    def _set_off_steps(self):
        return (*super()._set_off_steps(), self.env["bizoverbiz.invitation"].sudo()._follow_up)

    @api.model
    def _cron_invite(self):
        """Once a day: who could be invited, and who is to be reminded."""
        for membership in self.sudo().search([("state", "=", "joined")]).filtered(lambda one: one._is_live()):
            membership._refresh_invitees()
        self.env["bizoverbiz.invitation"]._cron_remind()
