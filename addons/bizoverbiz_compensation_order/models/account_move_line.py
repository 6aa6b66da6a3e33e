from odoo import fields, models


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    bizoverbiz_deposit_line_id = fields.Many2one(
        "account.move.line",
        string="Deposit Deducted",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        help="The line of a deposit on this draft that the line deducts.",
    )

    def _get_downpayment_lines(self):
        return super()._get_downpayment_lines() | self.bizoverbiz_deposit_line_id
