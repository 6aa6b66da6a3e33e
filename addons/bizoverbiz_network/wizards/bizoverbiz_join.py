from odoo import api, fields, models

from ..exceptions import EngineRefused
from ..models.bizoverbiz_membership_join import AGREEMENT


class BizoverbizJoin(models.TransientModel):
    """Two steps, two transactions: the first keeps the key pair, the second may lose the engine's answer."""

    _name = "bizoverbiz.join"
    _description = "Join a BizOverBiz Network"

    step = fields.Selection(
        [("invitation", "Invitation"), ("agreement", "Agreement"), ("done", "Done")], default="invitation"
    )
    invitation = fields.Text(help="The text beginning with “bob1.” that the network's operator sent you.")
    demonstration = fields.Boolean(readonly=True)
    membership_id = fields.Many2one("bizoverbiz.membership", readonly=True)
    company_id = fields.Many2one(
        "res.company", readonly=True, default=lambda self: self.env.company.root_id, string="Legal Entity"
    )
    identifier = fields.Char(compute="_compute_identifier", help="SIREN, or else VAT number.")
    network_name = fields.Char("Network", related="membership_id.network_name")
    engine_url = fields.Char("Engine Address", related="membership_id.engine_url")
    error = fields.Text(related="membership_id.last_error")
    agreement = fields.Char("Agreement Version", readonly=True, default=AGREEMENT)
    agreement_changed = fields.Boolean(readonly=True)
    agreement_accepted = fields.Boolean("I am entitled to bind the firm and accept the framework agreement")

    @api.depends("company_id")
    def _compute_identifier(self):
        for wizard in self:
            wizard.identifier = wizard.company_id._bizoverbiz_identifier()

    @api.model
    def _open(self, company):
        self.env["bizoverbiz.membership"]._check_group("bizoverbiz_network.group_administrator")
        action = self.env["ir.actions.act_window"]._for_xml_id("bizoverbiz_network.bizoverbiz_join_action")
        return {**action, "context": {"default_company_id": company.id}}

    @api.model
    def _open_demonstration(self, company):
        """Go straight to the agreement with an invitation from the demonstration on this machine."""
        memberships = self.env["bizoverbiz.membership"]
        memberships._check_group("bizoverbiz_network.group_administrator")
        invitation = memberships._demonstration_invitation(company)
        wizard = self.create({"company_id": company.id, "invitation": invitation, "demonstration": True})
        return wizard.action_continue()

    def action_continue(self):
        self.ensure_one()
        memberships = self.env["bizoverbiz.membership"].with_company(self.company_id)
        self.write({"membership_id": memberships.prepare(self.invitation), "step": "agreement"})
        return self._reopen()

    def action_join(self):
        self.ensure_one()
        memberships = self.env["bizoverbiz.membership"].with_company(self.company_id)
        try:
            with self.env.cr.savepoint():
                membership_id = memberships.join(self.invitation, self.agreement_accepted, self.agreement)
        except EngineRefused as error:
            acceptable = error.problem.get("acceptable")
            if error.slug != "agreement-differs" or not acceptable:
                raise
            # Nobody accepts a version unseen: the user is shown it and asked again.
            self.write({"agreement": acceptable[0], "agreement_changed": True, "agreement_accepted": False})
            return self._reopen()
        if memberships.browse(membership_id).state == "joined":
            self.step = "done"
        return self._reopen()

    def action_open_membership(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "bizoverbiz.membership",
            "res_id": self.membership_id.id,
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
