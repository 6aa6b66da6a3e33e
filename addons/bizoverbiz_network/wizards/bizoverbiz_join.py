from odoo import api, fields, models

from ..models.bizoverbiz_membership_join import AGREEMENT


class BizoverbizJoin(models.TransientModel):
    """Two steps, two transactions: the first keeps the key pair, the second may lose the engine's answer."""

    _name = "bizoverbiz.join"
    _description = "Join a BizOverBiz Network"

    step = fields.Selection([("invitation", "Invitation"), ("agreement", "Agreement")], default="invitation")
    invitation = fields.Text(help="The text beginning with “bob1.” that the network's operator sent you.")
    membership_id = fields.Many2one("bizoverbiz.membership", readonly=True)
    company_id = fields.Many2one(
        "res.company", readonly=True, default=lambda self: self.env.company.root_id, string="Legal Entity"
    )
    identifier = fields.Char(compute="_compute_identifier", help="SIREN, or else VAT number.")
    network_name = fields.Char("Network", related="membership_id.network_name")
    engine_url = fields.Char("Engine Address", related="membership_id.engine_url")
    error = fields.Text(related="membership_id.last_error")
    agreement = fields.Char("Agreement Version", readonly=True, default=AGREEMENT)
    agreement_accepted = fields.Boolean("I am entitled to bind the firm and accept the framework agreement")

    @api.depends("company_id")
    def _compute_identifier(self):
        for wizard in self:
            wizard.identifier = wizard.company_id._bizoverbiz_identifier()

    def action_continue(self):
        self.ensure_one()
        memberships = self.env["bizoverbiz.membership"].with_company(self.company_id)
        self.write({"membership_id": memberships.prepare(self.invitation), "step": "agreement"})
        return self._reopen()

    def action_join(self):
        self.ensure_one()
        memberships = self.env["bizoverbiz.membership"].with_company(self.company_id)
        membership = memberships.browse(memberships.join(self.invitation, self.agreement_accepted))
        if membership.state != "joined":
            return self._reopen()
        return {
            "type": "ir.actions.act_window",
            "res_model": membership._name,
            "res_id": membership.id,
            "view_mode": "form",
            "target": "main",
        }

    def _reopen(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Join a network"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }
