from odoo import Command, api, fields, models
from odoo.exceptions import ValidationError

#: Whose rights let them see journals and accounts; who only administers the membership may have none of them.
SEES_ACCOUNTS = "account.group_account_invoice,account.group_account_readonly"
RULES = [("all", "All"), ("only", "Only these"), ("except", "All but these")]


# pylint: disable=consider-merging-classes-inherited; exchanging and its rules are long enough for a file each
class BizoverbizMembership(models.Model):
    """The company's rules of what it declares: see ``bizoverbiz.declaration.rule``."""

    _inherit = "bizoverbiz.membership"

    company_currency_id = fields.Many2one(related="company_id.currency_id")
    journal_rule = fields.Selection(RULES, "Journals", default="all", required=True, tracking=True)
    rule_journal_ids = fields.Many2many(
        "account.journal",
        "bizoverbiz_membership_journal_rel",
        string="Chosen Journals",
        domain="[('type', 'in', ('sale', 'purchase')), ('company_id', 'child_of', company_id)]",
        groups=SEES_ACCOUNTS,
        tracking=True,
        help="Nothing of an invoice in a journal that is left out leaves the books.",
    )
    account_rule = fields.Selection(RULES, "Accounts", default="all", required=True, tracking=True)
    rule_account_ids = fields.Many2many(
        "account.account",
        "bizoverbiz_membership_account_rel",
        string="Chosen Accounts",
        domain="[('account_type', 'in', ('asset_receivable', 'liability_payable'))]",
        groups=SEES_ACCOUNTS,
        tracking=True,
        help="What is open on an account that is left out, such as retention money, is declared as not offered.",
    )
    partner_rule = fields.Selection(RULES, "Partners", default="all", required=True, tracking=True)
    rule_partner_ids = fields.Many2many(
        "res.partner",
        "bizoverbiz_membership_partner_rel",
        string="Chosen Partners",
        domain="[('parent_id', '=', False)]",
        tracking=True,
        help="Nothing of an invoice of a partner that is left out leaves the books.",
    )
    insolvent_partner_ids = fields.Many2many(
        "res.partner",
        "bizoverbiz_membership_insolvent_rel",
        string="Insolvent Partners",
        domain="[('parent_id', '=', False)]",
        tracking=True,
        help="In safeguard, receivership or liquidation: their invoices are declared as not offered, since a set-off "
        "with them may be void.",
    )
    smallest_amount = fields.Monetary(
        currency_field="company_currency_id",
        tracking=True,
        help="Invoices of which less is open are declared as not offered. Other currencies are converted at today's "
        "rate.",
    )
    due_rule = fields.Selection(
        [("all", "Whatever its due date"), ("horizon", "Overdue or due soon"), ("overdue", "Overdue only")],
        "Due Dates",
        default="all",
        required=True,
        tracking=True,
    )
    horizon_days = fields.Integer("Horizon (Days)", default=30, tracking=True, help="Due within this many days.")
    risky_only = fields.Boolean(
        "Customers at Risk Only",
        tracking=True,
        help="Of the receivables, offer only those on customers who are marked as bad debtors or are late for longer "
        "than you bear. What you owe is offered in any case: without it nothing can be set off.",
    )
    risky_days = fields.Integer("At Risk When Late for (Days)", default=30, tracking=True)
    branches_apart = fields.Boolean(
        "Keep Branches Apart",
        tracking=True,
        help="A set-off is booked where its invoices are. An invoice of a branch that has nothing open on the other "
        "side could be set off against another branch's only: it is declared as not offered.",
    )
    declaration_days = fields.Integer(
        "Keep Declarations for (Days)",
        default=30,
        tracking=True,
        help="Every declaration of the last two days is kept, of the days before the last one of each day.",
    )

    _smallest_amount_positive = models.Constraint(
        "CHECK (smallest_amount IS NULL OR smallest_amount >= 0)", "The smallest amount cannot be negative."
    )
    _days_positive = models.Constraint(
        "CHECK (horizon_days >= 0 AND risky_days >= 0)", "A number of days cannot be negative."
    )
    _declaration_days_range = models.Constraint(
        "CHECK (declaration_days >= 2)", "Declarations are kept for two days at least."
    )

    @api.constrains("journal_rule", "rule_journal_ids", "account_rule", "rule_account_ids")
    def _check_rules_leave_something(self):
        for membership in self.sudo():
            for rule, chosen in (("journal_rule", "rule_journal_ids"), ("account_rule", "rule_account_ids")):
                if membership[rule] == "only" and not membership[chosen]:
                    raise ValidationError(
                        membership.env._(
                            "%(rule)s: choose at least one, or nothing at all is set off any more.",
                            rule=membership._fields[rule]._description_string(membership.env),
                        )
                    )

    def _keep_out(self, partners, out):
        """Leave partners out of what is declared, or take them in again, whatever the company's rule is.

        :param partners: commercial partners
        :param bool out: whether they are to be left out
        """
        self.ensure_one()
        if self.partner_rule == "only":
            self.rule_partner_ids = self.rule_partner_ids - partners if out else self.rule_partner_ids | partners
        elif self.partner_rule == "except":
            self.rule_partner_ids = self.rule_partner_ids | partners if out else self.rule_partner_ids - partners
        elif out:
            self.write({"partner_rule": "except", "rule_partner_ids": [Command.set(partners.ids)]})
