from odoo import fields, models
from odoo.tools import SQL


class BizoverbizSetOffReport(models.Model):
    """What was set off, one row for each line of the entries that book notices.

    The entries count, and not the notices: amounts are in the company's currency as the ledger has them, and an entry
    that opens set-offs again counts against them.
    """

    _name = "bizoverbiz.set.off.report"
    _description = "Set-off Analysis"
    _auto = False
    _order = "date desc, id desc"
    _rec_name = "move_id"

    date = fields.Date(readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    notice_id = fields.Many2one("bizoverbiz.notice", readonly=True)
    entry_id = fields.Many2one("account.move", readonly=True)
    move_id = fields.Many2one("account.move", "Invoice", readonly=True)
    partner_id = fields.Many2one("res.partner", readonly=True)
    side = fields.Selection([("receivable", "Sales"), ("payable", "Purchases")], readonly=True)
    due_date = fields.Date(readonly=True)
    age = fields.Selection(
        [
            ("1_not_due", "Not due yet"),
            ("2_30", "1 to 30 days late"),
            ("3_60", "31 to 60 days late"),
            ("4_90", "61 to 90 days late"),
            ("5_older", "More than 90 days late"),
        ],
        readonly=True,
        help="On the day of the entry.",
    )
    days_late = fields.Integer(readonly=True, aggregator="avg")
    set_off = fields.Monetary(readonly=True)
    set_off_overdue = fields.Monetary("Of Which Overdue", readonly=True)

    _depends = {
        "account.move.line": [
            "balance",
            "bizoverbiz_notice_line_id",
            "company_id",
            "date",
            "move_id",
            "parent_state",
            "partner_id",
        ],
        "bizoverbiz.notice.line": ["due_date", "move_id", "notice_id", "side"],
    }

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT line.id,
                   line.date,
                   line.company_id,
                   line.company_currency_id AS currency_id,
                   booked.notice_id,
                   line.move_id AS entry_id,
                   booked.move_id,
                   COALESCE(partner.commercial_partner_id, line.partner_id) AS partner_id,
                   booked.side,
                   booked.due_date,
                   GREATEST(line.date - booked.due_date, 0) AS days_late,
                   CASE
                       WHEN line.date - booked.due_date > 90 THEN '5_older'
                       WHEN line.date - booked.due_date > 60 THEN '4_90'
                       WHEN line.date - booked.due_date > 30 THEN '3_60'
                       WHEN line.date - booked.due_date > 0 THEN '2_30'
                       ELSE '1_not_due'
                   END AS age,
                   CASE booked.side WHEN 'receivable' THEN -line.balance ELSE line.balance END AS set_off,
                   CASE
                       WHEN line.date <= booked.due_date OR booked.due_date IS NULL THEN 0
                       WHEN booked.side = 'receivable' THEN -line.balance
                       ELSE line.balance
                   END AS set_off_overdue
              FROM account_move_line line
              JOIN bizoverbiz_notice_line booked ON booked.id = line.bizoverbiz_notice_line_id
              LEFT JOIN res_partner partner ON partner.id = line.partner_id
             WHERE line.parent_state = 'posted'
            """
        )
