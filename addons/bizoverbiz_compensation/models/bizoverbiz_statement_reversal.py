from odoo import api, models
from odoo.exceptions import UserError


class BizoverbizStatement(models.Model):
    """A reversal is approved wholly or refused: less than all of it is a refusal for every firm on it."""

    _inherit = "bizoverbiz.statement"

    @api.model
    def _prepare_values(self, membership, item, moves, partners):
        values = super()._prepare_values(membership, item, moves, partners)
        if values["kind"] == "reversal":
            for _command, _id, line in values["line_ids"]:
                line["approved"] = line["proposed"]
        return values

    def _what_to_do(self):
        if self.kind == "reversal":
            return self.env._(
                "The network proposes to open again what was set off: the invoices would be to be paid as before. "
                "Approve all of it, or refuse. Silence counts as a refusal."
            )
        return super()._what_to_do()


class BizoverbizStatementLine(models.Model):
    _inherit = "bizoverbiz.statement.line"

    def _approve_up_to(self, amounts):
        for line, amount in amounts.items():
            if line.statement_id.kind == "reversal" and line.currency_id.compare_amounts(amount, line.proposed):
                raise UserError(
                    self.env._(
                        "%(invoice)s: a reversal is approved wholly or not at all. Refuse the statement if you do not "
                        "agree with a line of it.",
                        invoice=line.number,
                    )
                )
        return super()._approve_up_to(amounts)

    @api.depends("statement_id.kind")
    def _compute_remaining(self):
        """What is opened again is added to what is open."""
        reversals = self.filtered(lambda line: line.statement_id.kind == "reversal")
        for line in reversals:
            opened = line.set_off if line.statement_id.state == "decided" else line.approved
            line.remaining = line.amount_open + opened
        return super(BizoverbizStatementLine, self - reversals)._compute_remaining()
