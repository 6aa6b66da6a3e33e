from odoo import api, fields, models
from odoo.exceptions import AccessError


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    bizoverbiz_notice_line_id = fields.Many2one(
        "bizoverbiz.notice.line",
        string="Set-off",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        help="The line of a notice that this journal item books.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        if any(vals.get("bizoverbiz_notice_line_id") for vals in vals_list):
            self._bizoverbiz_check_booking()
        return super().create(vals_list)

    def write(self, vals):
        if "bizoverbiz_notice_line_id" in vals:
            self._bizoverbiz_check_booking()
        return super().write(vals)

    def _bizoverbiz_check_booking(self):
        if not self.env.su:
            raise AccessError(self.env._("Only the booking of a notice ties journal items to it."))
