from datetime import timedelta

from dateutil.relativedelta import relativedelta
from odoo import api, fields, models
from odoo.tools import SQL, format_amount, format_date, formatLang

from ..tools.working_capital import Month, balance_days, count_back

#: Days of turnover in the balance method, and of settlements in the average delay.
YEAR = 365
#: Months the count-back looks at: nobody's receivables are older than all sales of four years.
MOST_MONTHS = 48
SIDES = {
    "receivable": ("asset_receivable", ("out_invoice", "out_refund", "out_receipt"), 1),
    "payable": ("liability_payable", ("in_invoice", "in_refund", "in_receipt"), -1),
}


class BizoverbizEffect(models.TransientModel):
    """The figures of receivables and payables just before and just after what was set off in a period.

    "Before" is the end of the period with what was set off in it added back. For the day of one decision that is exact;
    over a longer period some of those invoices would have been paid in the meantime.
    """

    _name = "bizoverbiz.effect"
    _description = "Effect of Set-offs"

    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company.root_id)
    currency_id = fields.Many2one(related="company_id.currency_id")
    date_from = fields.Date("From", required=True, default=lambda self: self._default_day())
    date_to = fields.Date("To", required=True, default=lambda self: self._default_day())
    set_off = fields.Monetary(compute="_compute_balances")
    receivable_before = fields.Monetary(compute="_compute_balances")
    receivable_after = fields.Monetary(compute="_compute_balances")
    payable_before = fields.Monetary(compute="_compute_balances")
    payable_after = fields.Monetary(compute="_compute_balances")
    trade_before = fields.Monetary("Receivables Less Payables Before", compute="_compute_balances")
    trade_after = fields.Monetary("Receivables Less Payables After", compute="_compute_balances")
    receivable_overdue_before = fields.Monetary(compute="_compute_overdue")
    receivable_overdue_after = fields.Monetary(compute="_compute_overdue")
    payable_overdue_before = fields.Monetary(compute="_compute_overdue")
    payable_overdue_after = fields.Monetary(compute="_compute_overdue")
    share_at_risk = fields.Float(
        "Share of Receivables at Risk Cleared",
        compute="_compute_overdue",
        help="Overdue receivables that were set off, as a share of all overdue receivables before.",
    )
    dso_count_back_before = fields.Float(compute="_compute_days", digits=(16, 1))
    dso_count_back_after = fields.Float(compute="_compute_days", digits=(16, 1))
    dso_balance_before = fields.Float(compute="_compute_days", digits=(16, 1))
    dso_balance_after = fields.Float(compute="_compute_days", digits=(16, 1))
    dpo_count_back_before = fields.Float(compute="_compute_days", digits=(16, 1))
    dpo_count_back_after = fields.Float(compute="_compute_days", digits=(16, 1))
    dpo_balance_before = fields.Float(compute="_compute_days", digits=(16, 1))
    dpo_balance_after = fields.Float(compute="_compute_days", digits=(16, 1))
    dso_count_back_formula = fields.Text(compute="_compute_days")
    dso_balance_formula = fields.Text(compute="_compute_days")
    dpo_count_back_formula = fields.Text(compute="_compute_days")
    dpo_balance_formula = fields.Text(compute="_compute_days")
    receivable_delay = fields.Float("Customers' Average Delay", compute="_compute_delay", digits=(16, 1))
    payable_delay = fields.Float("Own Average Delay", compute="_compute_delay", digits=(16, 1))

    @api.depends("company_id")
    def _compute_display_name(self):
        for effect in self:
            effect.display_name = self.env._("Effect on %(company)s", company=effect.company_id.name)

    @api.model
    def _default_day(self):
        """The day of the last entry that books a notice."""
        last = self.env["bizoverbiz.set.off.report"].search([("company_id", "in", self.env.companies.ids)], limit=1)
        return last.date or fields.Date.context_today(self)

    def _companies(self):
        """The legal entity with those of its branches that the user may see."""
        self.ensure_one()
        return self.env["res.company"].search([("id", "child_of", self.company_id.id)])

    # Balances

    @api.depends("company_id", "date_from", "date_to")
    def _compute_balances(self):
        for effect in self:
            set_offs = effect._set_offs()
            for side, (account_type, _move_types, sign) in SIDES.items():
                after = sign * effect._ledger_balance(account_type)
                effect[f"{side}_after"] = after
                effect[f"{side}_before"] = after + set_offs.get(side, 0.0)
            effect.set_off = set_offs.get("receivable", 0.0)
            effect.trade_before = effect.receivable_before - effect.payable_before
            effect.trade_after = effect.receivable_after - effect.payable_after

    def _set_offs(self):
        """What was set off in the period, by side."""
        groups = self.env["bizoverbiz.set.off.report"]._read_group(
            [
                ("company_id", "in", self._companies().ids),
                ("date", ">=", self.date_from),
                ("date", "<=", self.date_to),
            ],
            ["side"],
            ["set_off:sum"],
        )
        return dict(groups)

    def _ledger_balance(self, account_type):
        """Balance of the customers' or suppliers' accounts at the end of the period."""
        [(balance,)] = self.env["account.move.line"]._read_group(
            [
                ("company_id", "in", self._companies().ids),
                ("parent_state", "=", "posted"),
                ("account_type", "=", account_type),
                ("account_id.non_trade", "=", False),
                ("date", "<=", self.date_to),
            ],
            aggregates=["balance:sum"],
        )
        return balance or 0.0

    # Overdue

    @api.depends("company_id", "date_from", "date_to")
    def _compute_overdue(self):
        for effect in self:
            overdue = effect._overdue()
            for side, (account_type, _move_types, _sign) in SIDES.items():
                after, cleared = overdue.get(account_type, (0.0, 0.0))
                effect[f"{side}_overdue_after"] = after
                effect[f"{side}_overdue_before"] = after + cleared
            after, cleared = overdue.get("asset_receivable", (0.0, 0.0))
            effect.share_at_risk = cleared / (after + cleared) if after + cleared else 0.0

    def _overdue(self):
        """What was overdue at the end of the period: dict of account type to (still open, set off in the period).

        In SQL, because what is open on a day is the residual of today plus what was reconciled since.
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT account.account_type,
                       SUM(ABS(line.amount_residual) + COALESCE(taken.later, 0)),
                       SUM(COALESCE(taken.set_off, 0))
                  FROM account_move_line line
                  JOIN account_move move ON move.id = line.move_id AND move.move_type IN ('out_invoice', 'in_invoice')
                  JOIN account_account account ON account.id = line.account_id
                  LEFT JOIN LATERAL (
                      SELECT SUM(partial.amount) FILTER (WHERE partial.max_date > %(date_to)s) AS later,
                             SUM(partial.amount) FILTER (
                                 WHERE partial.max_date <= %(date_to)s AND entry.bizoverbiz_notice_id IS NOT NULL
                             ) AS set_off
                        FROM account_partial_reconcile partial
                        JOIN account_move_line item ON item.id IN (partial.debit_move_id, partial.credit_move_id)
                                                   AND item.id != line.id
                        JOIN account_move entry ON entry.id = item.move_id
                       WHERE partial.max_date >= %(date_from)s
                         AND (partial.debit_move_id = line.id OR partial.credit_move_id = line.id)
                  ) taken ON TRUE
                 WHERE line.company_id = ANY(%(companies)s)
                   AND line.parent_state = 'posted'
                   AND account.account_type IN ('asset_receivable', 'liability_payable')
                   AND line.date <= %(date_to)s
                   AND line.date_maturity < %(date_to)s
                   AND (line.amount_residual != 0 OR taken.later IS NOT NULL OR taken.set_off IS NOT NULL)
                 GROUP BY account.account_type
                """,
                **self._query_values(),
            )
        )
        return {account_type: (still_open, set_off) for account_type, still_open, set_off in rows}

    def _query_values(self):
        for model in ("account.account", "account.move", "account.move.line", "account.partial.reconcile"):
            self.env[model].flush_model()
        return {"companies": self._companies().ids, "date_from": self.date_from, "date_to": self.date_to}

    # Days

    @api.depends("company_id", "date_from", "date_to")
    def _compute_days(self):
        for effect in self:
            for side, (_account_type, move_types, sign) in SIDES.items():
                name = "dso" if side == "receivable" else "dpo"
                months = effect._months(move_types, sign)
                turnover = effect._turnover(move_types, sign)
                for moment in ("before", "after"):
                    balance = effect[f"{side}_{moment}"]
                    effect[f"{name}_count_back_{moment}"] = count_back(balance, months).days
                    effect[f"{name}_balance_{moment}"] = balance_days(balance, turnover, YEAR)
                effect[f"{name}_count_back_formula"] = effect._tell_count_back(effect[f"{side}_after"], months)
                effect[f"{name}_balance_formula"] = effect._tell_balance(effect[f"{side}_after"], turnover)

    def _invoiced(self, move_types, since):
        return [
            ("company_id", "in", self._companies().ids),
            ("state", "=", "posted"),
            ("move_type", "in", move_types),
            ("invoice_date", ">", since),
            ("invoice_date", "<=", self.date_to),
        ]

    def _months(self, move_types, sign):
        """What was invoiced a month, tax included, newest first; of the newest month the days that have passed."""
        first = self.date_to.replace(day=1) - relativedelta(months=MOST_MONTHS - 1)
        groups = self.env["account.move"]._read_group(
            self._invoiced(move_types, first - timedelta(days=1)),
            ["invoice_date:month"],
            ["amount_total_signed:sum"],
        )
        turnover = dict(groups)
        starts = [first + relativedelta(months=index) for index in reversed(range(MOST_MONTHS))]
        return [
            Month(
                format_date(self.env, start, date_format="MMM y"),
                sign * turnover.get(start, 0.0),
                (min(start + relativedelta(months=1, days=-1), self.date_to) - start).days + 1,
            )
            for start in starts
        ]

    def _turnover(self, move_types, sign):
        [(total,)] = self.env["account.move"]._read_group(
            self._invoiced(move_types, self.date_to - timedelta(days=YEAR)), aggregates=["amount_total_signed:sum"]
        )
        return sign * (total or 0.0)

    def _tell_count_back(self, balance, months):
        """The count-back with its figures, month by month."""
        result = count_back(balance, months)
        steps = [
            self.env._(
                "%(month)s: %(taken)s of %(turnover)s, %(days)s of %(all)s days",
                month=step.month.label,
                taken=format_amount(self.env, step.taken, self.currency_id),
                turnover=format_amount(self.env, step.month.turnover, self.currency_id),
                days=formatLang(self.env, step.days, digits=1),
                all=step.month.days,
            )
            for step in result.steps
        ]
        total = self.env._(
            "%(balance)s counted back: %(days)s days",
            balance=format_amount(self.env, balance, self.currency_id),
            days=formatLang(self.env, result.days, digits=1),
        )
        if not result.complete:
            total = self.env._("%(total)s or more: the balance exceeds what was invoiced in these months", total=total)
        return "\n".join([*steps, total] if result.complete else [total])

    def _tell_balance(self, balance, turnover):
        return self.env._(
            "%(balance)s ÷ %(turnover)s invoiced in %(year)s days, tax included × %(year)s = %(days)s days",
            balance=format_amount(self.env, balance, self.currency_id),
            turnover=format_amount(self.env, turnover, self.currency_id),
            year=YEAR,
            days=formatLang(self.env, balance_days(balance, turnover, YEAR), digits=1),
        )

    # Delay

    @api.depends("company_id", "date_to")
    def _compute_delay(self):
        for effect in self:
            delays = effect._delays()
            effect.receivable_delay = delays.get("asset_receivable", 0.0)
            effect.payable_delay = delays.get("liability_payable", 0.0)

    def _delays(self):
        """Days late of what was settled in a year, weighted by amount; settled early counts as in time."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT account.account_type,
                       SUM(partial.amount * GREATEST(partial.max_date - line.date_maturity, 0)) / SUM(partial.amount)
                  FROM account_partial_reconcile partial
                  JOIN account_move_line line ON line.id IN (partial.debit_move_id, partial.credit_move_id)
                  JOIN account_move move ON move.id = line.move_id AND move.move_type IN ('out_invoice', 'in_invoice')
                  JOIN account_move_line item ON item.id IN (partial.debit_move_id, partial.credit_move_id)
                                             AND item.id != line.id
                  JOIN account_move other ON other.id = item.move_id
                                         AND other.move_type NOT IN ('out_refund', 'in_refund')
                  JOIN account_account account ON account.id = line.account_id
                 WHERE line.company_id = ANY(%(companies)s)
                   AND partial.amount > 0
                   AND account.account_type IN ('asset_receivable', 'liability_payable')
                   AND line.date_maturity IS NOT NULL
                   AND partial.max_date > %(since)s
                   AND partial.max_date <= %(date_to)s
                 GROUP BY account.account_type
                """,
                since=self.date_to - timedelta(days=YEAR),
                **self._query_values(),
            )
        )
        return {account_type: float(days) for account_type, days in rows}
