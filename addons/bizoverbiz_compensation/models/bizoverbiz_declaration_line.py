from odoo import api, fields, models
from odoo.tools import split_every

#: Rows that are removed in one go.
ROWS = 10_000
#: Rows that differ in none of these are the same.
COMPARED = ("move_id", "kind", "field_name", "reason", "amount", "due_date", "partner_id", "currency_id")


class BizoverbizDeclarationLine(models.Model):
    """An open invoice that is not declared, not offered, or declared for less than the ledger says, and why.

    There is one list a membership, brought up to date by every exchange: only what has changed is written, so that
    thousands of invoices which a rule leaves out cost nothing once they are listed. What the network refused belongs
    to the declaration that was refused.
    """

    _name = "bizoverbiz.declaration.line"
    _description = "Invoice Not Declared in Full"
    _order = "kind, due_date, id"

    membership_id = fields.Many2one("bizoverbiz.membership", readonly=True, index=True, ondelete="cascade")
    declaration_id = fields.Many2one("bizoverbiz.declaration", readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="membership_id.company_id", store=True, precompute=True)
    kind = fields.Selection(
        [
            ("refused", "Refused by the network"),
            ("skipped", "Cannot be declared"),
            ("unidentified", "Partner without a number"),
            ("private", "Not declared"),
            ("held", "Declared, not offered"),
            ("withheld", "Withheld"),
            ("disputed", "Disputed"),
            ("reduced", "Reduced by credits"),
            ("stranger", "Partner not a member"),
        ],
        required=True,
        readonly=True,
    )
    move_id = fields.Many2one("account.move", "Invoice", readonly=True, index=True, ondelete="cascade")
    move_type = fields.Selection(related="move_id.move_type", string="Type")
    partner_id = fields.Many2one("res.partner", readonly=True)
    due_date = fields.Date(readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    amount = fields.Monetary("Not Offered", readonly=True, help="What of the open amount is not offered for set-off.")
    field_name = fields.Char("Field", readonly=True)
    reason = fields.Char(required=True, readonly=True)

    @api.model
    def _tell(self, membership, told):
        """Make the list say ``told``, and write only what differs.

        :param list told: values of rows as ``bizoverbiz.declaration`` prepares them
        """
        listed = self.search_fetch([("membership_id", "=", membership.id), ("kind", "!=", "refused")], COMPARED)
        wanted = {tuple(values.get(name) or False for name in COMPARED): values for values in told}
        gone = []
        for row in listed:
            said = self._convert_to_write({name: row[name] for name in COMPARED})
            if not wanted.pop(tuple(said[name] or False for name in COMPARED), None):
                gone.append(row.id)
        for ids in split_every(ROWS, gone):
            self.browse(ids).unlink()
        self.create([{**values, "membership_id": membership.id} for values in wanted.values()])

    def action_open_invoice(self):
        self.ensure_one()
        return self.move_id.get_formview_action()

    def action_open_partner(self):
        self.ensure_one()
        return self.partner_id.get_formview_action()
