from odoo import api, fields, models
from odoo.exceptions import UserError


class BizoverbizAgreement(models.TransientModel):
    _name = "bizoverbiz.agreement"
    _description = "Accept a Framework Agreement"

    membership_id = fields.Many2one("bizoverbiz.membership", required=True, readonly=True)
    network_name = fields.Char(related="membership_id.network_name")
    agreement = fields.Char("Accepted Version", related="membership_id.agreement")
    version = fields.Char(compute="_compute_version", store=True, help="The version you accept.")
    in_force_from = fields.Date(related="membership_id.agreement_from")
    sha256 = fields.Char(related="membership_id.agreement_sha256")
    accepted = fields.Boolean("I am entitled to bind the firm and accept this version of the framework agreement")

    @api.depends("membership_id")
    def _compute_version(self):
        """Kept: what the user has read is what is accepted."""
        for wizard in self:
            wizard.version = wizard.membership_id.agreement_to_accept

    def action_accept(self):
        self.ensure_one()
        if not self.accepted:
            raise UserError(self.env._("Tick that you accept this version, or cancel."))
        self.membership_id.accept_agreement(self.version)
        return {"type": "ir.actions.act_window_close"}
