from odoo import api, models
from odoo.fields import Domain


class BizoverbizOpenInvoice(models.AbstractModel):
    _inherit = "bizoverbiz.open.invoice"

    @api.model
    def _obligations(self):
        """The credit note of a deposit is an obligation of its own: what was set off is owed back."""
        return super()._obligations() | Domain("move_id.bizoverbiz_owed_back", "=", True)

    @api.model
    def _fetched_fields(self):
        return (*super()._fetched_fields(), "bizoverbiz_commitment_id", "bizoverbiz_owed_back")
