from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_amount, format_datetime

#: Changes after which an approval may go beyond what the books support.
LOWERING_FIELDS = frozenset(
    {
        "state",
        "payment_state",
        "bizoverbiz_dispute_status",
        "bizoverbiz_disputed",
        "bizoverbiz_withheld",
        "bizoverbiz_withheld_amount",
    }
)
#: Invoices a warning names; of more it tells how many there are.
MOST_NAMED = 5


# pylint: disable=consider-merging-classes-inherited; what is reserved is a matter of its own
class AccountMove(models.Model):
    """What of an invoice is approved for set-off and may be decided any moment: paying it too would pay twice."""

    _inherit = "account.move"

    bizoverbiz_statement_line_ids = fields.One2many(
        "bizoverbiz.statement.line", "move_id", "Statement Lines", readonly=True
    )
    bizoverbiz_reserved = fields.Monetary(
        "Reserved for Set-off",
        compute="_compute_bizoverbiz_reserved",
        compute_sudo=True,
        help="Approved for set-off in a round that is not decided, or decided and not booked yet.",
    )
    bizoverbiz_reserved_note = fields.Text(compute="_compute_bizoverbiz_reserved", compute_sudo=True)

    def write(self, vals):
        result = super().write(vals)
        if LOWERING_FIELDS & vals.keys():
            self.env["bizoverbiz.statement"]._watch(self)
        return result

    @api.depends(
        "bizoverbiz_statement_line_ids.approved",
        "bizoverbiz_statement_line_ids.approval_limit",
        "bizoverbiz_statement_line_ids.left_open",
        "bizoverbiz_statement_line_ids.set_off",
        "bizoverbiz_statement_line_ids.statement_id.answer",
        "bizoverbiz_statement_line_ids.statement_id.state",
        "bizoverbiz_statement_line_ids.statement_id.notice_ids.state",
        "amount_residual",
    )
    def _compute_bizoverbiz_reserved(self):
        for move in self:
            reserved = {line: line._reserved() for line in move.bizoverbiz_statement_line_ids}
            move.bizoverbiz_reserved = sum(reserved.values())
            notes = (move._bizoverbiz_describe_reserved(line, amount) for line, amount in reserved.items() if amount)
            move.bizoverbiz_reserved_note = "\n".join(notes) or False

    def _bizoverbiz_describe_reserved(self, line, amount):
        amount = format_amount(self.env, amount, line.currency_id)
        statement = line.statement_id
        if statement.state == "decided" or statement.notice_ids:
            return self.env._(
                "%(amount)s is set off by round %(round)s and not booked yet: it is owed no more.",
                amount=amount,
                round=statement.round,
            )
        return self.env._(
            "%(amount)s of %(open)s open is approved for set-off in round %(round)s, which is decided after "
            "%(deadline)s. A payment, credit note or dispute that leaves less open lowers the approval.",
            amount=amount,
            open=format_amount(self.env, self.amount_residual, self.currency_id),
            round=statement.round,
            deadline=format_datetime(self.env, statement.deadline, dt_format="short"),
        )

    def _bizoverbiz_reserved_note(self):
        """One warning about several invoices, or False if nothing is reserved of them."""
        reserved = self.filtered("bizoverbiz_reserved")
        if not reserved:
            return False
        notes = [f"{move.name or move.ref}: {move.bizoverbiz_reserved_note}" for move in reserved[:MOST_NAMED]]
        if len(reserved) > MOST_NAMED:
            notes.append(self.env._("… and %s more.", len(reserved) - MOST_NAMED))
        return "\n".join(notes)

    def action_view_bizoverbiz_statements(self):
        self.ensure_one()
        statements = self.bizoverbiz_statement_line_ids.filtered(lambda line: line.sudo()._reserved()).statement_id
        action = self.env["ir.actions.act_window"]._for_xml_id("bizoverbiz_compensation.bizoverbiz_statement_action")
        if len(statements) == 1:
            return {**action, "views": [(False, "form")], "res_id": statements.id}
        return {**action, "domain": [("id", "in", statements.ids)]}

    @api.model
    def _bizoverbiz_reserved_of(self, partner, company, move_type):
        """Invoices or bills of a commercial partner of which something is reserved, in the company and its branches."""
        lines = (
            self.env["bizoverbiz.statement.line"]
            .sudo()
            .search(
                Domain("move_id.commercial_partner_id", "=", partner.id)
                & Domain("move_id.company_id", "child_of", company.root_id.id)
                & Domain("move_id.move_type", "=", move_type)
                & Domain("statement_id.state", "in", ("proposed", "approved", "decided"))
            )
        )
        return self.browse(lines.filtered(lambda line: line._reserved()).move_id.ids)
