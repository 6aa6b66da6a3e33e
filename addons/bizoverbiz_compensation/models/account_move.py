from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError


class AccountMove(models.Model):
    _inherit = "account.move"

    bizoverbiz_notice_id = fields.Many2one(
        "bizoverbiz.notice", string="Notice", readonly=True, copy=False, index="btree_not_null", ondelete="restrict"
    )
    bizoverbiz_set_off = fields.Monetary(
        "Set Off",
        compute="_compute_bizoverbiz_set_off",
        help="The part of this invoice cleared against what your firm owes, without a payment.",
    )

    # A notice is booked at most once, whatever is retried at the same time.
    _bizoverbiz_notice_uniq = models.UniqueIndex(
        "(bizoverbiz_notice_id, company_id) WHERE bizoverbiz_notice_id IS NOT NULL",
        "This notice is booked already.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        if any(vals.get("bizoverbiz_notice_id") for vals in vals_list):
            self._bizoverbiz_check_booking()
        return super().create(vals_list)

    def write(self, vals):
        if "bizoverbiz_notice_id" in vals:
            self._bizoverbiz_check_booking()
        return super().write(vals)

    def _collect_tax_cash_basis_values(self):
        """A set-off's entry bears no tax: nobody need look through all of its lines for each of them."""
        return None if self.bizoverbiz_notice_id else super()._collect_tax_cash_basis_values()

    def _bizoverbiz_check_booking(self):
        if not self.env.su:
            raise AccessError(self.env._("Only the booking of a notice ties an entry to it."))

    @api.depends("line_ids.amount_residual", "state")
    def _compute_bizoverbiz_set_off(self):
        amounts = defaultdict(float)
        for ours, theirs, amount in (
            ("debit_move_id", "credit_move_id", "debit_amount_currency"),
            ("credit_move_id", "debit_move_id", "credit_amount_currency"),
        ):
            groups = (
                self.env["account.partial.reconcile"]
                .sudo()
                ._read_group(
                    [
                        (f"{ours}.move_id", "in", self.ids),
                        (f"{ours}.account_type", "in", ("asset_receivable", "liability_payable")),
                        (f"{theirs}.move_id.bizoverbiz_notice_id", "!=", False),
                    ],
                    [ours],
                    [f"{amount}:sum"],
                )
            )
            for line, total in groups:
                amounts[line.move_id.id] += total
        for move in self:
            is_invoice = move.is_invoice(include_receipts=True)
            move.bizoverbiz_set_off = amounts[move._origin.id] if is_invoice else 0.0

    def _compute_payments_widget_reconciled_info(self):
        """Mark set-offs: nobody paid anything, so neither the form nor the printed invoice may say so."""
        result = super()._compute_payments_widget_reconciled_info()
        for move in self:
            if widget := move.invoice_payments_widget:
                entries = self.env["account.move"].sudo().browse(line["move_id"] for line in widget["content"])
                notices = {entry.id: entry.bizoverbiz_notice_id.reference for entry in entries}
                content = [
                    {**line, "is_set_off": bool(notices[line["move_id"]]), "set_off_notice": notices[line["move_id"]]}
                    for line in widget["content"]
                ]
                move.invoice_payments_widget = {**widget, "content": content}
        return result

    def action_view_bizoverbiz_notices(self):
        self.ensure_one()
        notices = self._get_reconciled_amls().move_id.bizoverbiz_notice_id | self.bizoverbiz_notice_id
        action = self.env["ir.actions.act_window"]._for_xml_id("bizoverbiz_compensation.bizoverbiz_notice_action")
        if len(notices) == 1:
            return {**action, "views": [(False, "form")], "res_id": notices.id}
        return {**action, "domain": [("id", "in", notices.ids)]}

    def _compute_show_reset_to_draft_button(self):
        """What would be refused is not offered."""
        result = super()._compute_show_reset_to_draft_button()
        self.filtered("bizoverbiz_notice_id").show_reset_to_draft_button = False
        return result

    def _check_draftable(self):
        self._bizoverbiz_check_not_booking()
        return super()._check_draftable()

    def _reverse_moves(self, default_values_list=None, cancel=False):
        """Nobody reverses a booking; entries that follow from it and are undone by a notice bear the notice's day."""
        self._bizoverbiz_check_not_booking()
        day = self.env.su and self.env.context.get("bizoverbiz_reversal_date")
        if day:
            default_values_list = [{**values, "date": day} for values in default_values_list or [{} for _move in self]]
        return super()._reverse_moves(default_values_list, cancel)

    def _bizoverbiz_check_not_booking(self):
        if booked := self.filtered("bizoverbiz_notice_id")[:1]:
            raise UserError(
                self.env._(
                    "%(entry)s books %(notice)s, a decision that binds every firm of the round: it cannot be undone on "
                    "one side alone. Settle a mistake with your partner by a credit note or a new invoice, or ask the "
                    "network's operator to propose a reversal.",
                    entry=booked.name,
                    notice=booked.bizoverbiz_notice_id.display_name,
                )
            )
