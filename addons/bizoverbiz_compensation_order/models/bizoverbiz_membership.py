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

    def _commitment_of_line(self, line):
        """The commitment that a line of a statement or notice is about, if these books have it on that side."""
        commitments = self.env["bizoverbiz.commitment"].sudo()
        if not line.get("commitment"):
            return commitments
        return commitments.search(
            [
                ("membership_id", "=", self.id),
                ("reference", "=", line["commitment"]),
                ("side", "=", line["side"]),
            ]
        )
