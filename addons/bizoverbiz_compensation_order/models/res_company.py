from odoo import fields, models

#: Deposits received and paid in the French chart of accounts.
RECEIVED, PAID = "pcg_4191", "pcg_4091"


class ResCompany(models.Model):
    _inherit = "res.company"

    bizoverbiz_deposit_account_id = fields.Many2one(
        "account.account",
        string="Account of Deposits Paid",
        domain="[('reconcile', '=', True), ('account_type', 'not in', ('asset_receivable', 'liability_payable'))]",
        check_company=True,
        help="What was set off of an order to a vendor stands there until the bill arrives (4091 in France).",
    )

    def _bizoverbiz_ensure_deposit_accounts(self):
        """Where nothing was chosen, take the French chart's accounts, and let deposits paid be reconciled."""
        for company in self.filtered(lambda company: company.root_id.chart_template == "fr"):
            root = company.root_id
            received = self.env.ref(f"account.{root.id}_{RECEIVED}", raise_if_not_found=False)
            paid = self.env.ref(f"account.{root.id}_{PAID}", raise_if_not_found=False)
            if received and not company.downpayment_account_id:
                company.downpayment_account_id = received
            if paid and not company.bizoverbiz_deposit_account_id:
                if not paid.reconcile:
                    paid.reconcile = True
                company.bizoverbiz_deposit_account_id = paid
