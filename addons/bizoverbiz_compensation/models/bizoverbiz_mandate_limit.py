from odoo import api, fields, models

from ..tools.minor_units import to_minor


class BizoverbizMandateLimit(models.Model):
    _name = "bizoverbiz.mandate.limit"
    _description = "Limit of a Standing Mandate"
    _order = "mandate_id, partner_id, currency_id"
    _rec_name = "currency_id"

    mandate_id = fields.Many2one("bizoverbiz.mandate", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="mandate_id.company_id", store=True)
    partner_id = fields.Many2one("res.partner", domain=[("is_company", "=", True)], ondelete="restrict")
    currency_id = fields.Many2one(
        "res.currency", required=True, default=lambda self: self.env.company.root_id.currency_id
    )
    per_round = fields.Monetary(
        "Most in a Round",
        help="Of what you are owed, and of what you owe, each. For a single partner zero leaves that partner out.",
    )
    per_line = fields.Monetary("Most on an Invoice", help="Zero: no limit but the ones beside it.")
    per_counterpart = fields.Monetary(
        "Most with a Partner", help="In one round. Zero: no limit but the ones beside it."
    )

    _currency_uniq = models.UniqueIndex(
        "(mandate_id, currency_id) WHERE partner_id IS NULL", "The mandate names this currency twice."
    )
    _partner_uniq = models.UniqueIndex(
        "(mandate_id, partner_id, currency_id) WHERE partner_id IS NOT NULL",
        "The mandate names this partner twice in one currency.",
    )
    _not_negative = models.Constraint(
        "CHECK (per_round >= 0 AND per_line >= 0 AND per_counterpart >= 0)", "A limit cannot be negative."
    )
    _round_limited = models.Constraint(
        "CHECK (partner_id IS NOT NULL OR per_round > 0)",
        "A mandate needs a most for each round: without one it would approve any amount.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        limits = super().create(vals_list)
        limits.mandate_id._check_draft()
        return limits

    def write(self, vals):
        self.mandate_id._check_draft()
        result = super().write(vals)
        self.mandate_id._check_draft()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_of_drafts_only(self):
        self.mandate_id._check_draft()

    def _prepare_currency(self):
        digits = self.currency_id.decimal_places
        return {
            "currency": self.currency_id.name,
            "per_round": to_minor(self.per_round, digits),
            "per_line": to_minor(self.per_line, digits) if self.per_line else None,
            "per_counterpart": to_minor(self.per_counterpart, digits) if self.per_counterpart else None,
        }

    def _prepare_counterpart(self):
        return {
            "counterpart": self.partner_id._bizoverbiz_identifier(),
            "currency": self.currency_id.name,
            "per_round": to_minor(self.per_round, self.currency_id.decimal_places),
        }
