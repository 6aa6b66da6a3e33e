from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import format_amount


# pylint: disable=consider-merging-classes-inherited; booking and declaring are long enough for a file each
class AccountMove(models.Model):
    """What an invoice or bill says about its being declared."""

    _inherit = "account.move"

    bizoverbiz_withheld = fields.Selection(
        [
            ("choice", "Kept out by choice"),
            ("factored", "Factored"),
            ("pledged", "Pledged"),
            ("retention", "Retention money"),
        ],
        string="Keep Out of Set-off",
        copy=False,
        tracking=True,
        help="What is kept out is declared as not offered: the partner does not learn why.",
    )
    bizoverbiz_withheld_amount = fields.Monetary(
        string="Amount Kept Out", copy=False, tracking=True, help="Empty: the whole invoice."
    )
    bizoverbiz_left_out = fields.Text(
        "Not Set Off Because",
        compute="_compute_bizoverbiz_left_out",
        compute_sudo=True,
        help="Why this invoice, or a part of it, is not offered to the network for set-off.",
    )

    @api.constrains("bizoverbiz_withheld", "bizoverbiz_withheld_amount")
    def _check_bizoverbiz_withheld(self):
        for move in self.filtered(lambda move: move.bizoverbiz_withheld or move.bizoverbiz_withheld_amount):
            amount, currency = move.bizoverbiz_withheld_amount, move.currency_id
            if not move.bizoverbiz_withheld:
                raise ValidationError(
                    move.env._("%(invoice)s: say why an amount is kept out of set-off.", invoice=move.display_name)
                )
            if amount < 0 or currency.compare_amounts(amount, abs(move.amount_total)) > 0:
                raise ValidationError(
                    move.env._(
                        "%(invoice)s: the amount kept out lies between 0 and its total, %(total)s.",
                        invoice=move.display_name,
                        total=format_amount(move.env, abs(move.amount_total), currency),
                    )
                )

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & {"bizoverbiz_withheld", "bizoverbiz_withheld_amount"} and self.filtered(
            lambda move: move.state == "posted" and move.company_id.sudo().bizoverbiz_membership_id.state == "joined"
        ):
            self.env["bizoverbiz.membership"]._trigger_exchange()
        return result

    @api.depends("amount_residual", "state", "partner_id", "ref", "bizoverbiz_withheld", "bizoverbiz_withheld_amount")
    def _compute_bizoverbiz_left_out(self):
        self.bizoverbiz_left_out = False
        concerned = self.filtered(
            lambda move: (
                move.state == "posted"
                and move.move_type in ("out_invoice", "in_invoice")
                and not move.currency_id.is_zero(move.amount_residual)
            )
        )
        for company, moves in concerned.grouped(lambda move: move.company_id.root_id).items():
            membership = company.bizoverbiz_membership_id
            if membership.state == "joined":
                reasons = self.env["bizoverbiz.declaration"]._reasons(membership, moves)
                for move in moves:
                    move.bizoverbiz_left_out = "\n".join(reasons.get(move.id, ())) or False
