from odoo import fields, models


# pylint: disable=consider-merging-classes-inherited; the guards of a booking and what an invoice shows are two things
class AccountMove(models.Model):
    """What an invoice shows of its set-offs: in lists, on the portal, in print."""

    _inherit = "account.move"

    bizoverbiz_notice_line_ids = fields.One2many("bizoverbiz.notice.line", "move_id", "Set-offs", readonly=True)

    def _get_invoice_portal_extra_values(self, custom_amount=None):
        """A set-off is not a payment: the portal says both, each by itself."""
        values = super()._get_invoice_portal_extra_values(custom_amount=custom_amount)
        set_off = self.bizoverbiz_set_off
        return {**values, "set_off": set_off, "amount_paid_otherwise": values["amount_paid"] - set_off}
