from odoo import fields, models

BOOKED = ("booked", "acknowledged")


# pylint: disable=consider-merging-classes-inherited; a line against the books is a matter of its own
class BizoverbizStatementLine(models.Model):
    """A line against the books: what it reserves of the invoice, and whether the invoice still bears the approval."""

    _inherit = "bizoverbiz.statement.line"

    notice_line_ids = fields.One2many("bizoverbiz.notice.line", "statement_line_id", "Notice Lines", readonly=True)

    def _reserved(self):
        """What may still be set off on the invoice by this line: the most the network may hold, then the decision.

        :rtype: float
        """
        self.ensure_one()
        statement = self.statement_id
        if statement.kind != "netting":
            return 0.0
        if statement.notice_ids:
            return sum(self.notice_line_ids.filtered(lambda line: line.notice_id.state not in BOOKED).mapped("set_off"))
        if statement.state == "decided":
            return self.set_off
        if statement.state not in ("proposed", "approved"):
            return 0.0
        approved = statement.answer == "approve" and not self.left_open
        return max(self.approval_limit, self.approved if approved else 0.0)

    def _beyond_books(self):
        """Lines approved for more than the books let be set off today, each with what they do.

        A reversal opens again what the books have closed: it is not bound by what is open.

        :rtype: dict[bizoverbiz.statement.line, float]
        """
        supported = self.env["bizoverbiz.open.invoice"]._supported(self.move_id)
        return {
            line: supported[line.move_id]
            for line in self.filtered(lambda line: line.statement_id.kind == "netting")
            if line.currency_id.compare_amounts(line.approved, supported[line.move_id]) > 0
        }
