from odoo import models
from odoo.exceptions import UserError


class BizoverbizMembership(models.Model):
    _inherit = "bizoverbiz.membership"

    def _set_off_steps(self):
        """Commitments first: statements and notices name them."""
        commitments = self.env["bizoverbiz.commitment"].sudo()
        return (commitments._send_pending, commitments._fetch, *super()._set_off_steps())

    def _require_joined(self):
        if self.state != "joined":
            raise UserError(
                self.env._("Your firm is not in a network: join one first (Settings > Invoicing > BizOverBiz).")
            )

    def _commitments_by_reference(self, references):
        found = (
            self.env["bizoverbiz.commitment"]
            .sudo()
            .search([("membership_id", "=", self.id), ("reference", "in", list(filter(None, references)))])
        )
        return {commitment.reference: commitment for commitment in found}
