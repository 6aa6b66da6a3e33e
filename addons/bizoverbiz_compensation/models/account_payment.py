from odoo import api, fields, models


class AccountPayment(models.Model):
    _inherit = "account.payment"

    bizoverbiz_reserved_note = fields.Text("Reserved for Set-off", compute="_compute_bizoverbiz_reserved_note")

    def write(self, vals):
        result = super().write(vals)
        if "state" in vals:
            self.env["bizoverbiz.statement"]._watch(self)
        return result

    @api.depends("state", "partner_id", "partner_type", "invoice_ids")
    def _compute_bizoverbiz_reserved_note(self):
        """Warn while the payment is a draft: of the invoices it was made for, or else of all the partner's."""
        for payment in self:
            move_type = "out_invoice" if payment.partner_type == "customer" else "in_invoice"
            invoices = payment.invoice_ids
            if payment.state == "draft" and payment.partner_id and not invoices:
                partner = payment.partner_id.commercial_partner_id
                invoices = invoices._bizoverbiz_reserved_of(partner, payment.company_id, move_type)
            payment.bizoverbiz_reserved_note = payment.state == "draft" and invoices._bizoverbiz_reserved_note()
