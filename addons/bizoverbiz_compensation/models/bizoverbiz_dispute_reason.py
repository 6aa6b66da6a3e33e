from odoo import api, fields, models


class BizoverbizDisputeReason(models.Model):
    """Why an invoice is disputed: the reasons of the French life cycle of electronic invoices (AFNOR XP Z12-012)."""

    _name = "bizoverbiz.dispute.reason"
    _description = "Reason for a Dispute"
    _order = "sequence, id"
    _rec_names_search = ["code", "name"]

    sequence = fields.Integer(default=10)
    code = fields.Char(required=True, help="As platforms exchange it, e.g. QTE_ERR.")
    name = fields.Char(required=True, translate=True)
    statuses = fields.Char(required=True, help="Life-cycle statuses that may carry this reason, e.g. 206,207.")
    peppol_code = fields.Char(
        "Network Code",
        required=True,
        size=3,
        help="Clarification reason of Peppol's invoice response by which the network tells it to the other side.",
    )

    _code_uniq = models.Constraint("unique (code)", "A reason stands in the list once.")

    @api.depends("code", "name")
    def _compute_display_name(self):
        for reason in self:
            reason.display_name = f"{reason.name} ({reason.code})"
