from odoo import models


class BizoverbizCommitmentMixin(models.AbstractModel):
    """What an order, and a draft invoice or bill, have in common: a commitment is registered from them."""

    _name = "bizoverbiz.commitment.mixin"
    _description = "Document behind a Commitment"

    def action_bizoverbiz_commit(self):
        """Register the agreed sale or purchase, or confirm what the partner registered, before it is invoiced."""
        self.env["bizoverbiz.membership"]._check_group("bizoverbiz_network.group_approver")
        self.ensure_one()
        self.check_access("read")
        document = self._bizoverbiz_agreed()
        document.check_access("read")
        return self.env["bizoverbiz.commitment"]._commit(document).get_formview_action()

    def action_view_bizoverbiz_commitment(self):
        commitments = self._bizoverbiz_commitments()
        live = commitments.filtered(lambda one: one._is_live())
        return (live or commitments)[:1].get_formview_action()

    def _bizoverbiz_agreed(self):
        """The document that is registered: this one, or another that this one only follows from."""
        return self

    def _bizoverbiz_commitments(self):
        """Commitments behind which these documents stand."""
        return self.bizoverbiz_commitment_ids
